#!/bin/sh
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
#
# Checks the bundle of siphon that this file is in: every file against SHA256SUMS, and SHA256SUMS
# against its signature.
#
#   ./verify --signers FILE   FILE names the keys that you trust: "siphon ssh-ed25519 AAAA..."
#   ./verify                  checks the sums only
#
# It needs a shell, coreutils, find, and for the signature ssh-keygen. Get FILE from the signer on
# another way than this bundle: whoever can change the bundle can change the key in it, too.
set -eu
signers=
case ${1:-} in
'') ;;
--signers)
  signers=${2:?--signers needs a file}
  case $signers in /*) ;; *) signers=$PWD/$signers ;; esac
  ;;
*)
  echo "usage: verify [--signers FILE]" >&2
  exit 1
  ;;
esac
cd "$(dirname "$0")"
export LC_ALL=C

fail() {
  echo "verify: $*" >&2
  exit 3
}

[ -f SHA256SUMS ] || fail "SHA256SUMS is missing"
if [ -n "$signers" ]; then
  [ -f SHA256SUMS.sig ] || fail "the bundle has no signature"
  ssh-keygen -q -Y verify -f "$signers" -I siphon -n siphon -s SHA256SUMS.sig <SHA256SUMS \
    >/dev/null 2>&1 || fail "the signature of SHA256SUMS is not by a key in $signers"
fi
sha256sum --quiet --strict -c SHA256SUMS >&2 || fail "a file differs from SHA256SUMS"
listed=$(sed 's/^[0-9a-f]*  //' SHA256SUMS | sort)
# The sums cannot have their own sum.
present=$(find . ! -type d | sed 's|^\./||' | grep -vxE 'SHA256SUMS(\.sig)?|SIGNER' | sort)
[ "$listed" = "$present" ] || fail "the bundle has a file that SHA256SUMS does not name"

count=$(grep -c . SHA256SUMS)
if [ -n "$signers" ]; then
  echo "verify: $count files are as the signer made them"
else
  echo "verify: $count files agree with SHA256SUMS; the signature was not checked (--signers FILE)"
fi
