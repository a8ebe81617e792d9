// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "drivers/sqlite/driver.h"
#include "drivers/sqlite/migrations.h"
#include "siphon/driver/migrations.h"
#include "siphon/driver/registry.h"

namespace {

const siphon::driver::Registration kRegistration(std::make_unique<siphon::sqlite::SqliteDriver>());
const siphon::driver::MigrationRegistration kMigrations(
    std::make_unique<siphon::sqlite::SqliteMigrations>());

}  // namespace
