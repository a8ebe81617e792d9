# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by tools/test, tools/demo and tools/fuzz after `root` is set: everything that a build
# needs on a fresh Debian machine. The second time it only looks.

. "$root/tools/setup/packages.sh"

# siphon_setup [PACKAGE...]: the tools of a build, the given packages, and the sources.
siphon_setup() {
  # A bazel of another origin (bazelisk) is as good as Debian's.
  bazel_package=
  command -v bazel >/dev/null || bazel_package=bazel-bootstrap
  # shellcheck disable=SC2086
  siphon_install $bazel_package g++ git "$@"
  "$root/tools/deps"
}

# What a step takes, for a human: siphon_say TEXT
siphon_say() {
  printf '== %s\n' "$*"
}
