#!/bin/sh
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
#
# pg_dump and pg_restore run without an installation around them, read archives of every
# compression, and read one that begins in the middle of a file.
#
# usage: pg_programs_test.sh PROGRAM ARCHIVE...
set -eu
program=$PWD/$1
shift
failures=0

# expect WHAT PATTERN TEXT
expect() {
  case $3 in
    *"$2"*) ;;
    *)
      echo "FAILED: $1: no '$2' in: $3"
      failures=$((failures + 1))
      ;;
  esac
}

# Nothing of the environment, and no complaint about what is not there.
run() {
  env -i "$program" "$@" 2>&1
}

for name in pg_dump pg_restore; do
  version=$(run $name --version)
  expect "$name --version" "$name (PostgreSQL) 18." "$version"
  test "$(printf '%s\n' "$version" | wc -l)" = 1 || expect "$name --version" "one line" "$version"
  expect "$name --help" "  $name [OPTION]..." "$(run $name --help)"
done

expect "a server that is not there" "/nowhere/.s.PGSQL.1" "$(run pg_dump -h /nowhere -p 1 -U u -d d || true)"
expect "an archive that is none" "does not appear to be a valid" \
  "$(head -c 1000 "$program" | run pg_restore -l || true)"

for archive in "$@"; do
  script=$(run pg_restore -f - "$archive")
  expect "$archive" "CREATE TABLE public.cups" "$script"
  expect "$archive" "3	with a\\nnewline" "$script"
  { head -c 5000 "$program" && cat "$archive"; } >"$TEST_TMPDIR/inside"
  from_inside=$(env -i SIPHON_ARCHIVE_OFFSET=5000 "$program" pg_restore -f - "$TEST_TMPDIR/inside" 2>&1)
  test "$(printf '%s' "$from_inside" | grep -v restrict)" = "$(printf '%s' "$script" | grep -v restrict)" ||
    expect "$archive in the middle of a file" "the same script" "$from_inside"
  expect "$archive at a wrong offset" "does not appear to be a valid" \
    "$(env -i SIPHON_ARCHIVE_OFFSET=5001 "$program" pg_restore -l "$TEST_TMPDIR/inside" 2>&1 || true)"
done

test $# = 4 || expect "the archives" "4" "$#"
test "$failures" = 0
