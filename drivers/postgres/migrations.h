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
  // x-migrations-table; empty: schema_migrations. If `quoted`, the text is "table" or
  // "schema"."table" with the quotes.
  std::string table;
  bool quoted = false;
  // x-statement-timeout: the limit for the transaction of a migration, or for a statement that runs
  // outside of a transaction; 0: no limit.
  std::chrono::milliseconds statement_timeout{0};
};

// Migrations on a session, in its current schema. errs::kInvalidArgument for an invalid name of the
// table, errs::kDatabase if the session has no current schema.
absl::StatusOr<std::unique_ptr<migrate::Database>> MigrationsOn(const base::Context& context,
                                                                std::unique_ptr<Session> session,
                                                                const MigrationOptions& options);

// postgres://, postgresql://, pgx://, pgx4:// and pgx5:// with x-migrations-table,
// x-migrations-table-quoted, x-statement-timeout, x-multi-statement and
// x-multi-statement-max-size; the last two have no effect, because siphon always splits scripts.
// Takes both locks of golang-migrate, whose program and library name the database differently.
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
