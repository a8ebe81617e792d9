# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""The stores that the siphon binary carries: the value of storage.type and what registers it."""

STORES = {
    "local": "//siphon/stores/local",
    "s3": "//siphon/stores/s3",
    "sftp": "//siphon/stores/sftp",
}
