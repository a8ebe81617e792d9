// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "drivers/postgres/databases.h"
#include "drivers/postgres/driver.h"
#include "drivers/postgres/migrations.h"
#include "pg_programs.h"
#include "siphon/driver/applet.h"
#include "siphon/driver/databases.h"
#include "siphon/driver/migrations.h"
#include "siphon/driver/registry.h"

namespace {

using siphon::driver::AppletRegistration;
using siphon::postgres::LibraryVersion;

const siphon::driver::Registration kRegistration(
    std::make_unique<siphon::postgres::PostgresDriver>());
const siphon::driver::MigrationRegistration kMigrations(
    std::make_unique<siphon::postgres::PostgresMigrations>());
const siphon::driver::DatabasesRegistration kDatabases("postgres",
                                                       &siphon::postgres::ListDatabases);
const AppletRegistration kPgDump("pg_dump", &pg_dump_main, LibraryVersion());
const AppletRegistration kPgRestore("pg_restore", &pg_restore_main, LibraryVersion());

}  // namespace
