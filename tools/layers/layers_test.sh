#!/bin/sh
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
set -eu
exec python3 tools/layers/layers.py "$@"
