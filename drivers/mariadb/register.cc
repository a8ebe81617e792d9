// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "drivers/mysqlcommon/databases.h"
#include "drivers/mysqlcommon/driver.h"
#include "drivers/mysqlcommon/fork.h"
#include "drivers/mysqlcommon/migrations.h"
#include "siphon/base/context.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/driver/databases.h"
#include "siphon/driver/migrations.h"
#include "siphon/driver/registry.h"

namespace {

const siphon::driver::Registration kRegistration(
    std::make_unique<siphon::mysqlcommon::ForkDriver>(siphon::mysqlcommon::kMariadb));
const siphon::driver::MigrationRegistration kMigrations(
    std::make_unique<siphon::mysqlcommon::ForkMigrations>(siphon::mysqlcommon::kMariadb));
const siphon::driver::DatabasesRegistration kDatabases(
    siphon::mysqlcommon::kMariadb.name,
    [](const siphon::base::Context& context, const siphon::profile::ConnectionProfile& profile) {
      return siphon::mysqlcommon::ListDatabases(context, siphon::mysqlcommon::kMariadb, profile);
    });

}  // namespace
