# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""The tags of tests that need a database server; see tools/lint/server_tags_test.py."""

POSTGRES_TAGS = [
    "integration",
    "requires-postgres",
]

MYSQL_TAGS = [
    "integration",
    "requires-mysql",
]

OPENSSH_TAGS = [
    "integration",
    "requires-openssh",
]
