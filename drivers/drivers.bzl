# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""The engines that the siphon binary carries: the name in a profile and what registers it."""

ENGINES = {
    "mariadb": "//drivers/mariadb",
    "mysql": "//drivers/mysql",
    "postgres": "//drivers/postgres",
    "sqlite": "//drivers/sqlite",
}
