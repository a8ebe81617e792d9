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
#include "siphon/base/file.h"

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
                                 const SwapJournal& journal) {
  const std::string old = OldNameFor(journal.scratch);
  Settings settings = server.settings();
  settings.database = journal.target;
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                   Session::Connect(context, server.server_fork(), settings));
  const Session::Watch watch(context, *session);
  ASSIGN_OR_RETURN(const Names here, TablesOf(context, *session, journal.target));
  ASSIGN_OR_RETURN(const Names scratch, TablesOf(context, *session, journal.scratch));
  ASSIGN_OR_RETURN(const Names kept, TablesOf(context, *session, old));
  RETURN_IF_ERROR(session->Execute(context, "SET SESSION foreign_key_checks=0"));
  std::string told = absl::StrCat("a restore into ", ToUtf8(journal.target), " was killed ");
  const bool nothing_moves = journal.incoming.empty() && journal.moved.empty();
  const bool not_moved = nothing_moves
                             ? journal.state == SwapJournal::State::kSwapping
                             : HasAll(scratch, journal.incoming) && HasAll(here, journal.moved);
  if (journal.state == SwapJournal::State::kDone) {
    absl::StrAppend(&told, "after it was complete: the replaced tables were dropped");
  } else if (not_moved) {
    RETURN_IF_ERROR(
        MakeDefinitions(context, *session, journal.dropped, {.present = Present::kKeep}));
    absl::StrAppend(&told,
                    "before its tables changed places: the dropped definitions were recreated");
  } else if (HasAll(here, journal.incoming) && HasAll(kept, journal.moved)) {
    for (const std::string& name : journal.late) {
      if (!scratch.contains(name)) continue;
      if (here.contains(name)) {
        return Unclear(absl::StrCat("table ", ToUtf8(name), " still has its old state, and is in ",
                                    journal.scratch, " in its new one"));
      }
      RETURN_IF_ERROR(session->Execute(
          context, absl::StrCat("RENAME TABLE ", QuoteQualified(journal.scratch, name), " TO ",
                                QuoteQualified(journal.target, name))));
    }
    RETURN_IF_ERROR(RepairMoved(context, *session, journal.scratch));
    RETURN_IF_ERROR(MakeDefinitions(context, *session, journal.made, {.present = Present::kKeep}));
    absl::StrAppend(&told, "after its tables had changed places: it is complete now");
  } else {
    return Unclear(
        absl::StrCat("database ", ToUtf8(journal.target), " has changed since that restore"));
  }
  for (const std::string& database : {old, journal.scratch}) {
    RETURN_IF_ERROR(
        session->Execute(context, absl::StrCat("DROP DATABASE IF EXISTS ", QuoteName(database))));
  }
  RETURN_IF_ERROR(RemoveJournal(server.settings(), journal.scratch));
  return told;
}

// The names of the databases that look like siphon's and have no journal, because this user's
// siphon did not make them, or which are in use.
absl::StatusOr<std::vector<std::string>> Foreign(const base::Context& context, Session& session,
                                                 const Names& known) {
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context,
                                                  "SELECT schema_name"
                                                  " FROM information_schema.schemata"
                                                  " WHERE schema_name LIKE '%siphon%'"));
  std::vector<std::string> foreign;
  for (const Row& row : rows) {
    std::string name(Text(row, 0));
    if (!IsScratchName(name) && !IsOldName(name)) continue;
    const std::string scratch = IsOldName(name) ? ScratchNameFor(name) : name;
    if (known.contains(scratch)) continue;
    ASSIGN_OR_RETURN(
        const std::optional<std::string> free,
        session.Value(context, absl::StrCat("SELECT IS_FREE_LOCK(", QuoteText(scratch), ")")));
    if (free.value_or("") == "1") foreign.push_back(std::move(name));
  }
  return foreign;
}

// Mends the swap of a journal if its siphon is dead.
absl::Status MendIfDead(const base::Context& context, Session& session,
                        const SwapJournal& journal) {
  // A living siphon holds this lock.
  const std::string lock = QuoteText(journal.scratch);
  ASSIGN_OR_RETURN(const std::optional<std::string> locked,
                   session.Value(context, absl::StrCat("SELECT GET_LOCK(", lock, ",0)")));
  if (locked.value_or("") != "1") return absl::OkStatus();
  // The siphon may have continued until now.
  const absl::StatusOr<SwapJournal> now = ReadJournal(session.settings(), journal.scratch);
  const absl::StatusOr<std::string> told =
      now.ok() ? Mend(context, session, *now) : absl::StatusOr<std::string>(now.status());
  session.Execute(context, absl::StrCat("DO RELEASE_LOCK(", lock, ")")).IgnoreError();
  RETURN_IF_ERROR(context.Check());
  if (told.ok()) context.Warn(kStage, *told);
  return errs::Is(told.status(), errs::kNotFound) ? absl::OkStatus() : told.status();
}

}  // namespace

absl::Status RecoverSwaps(const base::Context& context, Session& session) {
  const absl::StatusOr<SwapJournal> own = NewJournal(context, session);
  const absl::StatusOr<std::vector<std::string>> names = ListJournals(session.settings());
  RETURN_IF_ERROR(context.Check());
  if (!own.ok() || !names.ok()) {
    context.Warn(kStage, absl::StrCat("cannot look for restores that were killed: ",
                                      (own.ok() ? names.status() : own.status()).message()));
    return absl::OkStatus();
  }
  Names known;
  for (const std::string& name : *names) {
    const absl::StatusOr<SwapJournal> journal = ReadJournal(session.settings(), name);
    absl::Status status = journal.status();
    if (journal.ok() && (journal->server != own->server || journal->account != own->account)) {
      continue;
    }
    if (journal.ok()) known.insert(name);
    if (journal.ok() && journal->state != SwapJournal::State::kLoading) {
      status = MendIfDead(context, session, *journal);
    }
    RETURN_IF_ERROR(context.Check());
    if (status.ok() || errs::Is(status, errs::kNotFound)) continue;
    known.insert(name);
    context.Warn(kStage, absl::StrCat("database ", OldNameFor(name),
                                      " contains the tables replaced by a restore that was"
                                      " killed, and the restore cannot be completed: ",
                                      status.message(), "; look at it, then drop it, and remove ",
                                      base::JoinPath(session.settings().state_directory, name)));
  }
  const absl::StatusOr<std::vector<std::string>> foreign = Foreign(context, session, known);
  RETURN_IF_ERROR(context.Check());
  for (const std::string& name : foreign.ok() ? *foreign : std::vector<std::string>()) {
    context.Warn(kStage,
                 absl::StrCat("database ", name,
                              " looks like the remains of a killed restore, but this siphon has no"
                              " journal of it: nothing was done with it. If it is from a restore of"
                              " another user, machine or account, run siphon there; otherwise"
                              " drop it"));
  }
  return context.Check();
}

}  // namespace siphon::mysqlcommon
