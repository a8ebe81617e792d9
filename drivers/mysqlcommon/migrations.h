// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_MIGRATIONS_H_
#define DRIVERS_MYSQLCOMMON_MIGRATIONS_H_

#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/fork.h"
#include "drivers/mysqlcommon/migration_options.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/driver/migrations.h"

namespace siphon::mysqlcommon {

// Migrations in the database of a session. The session must have been opened with
// SessionOptions::as_it_is.
absl::StatusOr<std::unique_ptr<migrate::Database>> MigrationsOn(const base::Context& context,
                                                                std::unique_ptr<Session> session,
                                                                const MigrationOptions& options);

// The URL schemes mysql:// and mariadb://. Each accepts servers of both forks, because
// golang-migrate has only the first.
class ForkMigrations : public driver::MigrationDriver {
 public:
  explicit ForkMigrations(const Fork& fork) : fork_(fork) {}
  std::vector<std::string_view> schemes() const override { return {fork_.name}; }
  absl::StatusOr<std::unique_ptr<migrate::Database>> Open(const base::Context& context,
                                                          const profile::ConnectionProfile& profile,
                                                          driver::MigrationAccess access) override;
  absl::Status ForgetMigrations(profile::ConnectionProfile& profile) const override;

 private:
  const Fork& fork_;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_MIGRATIONS_H_
