// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/recover.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/definition.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/swap.h"
#include "drivers/mysqlcommon/swap_journal.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

using Names = std::set<std::string>;

constexpr std::string_view kOp = "mysql.restore";
constexpr std::string_view kStage = "restore";

absl::StatusOr<Names> TablesOf(const base::Context& context, Session& session,
                               const std::string& database) {
  ASSIGN_OR_RETURN(const Rows rows,
                   session.Query(context, absl::StrCat("SELECT table_name"
                                                       " FROM information_schema.tables"
                                                       " WHERE table_schema = ",
                                                       QuoteText(database))));
  Names names;
  for (const Row& row : rows) names.emplace(Text(row, 0));
  return names;
}

bool HasAll(const Names& names, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const std::string& name) { return names.contains(name); });
}

absl::Status Unclear(std::string_view why) { return errs::SystemError(kOp, errs::kDatabase, why); }

// Completes or undoes one swap. Returns a message about what was done.
absl::StatusOr<std::string> Mend(const base::Context& context, Session& server,
                                 const std::string& old) {
  const absl::StatusOr<SwapJournal> journal = ReadJournal(context, server, old);
  if (errs::Is(journal.status(), errs::kNotFound)) {
    ASSIGN_OR_RETURN(const Names left, TablesOf(context, server, old));
    if (left.size() > 1) return Unclear("it holds tables and no journal");
    RETURN_IF_ERROR(server.Execute(context, absl::StrCat("DROP DATABASE ", QuoteName(old))));
    return std::string("a restore was killed before it touched its target");
  }
  RETURN_IF_ERROR(journal.status());
  Settings settings = server.settings();
  settings.database = journal->target;
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                   Session::Connect(context, server.server_fork(), settings));
  const Session::Watch watch(context, *session);
  ASSIGN_OR_RETURN(const Names here, TablesOf(context, *session, journal->target));
  ASSIGN_OR_RETURN(const Names scratch, TablesOf(context, *session, journal->scratch));
  ASSIGN_OR_RETURN(const Names kept, TablesOf(context, *session, old));
  const std::string target = ToUtf8(journal->target);
  RETURN_IF_ERROR(session->Execute(context, "SET SESSION foreign_key_checks=0"));
  std::string told;
  const bool nothing_moves = journal->incoming.empty() && journal->moved.empty();
  if (!nothing_moves && HasAll(scratch, journal->incoming) && HasAll(here, journal->moved)) {
    RETURN_IF_ERROR(MakeDefinitions(context, *session, journal->dropped, Present::kKeep));
    told = absl::StrCat("a restore into ", target,
                        " was killed before its tables changed places: the dropped definitions were"
                        " recreated");
  } else if (HasAll(here, journal->incoming) && HasAll(kept, journal->moved)) {
    for (const std::string& name : journal->late) {
      if (!scratch.contains(name)) continue;
      if (here.contains(name)) {
        return Unclear(absl::StrCat("table ", ToUtf8(name), " still has its old state, and is in ",
                                    journal->scratch, " in its new one"));
      }
      RETURN_IF_ERROR(session->Execute(
          context, absl::StrCat("RENAME TABLE ", QuoteQualified(journal->scratch, name), " TO ",
                                QuoteQualified(journal->target, name))));
    }
    RETURN_IF_ERROR(RepairMoved(context, *session, journal->scratch));
    RETURN_IF_ERROR(MakeDefinitions(context, *session, journal->made, Present::kKeep));
    told = absl::StrCat("a restore into ", target,
                        " was killed after its tables had changed places: it is complete now");
  } else {
    return Unclear(absl::StrCat("database ", target, " has changed since that restore"));
  }
  RETURN_IF_ERROR(server.Execute(context, absl::StrCat("DROP DATABASE ", QuoteName(old))));
  return told;
}

}  // namespace

absl::Status RecoverSwaps(const base::Context& context, Session& session) {
  const absl::StatusOr<Rows> rows =
      session.Query(context,
                    "SELECT schema_name FROM information_schema.schemata"
                    " WHERE schema_name RLIKE '^siphon_old_[0-9a-f]{16}$'");
  if (!rows.ok()) return context.Check();
  for (const Row& row : *rows) {
    const std::string old(Text(row, 0));
    // A living siphon holds this lock.
    const std::string lock = QuoteText(ScratchNameFor(old));
    const absl::StatusOr<std::optional<std::string>> free =
        session.Value(context, absl::StrCat("SELECT GET_LOCK(", lock, ",0)"));
    if (!free.ok() || free->value_or("") != "1") continue;
    const absl::StatusOr<std::string> told = Mend(context, session, old);
    session.Execute(context, absl::StrCat("DO RELEASE_LOCK(", lock, ")")).IgnoreError();
    RETURN_IF_ERROR(context.Check());
    if (told.ok()) {
      context.Warn(kStage, *told);
      continue;
    }
    context.Warn(kStage, absl::StrCat("database ", old,
                                      " contains the tables replaced by a restore that was"
                                      " killed, and the restore cannot be completed: ",
                                      told.status().message(), "; look at it, then drop it"));
  }
  return context.Check();
}

}  // namespace siphon::mysqlcommon
