// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/scratch.h"

#include <mysqld_error.h>

#include <chrono>
#include <cstdint>
#include <iterator>
#include <optional>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/sql_error.h"
#include "drivers/mysqlcommon/swap_journal.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.restore";
constexpr std::string_view kStage = "restore";
constexpr std::string_view kPrefix = "siphon_scratch_";
// The privileges on a database that a restore may need.
constexpr std::string_view kRights[] = {
    "SELECT",      "INSERT",    "UPDATE",         "DELETE",        "CREATE",  "DROP",
    "REFERENCES",  "INDEX",     "ALTER",          "LOCK TABLES",   "EXECUTE", "EVENT",
    "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE", "TRIGGER"};
// How long to wait for the server before the database is left to the next restore, so that a
// cancelled verb ends soon even if the network does not answer.
constexpr std::chrono::seconds kReachLimit{3};
// How long the drop may take then.
constexpr std::chrono::seconds kDropLimit{30};

std::string RandomName(std::string_view prefix) {
  std::random_device device;
  const uint64_t number = (uint64_t{device()} << 32) | device();
  return absl::StrCat(prefix, absl::StrFormat("%016x", number));
}

// True if the account ("root@%") itself, not by a role, has all rights on every database.
absl::StatusOr<bool> HasAllRights(const base::Context& context, Session& session,
                                  std::string_view account) {
  const size_t at = account.rfind('@');
  if (at == std::string_view::npos) return false;
  const std::string grantee =
      absl::StrCat("'", account.substr(0, at), "'@'", account.substr(at + 1), "'");
  ASSIGN_OR_RETURN(
      const std::optional<std::string> count,
      session.Value(context, absl::StrCat("SELECT COUNT(DISTINCT privilege_type)"
                                          " FROM information_schema.user_privileges"
                                          " WHERE grantee = ",
                                          QuoteText(grantee), " AND privilege_type IN ('",
                                          absl::StrJoin(kRights, "','"), "')")));
  return count.value_or("") == absl::StrCat(std::size(kRights));
}

