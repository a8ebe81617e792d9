// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_MIGRATION_OPTIONS_H_
#define DRIVERS_MYSQLCOMMON_MIGRATION_OPTIONS_H_

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::mysqlcommon {

struct MigrationOptions {
  std::string table = "schema_migrations";  // x-migrations-table
  bool lock = true;                         // False with x-no-lock.
  // x-statement-timeout: the time limit of a statement, or of a file that is one transaction; 0
  // means no limit.
  std::chrono::milliseconds statement_timeout{0};
  // Session variables that the URL sets, with the values as written there.
  std::vector<std::pair<std::string, std::string>> variables;
};

// Removes the parameters of a golang-migrate URL (docs/contracts.md#migration-urls) from `profile`
// that a siphon connection does not know, and translates them: "tls" becomes an sslmode. Parameters
// of go-sql-driver that have no effect here are dropped. Unknown parameters without "x-" are
// session variables, as with go-sql-driver. errs::kInvalidArgument for contradicting or unknown
// parameters. Reads the file that x-tls-ca names.
absl::StatusOr<MigrationOptions> TakeMigrationOptions(profile::ConnectionProfile& profile);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_MIGRATION_OPTIONS_H_
