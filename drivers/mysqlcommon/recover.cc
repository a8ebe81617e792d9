// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/recover.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/definition.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/swap.h"
#include "drivers/mysqlcommon/swap_journal.h"
#include "drivers/mysqlcommon/target_lock.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/file.h"

namespace siphon::mysqlcommon {
namespace {

using Names = std::set<std::string>;

constexpr std::string_view kOp = "mysql.restore";
constexpr std::string_view kStage = "restore";
// How long to wait for the end of a restore that has been killed, or is about to end.
constexpr std::chrono::seconds kMendLimit{10};

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

// Completes or undoes one swap. `session` uses the target. Returns a message about what was done.
absl::StatusOr<std::string> Mend(const base::Context& context, Session& session,
                                 const SwapJournal& journal) {
  const std::string old = OldNameFor(journal.scratch);
  ASSIGN_OR_RETURN(const Names here, TablesOf(context, session, journal.target));
  ASSIGN_OR_RETURN(const Names scratch, TablesOf(context, session, journal.scratch));
  ASSIGN_OR_RETURN(const Names kept, TablesOf(context, session, old));
  RETURN_IF_ERROR(session.Execute(context, "SET SESSION foreign_key_checks=0"));
  std::string told = absl::StrCat("a restore into ", ToUtf8(journal.target), " was killed ");
  const bool nothing_moves = journal.incoming.empty() && journal.moved.empty();
  const bool not_moved = nothing_moves
                             ? journal.state == SwapJournal::State::kSwapping
                             : HasAll(scratch, journal.incoming) && HasAll(here, journal.moved);
  if (journal.state == SwapJournal::State::kDone) {
    absl::StrAppend(&told, "after it was complete: the replaced tables were dropped");
  } else if (not_moved) {
    RETURN_IF_ERROR(
        MakeDefinitions(context, session, journal.dropped, {.present = Present::kKeep}));
    absl::StrAppend(&told,
                    "before its tables changed places: the dropped definitions were recreated");
  } else if (HasAll(here, journal.incoming) && HasAll(kept, journal.moved)) {
    for (const std::string& name : journal.late) {
      if (!scratch.contains(name)) continue;
      if (here.contains(name)) {
        return Unclear(absl::StrCat("table ", ToUtf8(name), " still has its old state, and is in ",
                                    journal.scratch, " in its new one"));
      }
      RETURN_IF_ERROR(session.Execute(
          context, absl::StrCat("RENAME TABLE ", QuoteQualified(journal.scratch, name), " TO ",
                                QuoteQualified(journal.target, name))));
    }
    RETURN_IF_ERROR(RepairMoved(context, session, journal.scratch));
    RETURN_IF_ERROR(MakeDefinitions(context, session, journal.made, {.present = Present::kKeep}));
    absl::StrAppend(&told, "after its tables had changed places: it is complete now");
  } else {
    return Unclear(
        absl::StrCat("database ", ToUtf8(journal.target), " has changed since that restore"));
  }
  for (const std::string& database : {old, journal.scratch}) {
    RETURN_IF_ERROR(
        session.Execute(context, absl::StrCat("DROP DATABASE IF EXISTS ", QuoteName(database))));
  }
  RETURN_IF_ERROR(RemoveJournal(session.settings(), journal.scratch));
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

// Mends the swap of a journal if its siphon is dead. `locked`: the caller holds the lock of the
// target. A siphon that waits for the lock of a scratch database holds that of the target, so no
// two siphons wait for each other. No session takes both locks.
absl::Status MendIfDead(const base::Context& context, Session& session, const SwapJournal& journal,
                        bool locked) {
  // A living siphon holds this lock.
  const std::string lock = QuoteText(journal.scratch);
  if (!locked) {
    ASSIGN_OR_RETURN(const std::optional<std::string> free,
                     session.Value(context, absl::StrCat("SELECT IS_FREE_LOCK(", lock, ")")));
    if (free.value_or("") != "1") return absl::OkStatus();
  }
  Settings settings = session.settings();
  settings.database = journal.target;
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> target,
                   Session::Connect(context, session.server_fork(), settings));
  const Session::Watch watch(context, *target);
  if (!locked) RETURN_IF_ERROR(LockTarget(context, *target, journal.target, kMendLimit));
  // A siphon that lost the lock of its target before the end of the exchange is about to end, or
  // the server is about to notice that it was killed.
  const bool ends = locked && journal.state != SwapJournal::State::kDone;
  Session& other = locked ? *target : session;
  ASSIGN_OR_RETURN(const std::optional<std::string> taken,
                   other.Value(context, absl::StrCat("SELECT GET_LOCK(", lock, ",",
                                                     ends ? kMendLimit.count() : 0, ")")));
  if (taken.value_or("") != "1") {
    if (!ends) return absl::OkStatus();
    return errs::SystemError(kOp, errs::kBusy,
                             absl::StrCat("another restore into ", ToUtf8(journal.target),
                                          " has lost its connection in the middle, and still runs"),
                             "wait until it has ended, then try again");
  }
  // The siphon may have continued until now.
  const absl::StatusOr<SwapJournal> now = ReadJournal(session.settings(), journal.scratch);
  const absl::StatusOr<std::string> told =
      now.ok() ? Mend(context, *target, *now) : absl::StatusOr<std::string>(now.status());
  other.Execute(context, absl::StrCat("DO RELEASE_LOCK(", lock, ")")).IgnoreError();
  RETURN_IF_ERROR(context.Check());
  if (told.ok()) context.Warn(kStage, *told);
  return errs::Is(told.status(), errs::kNotFound) ? absl::OkStatus() : told.status();
}

void WarnOfFailure(const base::Context& context, const Session& session, const std::string& scratch,
                   const absl::Status& status) {
  const std::string database = absl::StrCat(
      "database ", OldNameFor(scratch),
      " contains the tables replaced by a restore that was killed, and the restore cannot be"
      " completed");
  if (errs::Is(status, errs::kBusy)) {
    context.Warn(kStage,
                 absl::StrCat(database, " now: ", status.message(), "; the next restore tries it"));
    return;
  }
  context.Warn(kStage, absl::StrCat(database, ": ", status.message(),
                                    "; look at it, then drop it, and remove ",
                                    base::JoinPath(session.settings().state_directory, scratch)));
}

struct Journals {
  std::vector<SwapJournal> own;  // Of this session's server and account.
  std::vector<std::pair<std::string, absl::Status>> unreadable;
};

absl::StatusOr<Journals> ReadJournals(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(const SwapJournal own, NewJournal(context, session));
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ListJournals(session.settings()));
  Journals journals;
  for (const std::string& name : names) {
    absl::StatusOr<SwapJournal> journal = ReadJournal(session.settings(), name);
    if (!journal.ok()) {
      if (errs::Is(journal.status(), errs::kNotFound)) continue;
      journals.unreadable.emplace_back(name, journal.status());
    } else if (journal->server == own.server && journal->account == own.account) {
      journals.own.push_back(*std::move(journal));
    }
  }
  return journals;
}

}  // namespace

