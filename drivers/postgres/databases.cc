// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/databases.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "drivers/postgres/connect_failure.h"
#include "drivers/postgres/conninfo.h"
#include "drivers/postgres/rows.h"
#include "drivers/postgres/scratch.h"
#include "drivers/postgres/session.h"
#include "errs/status_macros.h"

namespace siphon::postgres {

absl::StatusOr<std::vector<std::string>> ListDatabases(const base::Context& context,
                                                       const profile::ConnectionProfile& profile) {
  ASSIGN_OR_RETURN(Settings settings, ConnectionSettings(profile));
  absl::StatusOr<std::unique_ptr<Session>> session = Session::Connect(context, settings);
  if (IsUnknownDatabase(session.status())) {
    const absl::Status missing = session.status();
    settings["dbname"] = "postgres";
    session = Session::Connect(context, settings);
    if (!session.ok()) return missing;
  }
  RETURN_IF_ERROR(session.status());
  ASSIGN_OR_RETURN(const Rows rows,
                   (*session)->Query(context, {"t"},
                                     "SELECT d.datname FROM pg_catalog.pg_database AS d"
                                     " WHERE d.datallowconn AND NOT d.datistemplate"));
  std::vector<std::string> names;
  for (int row = 0; row < rows.size(); ++row) {
    const std::string_view name = rows.Text(row, 0);
    if (!absl::StartsWith(name, kScratchPrefix)) names.emplace_back(name);
  }
  return names;
}

}  // namespace siphon::postgres
