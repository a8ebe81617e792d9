// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/view_stubs.h"

#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/names.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

// The comment of a stub.
constexpr std::string_view kMark = "siphon: stands for a function while views are created";

absl::StatusOr<std::set<std::string>> FunctionsWith(const base::Context& context, Session& session,
                                                    std::string_view condition) {
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(context, absl::StrCat("SELECT routine_name FROM information_schema.routines"
                                          " WHERE routine_schema = DATABASE() AND"
                                          " routine_type = 'FUNCTION' AND ",
                                          condition)));
  std::set<std::string> names;
  for (const Row& row : rows) names.emplace(Text(row, 0));
  return names;
}

}  // namespace

absl::StatusOr<std::set<std::string>> DeterministicFunctions(const base::Context& context,
                                                             Session& session) {
  return FunctionsWith(context, session, "is_deterministic = 'YES'");
}

absl::StatusOr<std::vector<std::string>> StubFunctions(const base::Context& context,
                                                       Session& session,
                                                       const std::set<std::string>& but) {
  ASSIGN_OR_RETURN(const std::set<std::string> names, DeterministicFunctions(context, session));
  std::vector<std::string> stubbed;
  for (const std::string& name : names) {
    if (but.contains(name)) continue;
    // The first row is the type of the function.
    ASSIGN_OR_RETURN(
        const Rows rows,
        session.Query(context, absl::StrCat("SELECT dtd_identifier, character_set_name,"
                                            " collation_name FROM information_schema.parameters"
                                            " WHERE specific_schema = DATABASE() AND"
                                            " routine_type = 'FUNCTION' AND specific_name = ",
                                            QuoteText(name), " ORDER BY ordinal_position")));
    std::vector<std::string> types;
    for (const Row& row : rows) {
      types.push_back(std::string(Text(row, 0)));
      if (Text(row, 1).empty()) continue;
      absl::StrAppend(&types.back(), " CHARACTER SET ", Text(row, 1), " COLLATE ", Text(row, 2));
    }
    if (types.empty()) return errs::InternalError("mysql.restore", "a function has no type");
    std::vector<std::string> parameters;
    for (size_t i = 1; i < types.size(); ++i) {
      parameters.push_back(absl::StrCat("`p", i, "` ", types[i]));
    }
    RETURN_IF_ERROR(session.Execute(
        context, absl::StrCat("CREATE OR REPLACE FUNCTION ", QuoteName(name), "(",
                              absl::StrJoin(parameters, ", "), ") RETURNS ", types[0],
                              " NOT DETERMINISTIC NO SQL SQL SECURITY INVOKER COMMENT ",
                              QuoteText(kMark), " RETURN NULL")));
    stubbed.push_back(name);
  }
  return stubbed;
}

absl::Status DropStubs(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(
      const std::set<std::string> stubs,
      FunctionsWith(context, session, absl::StrCat("routine_comment = ", QuoteText(kMark))));
  for (const std::string& name : stubs) {
    // Without a database, DROP FUNCTION would drop a library's function of the same name.
    ASSIGN_OR_RETURN(const std::optional<std::string> database,
                     session.Value(context, "SELECT DATABASE()"));
    RETURN_IF_ERROR(session.Execute(
        context,
        absl::StrCat("DROP FUNCTION IF EXISTS ", QuoteQualified(database.value_or(""), name))));
  }
  return absl::OkStatus();
}

}  // namespace siphon::mysqlcommon
