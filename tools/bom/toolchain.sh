#!/bin/sh
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
#
# Prints the versions of the libraries that a compiler links into a static program.
# usage: toolchain.sh COMPILER [OPTION...]
set -eu
"$@" -E -P -x c++ - <<'PROGRAM' | sed -n 's/^ *SIPHON_\([a-z]*\) /\1 /p' | sed 's/ \. /./g'
#include <features.h>
#include <cstddef>
#ifdef __clang__
SIPHON_gcc _GLIBCXX_RELEASE
#else
SIPHON_gcc __GNUC__ . __GNUC_MINOR__ . __GNUC_PATCHLEVEL__
#endif
SIPHON_glibc __GLIBC__ . __GLIBC_MINOR__
PROGRAM
