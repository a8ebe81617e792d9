#!/bin/sh
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
#
# The binary prints the documents of its own build.
# usage: printed_test.sh SIPHON SPDX CYCLONEDX LICENCES
set -eu
siphon=$1
for form in "--sbom $2" "--cyclonedx $3" "--licences $4" "--licenses $4"; do
  "$siphon" version "${form% *}" >"$TEST_TMPDIR/printed"
  cmp "$TEST_TMPDIR/printed" "${form#* }"
done
if "$siphon" version --sbom --licences >"$TEST_TMPDIR/printed" 2>&1; then
  echo "two forms at once are accepted"
  exit 1
fi
grep -q 'excludes' "$TEST_TMPDIR/printed"
