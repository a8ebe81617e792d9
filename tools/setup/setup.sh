# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by tools/test, tools/demo and tools/fuzz after they set `root`. Installs everything that a
# build needs on a fresh Debian machine; a later run only checks.

. "$root/tools/setup/packages.sh"

# siphon_setup [PACKAGE...] installs the build tools and the given packages, and fetches the
# sources.
siphon_setup() {
  # Another bazel on the PATH, such as bazelisk, is used instead of Debian's.
  bazel_package=
  command -v bazel >/dev/null || bazel_package=bazel-bootstrap
  # shellcheck disable=SC2086
  siphon_install $bazel_package g++ git "$@"
  "$root/tools/deps"
}

# siphon_say TEXT prints the heading of a step.
siphon_say() {
  printf '== %s\n' "$*"
}
