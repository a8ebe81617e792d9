#!/bin/sh
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
set -eu
source=$(readlink -f testing/mutations/mutations.py)
exec python3 "$source" --check
