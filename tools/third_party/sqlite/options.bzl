# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Compile-time options of SQLite (https://www.sqlite.org/compileoption.html).

What opens a user's schema is on: full-text search, R*Tree, geopoly, the math functions.
SQLITE_DQS stays at its default of 3, since schemas in the wild depend on it.
"""

SQLITE_OPTIONS = [
    "HAVE_FDATASYNC=1",
    "HAVE_GMTIME_R=1",
    "HAVE_ISNAN=1",
    "HAVE_LOCALTIME_R=1",
    "HAVE_MALLOC_USABLE_SIZE=1",
    "HAVE_NANOSLEEP=1",
    "HAVE_PREAD=1",
    "HAVE_PWRITE=1",
    "HAVE_STRCHRNUL=1",
    "HAVE_USLEEP=1",
    "HAVE_UTIME=1",
    "SQLITE_DEFAULT_MEMSTATUS=0",
    "SQLITE_ENABLE_COLUMN_METADATA",
    "SQLITE_ENABLE_DBPAGE_VTAB",
    "SQLITE_ENABLE_DBSTAT_VTAB",
    "SQLITE_ENABLE_FTS3",
    "SQLITE_ENABLE_FTS3_PARENTHESIS",
    "SQLITE_ENABLE_FTS4",
    "SQLITE_ENABLE_FTS5",
    "SQLITE_ENABLE_GEOPOLY",
    "SQLITE_ENABLE_MATH_FUNCTIONS",
    "SQLITE_ENABLE_RTREE",
    "SQLITE_ENABLE_STAT4",
    "SQLITE_OMIT_LOAD_EXTENSION",
    "SQLITE_TEMP_STORE=1",
    "SQLITE_THREADSAFE=1",
    "SQLITE_USE_URI=0",
]
