// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/routine_grants.h"

#include <mysqld_error.h>

#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/sql_error.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kStage = "restore";
// How many statements a warning names.
constexpr size_t kShown = 20;

std::string KeyOf(const RoutineGrant& grant) {
  return absl::StrJoin({grant.kind, grant.key, grant.user, grant.host, grant.rights,
                        std::string(grant.grant_option ? "with" : "")},
                       std::string_view("\0", 1));
}

}  // namespace

std::string GrantSql(const RoutineGrant& grant, const std::string& database) {
  const std::string account = grant.host.empty()
                                  ? QuoteName(grant.user)
                                  : absl::StrCat(QuoteName(grant.user), "@", QuoteName(grant.host));
  return absl::StrCat("GRANT ", grant.rights.empty() ? "USAGE" : grant.rights, " ON ", grant.kind,
                      " ", QuoteQualified(database, grant.routine), " TO ", account,
                      grant.grant_option ? " WITH GRANT OPTION" : "");
}

absl::StatusOr<RoutineGrants> ReadRoutineGrants(const base::Context& context, Session& session) {
  RoutineGrants read;
  const absl::StatusOr<Rows> rows =
      session.Query(context,
                    "SELECT UPPER(routine_type), routine_name, UPPER(routine_name), user, host,"
                    " UPPER(proc_priv) FROM mysql.procs_priv WHERE db = DATABASE()"
                    " ORDER BY routine_name, user, host");
  // A user without the right to read them, or a server without accounts.
  if (IsDenied(rows.status()) || IsSqlError(rows.status(), {ER_NO_SUCH_TABLE})) return read;
  RETURN_IF_ERROR(rows.status());
  read.known = true;
  for (const Row& row : *rows) {
    std::vector<std::string> rights = absl::StrSplit(Text(row, 5), ',', absl::SkipEmpty());
    const bool option = std::erase(rights, "GRANT") > 0;
    read.grants.push_back({.kind = std::string(Text(row, 0)),
                           .routine = std::string(Text(row, 1)),
                           .key = std::string(Text(row, 2)),
                           .user = std::string(Text(row, 3)),
                           .host = std::string(Text(row, 4)),
                           .rights = absl::StrJoin(rights, ", "),
                           .grant_option = option});
  }
  return read;
}

absl::Status RestoreRoutineGrants(const base::Context& context, Session& session,
                                  const RoutineGrants& before) {
  if (before.grants.empty()) return absl::OkStatus();
  const std::string& database = session.settings().database;
  ASSIGN_OR_RETURN(const RoutineGrants now, ReadRoutineGrants(context, session));
  std::set<std::string> present;
  for (const RoutineGrant& grant : now.grants) present.insert(KeyOf(grant));
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context,
                                                  "SELECT UPPER(routine_type), UPPER(routine_name)"
                                                  " FROM information_schema.routines"
                                                  " WHERE routine_schema = DATABASE()"));
  std::set<std::pair<std::string_view, std::string_view>> routines;
  for (const Row& row : rows) routines.emplace(Text(row, 0), Text(row, 1));
  std::vector<std::string> refused;
  for (const RoutineGrant& grant : before.grants) {
    if (present.contains(KeyOf(grant)) || !routines.contains({grant.kind, grant.key})) continue;
    const std::string sql = GrantSql(grant, database);
    const absl::Status granted = session.Execute(context, sql);
    RETURN_IF_ERROR(context.Check());
    if (session.broken()) return granted;
    if (!granted.ok()) refused.push_back(ToUtf8(sql));
  }
  if (refused.empty()) return absl::OkStatus();
  context.Warn(kStage, absl::StrCat("rights on routines ended when these were replaced, and the"
                                    " user may not grant them again; an administrator can: ",
                                    base::ListSome(refused, kShown, "; ")));
  return absl::OkStatus();
}

}  // namespace siphon::mysqlcommon
