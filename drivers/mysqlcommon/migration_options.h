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
  bool lock = true;                         // Without x-no-lock.
  // x-statement-timeout: the longest that a statement, or a file that is one transaction, may take;
  // 0: no limit.
  std::chrono::milliseconds statement_timeout{0};
  // Variables of the session that the URL sets, with their values as they stand there.
  std::vector<std::pair<std::string, std::string>> variables;
};

// Removes the parameters of a golang-migrate URL (docs/contracts.md#migration-urls) from `profile`
// that a siphon connection does not know, and translates them: "tls" becomes an sslmode. Parameters
// of go-sql-driver that change nothing here are dropped, unknown ones without "x-" are variables of
// the session, as with go-sql-driver. errs::kInvalidArgument for what contradicts itself or is not
// known. Reads the file of x-tls-ca.
absl::StatusOr<MigrationOptions> TakeMigrationOptions(profile::ConnectionProfile& profile);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_MIGRATION_OPTIONS_H_
