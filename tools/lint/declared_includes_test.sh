#!/bin/sh
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
set -eu
source=$(readlink -f tools/lint/declared_includes_test.py)
exec python3 "$source"
