// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_POSTGRESQL_PG_PROGRAMS_H
#define SIPHON_POSTGRESQL_PG_PROGRAMS_H

// PostgreSQL's programs as functions. Each must be the only user of its process: it leaves its
// state in static variables and may end with exit(). argv[0] is the name that it uses in messages.

#ifdef __cplusplus
extern "C" {
#endif

int pg_dump_main(int argc, char** argv);
int pg_restore_main(int argc, char** argv);

#ifdef __cplusplus
}
#endif

#endif  // SIPHON_POSTGRESQL_PG_PROGRAMS_H