// Drops the scratch databases of dead processes that this user's siphon has made on this server
// with this account, except those that an incomplete swap still needs (RecoverSwaps). Errors are
// ignored.
void DropStale(const base::Context& context, Session& session, const SwapJournal& own) {
  const absl::StatusOr<std::vector<std::string>> names = ListJournals(session.settings());
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    const absl::StatusOr<SwapJournal> journal = ReadJournal(session.settings(), name);
    if (!journal.ok() || journal->state != SwapJournal::State::kLoading ||
        journal->server != own.server || journal->account != own.account) {
      continue;
    }
    const absl::StatusOr<std::optional<std::string>> free =
        session.Value(context, absl::StrCat("SELECT IS_FREE_LOCK(", QuoteText(name), ")"));
    if (!free.ok() || free->value_or("") != "1") continue;
    const absl::Status dropped =
        session.Execute(context, absl::StrCat("DROP DATABASE IF EXISTS ", QuoteName(name)));
    if (dropped.ok()) RemoveJournal(session.settings(), name).IgnoreError();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<ScratchDatabase>> ScratchDatabase::Create(
    const base::Context& context, const Fork& fork, const Settings& settings) {
  ASSIGN_OR_RETURN(std::unique_ptr<Session> owner, Session::Connect(context, fork, settings));
  const Session::Watch watch(context, *owner);
  ASSIGN_OR_RETURN(SwapJournal journal, NewJournal(context, *owner));
  ASSIGN_OR_RETURN(const bool all_rights, HasAllRights(context, *owner, journal.account));
  const std::string name =
      RandomName(absl::StrCat(all_rights ? kPrivatePrefix : std::string_view(), kPrefix));
  journal.scratch = name;
  DropStale(context, *owner, journal);
  ASSIGN_OR_RETURN(const std::optional<std::string> locked,
                   owner->Value(context, absl::StrCat("SELECT GET_LOCK(", QuoteText(name), ",0)")));
  if (locked.value_or("") != "1") return errs::InternalError(kOp, "a new name is locked");
  ASSIGN_OR_RETURN(const Rows rows,
                   owner->Query(context, "SELECT @@character_set_database, @@collation_database"));
  const absl::Status recorded = WriteJournal(settings, journal);
  if (!recorded.ok()) {
    context.Warn(kStage, absl::StrCat("if siphon is killed now, the database ", name,
                                      " remains: ", recorded.message()));
  }
  const absl::Status created = owner->Execute(
      context, rows.empty() ? absl::StrCat("CREATE DATABASE ", QuoteName(name))
                            : absl::StrCat("CREATE DATABASE ", QuoteName(name), " CHARACTER SET ",
                                           Text(rows[0], 0), " COLLATE ", Text(rows[0], 1)));
  if (!created.ok()) {
    // A server that did not answer may have created it.
    if (!owner->broken()) RemoveJournal(settings, name).IgnoreError();
    if (IsSqlError(created, {ER_OPTION_PREVENTS_STATEMENT, ER_READ_ONLY_MODE})) {
      return errs::WithHint(created, kReadOnlyHint);
    }
    if (!IsDenied(created)) return created;
    return errs::WithHint(created,
                          "a dump is first loaded into a scratch database on the same server:"
                          " grant the user ALL on `siphon\\_%`.*");
  }
  return std::unique_ptr<ScratchDatabase>(new ScratchDatabase(std::move(owner), name, recorded));
}

ScratchDatabase::~ScratchDatabase() { DropSoon().IgnoreError(); }

absl::Status ScratchDatabase::DropSoon() {
  if (dropped_) return absl::OkStatus();
  RETURN_IF_ERROR(Reach());
  // Not the verb's context, which may have stopped.
  return Drop(base::Context().WithDeadline(std::chrono::steady_clock::now() + kDropLimit));
}

absl::Status ScratchDatabase::Reach() {
  const auto soon = [] {
    return base::Context().WithDeadline(std::chrono::steady_clock::now() + kReachLimit);
  };
  if (!owner_->broken()) {
    const base::Context context = soon();
    const Session::Watch watch(context, *owner_);
    if (owner_->Execute(context, "DO 0").ok()) return absl::OkStatus();
  }
  Settings settings = owner_->settings();
  settings.connect_timeout = kReachLimit;
  ASSIGN_OR_RETURN(owner_, Session::Connect(soon(), owner_->server_fork(), settings));
  return absl::OkStatus();
}

absl::Status ScratchDatabase::Drop(const base::Context& context) {
  if (dropped_) return absl::OkStatus();
  const Session::Watch watch(context, *owner_);
  // The server may not have noticed yet that the client program has ended, whose locks would block
  // the drop. (A server whose disk is full cannot answer this query.)
  const absl::StatusOr<Rows> others =
      owner_->Query(context, absl::StrCat("SELECT id FROM information_schema.processlist"
                                          " WHERE id <> CONNECTION_ID() AND db = ",
                                          QuoteText(name_)));
  for (const Row& row : others.ok() ? *others : Rows()) {
    owner_->Execute(context, absl::StrCat("KILL ", Text(row, 0))).IgnoreError();
  }
  RETURN_IF_ERROR(owner_->Execute(context, "SET foreign_key_checks=0"));
  std::vector<std::string> names = {name_};
  // Otherwise siphon has not made a database of that name.
  const absl::StatusOr<SwapJournal> journal = ReadJournal(owner_->settings(), name_);
  if (journal.ok() && journal->state != SwapJournal::State::kLoading) {
    names.push_back(OldNameFor(name_));
  }
  for (const std::string& name : names) {
    RETURN_IF_ERROR(
        owner_->Execute(context, absl::StrCat("DROP DATABASE IF EXISTS ", QuoteName(name))));
  }
  dropped_ = true;
  // A journal that cannot be removed does no harm: it names a database that is gone.
  RemoveJournal(owner_->settings(), name_).IgnoreError();
  return absl::OkStatus();
}

}  // namespace siphon::mysqlcommon
