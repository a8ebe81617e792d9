#!/bin/sh
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
#
# The fuzz harness can fail: it finds the canary's bug, and refuses an empty corpus.
# usage: canary_test.sh CANARY replay|explore
set -u
canary=$1

fail() {
  echo "FAIL: $1" >&2
  exit 1
}

# The output goes to a file: the canary's crash is what is wanted.
run() {
  "$canary" "$@" >"$TEST_TMPDIR/out" 2>&1
}

run fuzz/canary_harmless_corpus/harmless || fail "a harmless input was taken for a bug"
run fuzz/canary_corpus/bug && fail "the bug in the corpus was not found"
case $2 in
replay)
  run && fail "an empty corpus was accepted"
  grep -q 'corpus is empty' "$TEST_TMPDIR/out" || fail "no word about the empty corpus"
  run fuzz/canary_corpus/no_such_file && fail "a corpus file that is missing was accepted"
  ;;
explore)
  mkdir "$TEST_TMPDIR/found"
  run -max_total_time=30 -artifact_prefix="$TEST_TMPDIR/" "$TEST_TMPDIR/found" &&
    fail "exploring for 30 s did not find the bug"
  ls "$TEST_TMPDIR"/crash-* >/dev/null || fail "no crash was kept"
  ;;
*)
  fail "usage"
  ;;
esac
echo "the harness can fail"
