#!/bin/sh
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
#
# Runs a program of the architecture that a build is for; with QEMU if this machine has another one.
# usage: run.sh PROGRAM [ARGUMENT...]
set -eu
if "$1" --version >/dev/null 2>&1; then exec "$@"; fi
exec qemu-aarch64-static "$@"
