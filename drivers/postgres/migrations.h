// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_MIGRATIONS_H_
#define DRIVERS_POSTGRES_MIGRATIONS_H_

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/driver/migrations.h"

namespace siphon::postgres {

struct MigrationOptions {
  // x-migrations-table; empty: schema_migrations. With `quoted` it is "table" or "schema"."table",
  // quotes included.
  std::string table;
  bool quoted = false;
  // x-statement-timeout: the longest that a migration's transaction, or a statement that runs by
  // itself, may take; 0: no limit.
  std::chrono::milliseconds statement_timeout{0};
};

// Migrations on a session, in its current schema. errs::kInvalidArgument for the table's name,
// errs::kDatabase when the session has no schema.
absl::StatusOr<std::unique_ptr<migrate::Database>> MigrationsOn(const base::Context& context,
                                                                std::unique_ptr<Session> session,
                                                                const MigrationOptions& options);

// postgres://, postgresql://, pgx://, pgx4:// and pgx5:// with x-migrations-table,
// x-migrations-table-quoted, x-statement-timeout, x-multi-statement and
// x-multi-statement-max-size; the last two change nothing, as siphon always splits. Takes both of
// golang-migrate's locks: as its program and as its library names the database.
class PostgresMigrations : public driver::MigrationDriver {
 public:
  std::vector<std::string_view> schemes() const override {
    return {"postgres", "postgresql", "pgx", "pgx4", "pgx5"};
  }
  absl::StatusOr<std::unique_ptr<migrate::Database>> Open(const base::Context& context,
                                                          const profile::ConnectionProfile& profile,
                                                          driver::MigrationAccess access) override;
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_MIGRATIONS_H_
