// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_MIGRATIONS_H_
#define DRIVERS_SQLITE_MIGRATIONS_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/sqlite/database.h"
#include "siphon/base/context.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/driver/migrations.h"

namespace siphon::sqlite {

struct MigrationOptions {
  std::string table = "schema_migrations";
  // x-no-tx-wrap: only a file's own BEGIN opens a transaction.
  bool wrap = true;
  // Of UrlOptions: the pragmas as one text, which the database has run already.
  std::string settings;
  bool foreign_keys = false;
};

// Migrations in a database that is open for writing. The lock is the file "<path>-siphon-migrate"
// next to the database, held under flock(2) and removed with the lock.
std::unique_ptr<migrate::Database> MigrationsOn(std::unique_ptr<Database> database,
                                                const MigrationOptions& options);

// The URL schemes sqlite:// and sqlite3://, with x-migrations-table, x-no-tx-wrap and UrlOptions.
class SqliteMigrations : public driver::MigrationDriver {
 public:
  std::vector<std::string_view> schemes() const override { return {"sqlite", "sqlite3"}; }
  absl::StatusOr<std::unique_ptr<migrate::Database>> Open(const base::Context& context,
                                                          const profile::ConnectionProfile& profile,
                                                          driver::MigrationAccess access) override;
};

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_MIGRATIONS_H_
