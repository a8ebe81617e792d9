#!/bin/sh
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
#
# Two builds of the commit in two folders, with cold caches, other names of users and other umasks,
# give the same bytes: binary, documents, packages, image.
set -eu
root=$(dirname "$(dirname "$(dirname "$(readlink -f tools/delivery/twice_test.sh)")")")
work=$(mktemp -d "${TEST_TMPDIR:-/tmp}/twice.XXXXXX")

# build FOLDER USER UMASK builds a clone in FOLDER; its archives are in $work/USER.
build() {
  folder=$work/$1
  mkdir -p "$(dirname "$folder")"
  git clone -q "$root" "$folder"
  cp "$root/.bazelrc.local" "$folder/"
  (
    cd "$folder"
    umask "$3"
    export USER="$2" LOGNAME="$2" HOME="$work/home-$2"
    mkdir "$HOME"
    bazel="bazel --output_user_root=$work/output-$2"
    $bazel build --config=release --disk_cache= //tools/delivery:delivered //tools/image
    mkdir "$work/$2"
    cp bazel-bin/tools/delivery/delivered.tar bazel-bin/tools/image/*.tar "$work/$2/"
    $bazel shutdown
  )
  # Only the archives are needed any more.
  chmod -R u+w "$work/output-$2"
  rm -rf "$work/output-$2"
}

build one ada 022
build another/and/deeper/folder grace 077
status=0
for path in "$work"/ada/*; do
  cmp "$path" "$work/grace/$(basename "$path")" || status=1
done
sha256sum "$work"/ada/*
if [ "$status" != 0 ]; then
  mkdir "$work/ada.d" "$work/grace.d"
  for user in ada grace; do tar -xf "$work/$user/delivered.tar" -C "$work/$user.d"; done
  diff -rq "$work/ada.d" "$work/grace.d" || true
fi
exit "$status"
