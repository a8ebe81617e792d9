// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/databases.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "drivers/mysqlcommon/operation.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/settings.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOfTheServer[] = {"information_schema", "mysql", "performance_schema",
                                             "sys"};
// The names of scratch databases. A private one begins with '_'.
constexpr std::string_view kScratch[] = {"siphon_scratch_", "_siphon_scratch_"};

bool HasDataOfUsers(std::string_view name) {
  return std::none_of(std::begin(kOfTheServer), std::end(kOfTheServer),
                      [&](std::string_view own) { return absl::EqualsIgnoreCase(name, own); }) &&
         std::none_of(std::begin(kScratch), std::end(kScratch),
                      [&](std::string_view prefix) { return absl::StartsWith(name, prefix); });
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ListDatabases(const base::Context& context,
                                                       const Fork& fork,
                                                       const profile::ConnectionProfile& profile) {
  const auto list = [&]() -> absl::StatusOr<std::vector<std::string>> {
    ASSIGN_OR_RETURN(Settings settings, ConnectionSettings(profile));
    settings.database.clear();
    ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                     Session::Connect(context, fork, settings));
    const Session::Watch watch(context, *session);
    ASSIGN_OR_RETURN(
        const Rows rows,
        session->Query(context, "SELECT schema_name FROM information_schema.schemata"));
    std::vector<std::string> names;
    for (const Row& row : rows) {
      const std::string_view name = Text(row, 0);
      if (HasDataOfUsers(name)) names.emplace_back(name);
    }
    return names;
  };
  return NameOperation(fork, list());
}

}  // namespace siphon::mysqlcommon