absl::Status RecoverSwaps(const base::Context& context, Session& session) {
  const absl::StatusOr<Journals> journals = ReadJournals(context, session);
  RETURN_IF_ERROR(context.Check());
  if (!journals.ok()) {
    context.Warn(kStage, absl::StrCat("cannot look for restores that were killed: ",
                                      journals.status().message()));
    return absl::OkStatus();
  }
  for (const auto& [name, status] : journals->unreadable) {
    WarnOfFailure(context, session, name, status);
  }
  for (const SwapJournal& journal : journals->own) {
    if (journal.state == SwapJournal::State::kLoading) continue;
    const absl::Status status = MendIfDead(context, session, journal, false);
    RETURN_IF_ERROR(context.Check());
    if (!status.ok()) WarnOfFailure(context, session, journal.scratch, status);
  }
  return context.Check();
}

absl::Status RecoverSwapsInto(const base::Context& context, Session& session,
                              const std::string& target) {
  const absl::StatusOr<Journals> journals = ReadJournals(context, session);
  RETURN_IF_ERROR(context.Check());
  // RecoverSwaps() has reported that.
  if (!journals.ok()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string lock, TargetLockName(context, session, target));
  for (const SwapJournal& journal : journals->own) {
    if (journal.state == SwapJournal::State::kLoading) continue;
    ASSIGN_OR_RETURN(const std::string other, TargetLockName(context, session, journal.target));
    if (other != lock) continue;
    const absl::Status status = MendIfDead(context, session, journal, true);
    RETURN_IF_ERROR(context.Check());
    if (errs::Is(status, errs::kBusy)) return status;
    if (!status.ok()) WarnOfFailure(context, session, journal.scratch, status);
  }
  return context.Check();
}

absl::Status WarnOfUnknownDatabases(const base::Context& context, Session& session) {
  const absl::StatusOr<Journals> journals = ReadJournals(context, session);
  RETURN_IF_ERROR(context.Check());
  if (!journals.ok()) return absl::OkStatus();
  Names known;
  for (const SwapJournal& journal : journals->own) known.insert(journal.scratch);
  for (const auto& [name, status] : journals->unreadable) known.insert(name);
  absl::StatusOr<std::vector<std::string>> foreign = Foreign(context, session, known);
  RETURN_IF_ERROR(context.Check());
  if (!foreign.ok() || foreign->empty()) return absl::OkStatus();
  std::sort(foreign->begin(), foreign->end());
  context.Warn(kStage, absl::StrCat("databases look like the remains of killed restores, but this"
                                    " siphon has no journals of them: ",
                                    base::ListSome(*foreign), " (", foreign->size(),
                                    " in all); nothing was done with them. If they are from"
                                    " restores of another user, machine or account, run siphon"
                                    " there; otherwise drop them"));
  return absl::OkStatus();
}

}  // namespace siphon::mysqlcommon
