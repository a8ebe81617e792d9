// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_POSTGRESQL_PG_CONFIG_EXT_H
#define SIPHON_POSTGRESQL_PG_CONFIG_EXT_H

// A signed integer of 64 bits, as postgres_ext.h wants it; the same as in pg_config.h.
#define PG_INT64_TYPE long int

#endif  // SIPHON_POSTGRESQL_PG_CONFIG_EXT_H
