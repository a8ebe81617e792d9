// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/scratch.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "drivers/mysqlcommon/names.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kPrefix = "siphon_scratch_";
constexpr std::string_view kOldPrefix = "siphon_old_";
constexpr size_t kDigits = 16;
// How long to wait for the server before the database is left to the next restore, so that a
// cancelled verb ends soon even if the network does not answer.
constexpr std::chrono::seconds kReachLimit{3};

std::string RandomName(std::string_view prefix) {
  std::random_device device;
  const uint64_t number = (uint64_t{device()} << 32) | device();
  return absl::StrCat(prefix, absl::StrFormat("%016x", number));
}

// Drops the scratch databases of dead processes, except those that an incomplete swap still needs
// (RecoverSwaps). Errors are ignored.
void DropStale(const base::Context& context, Session& session) {
  const absl::StatusOr<Rows> rows = session.Query(
      context, absl::StrCat("SELECT schema_name FROM information_schema.schemata"
                            " WHERE schema_name RLIKE '^",
                            kPrefix, "[0-9a-f]{", kDigits, "}$' AND REPLACE(schema_name, '",
                            kPrefix, "', '", kOldPrefix,
                            "') NOT IN (SELECT schema_name FROM"
                            " information_schema.schemata)"));
  if (!rows.ok()) return;
  for (const Row& row : *rows) {
    const std::string name(Text(row, 0));
    const absl::StatusOr<std::optional<std::string>> free =
        session.Value(context, absl::StrCat("SELECT IS_FREE_LOCK(", QuoteText(name), ")"));
    if (free.ok() && free->value_or("") == "1") {
      session.Execute(context, absl::StrCat("DROP DATABASE IF EXISTS ", QuoteName(name)))
          .IgnoreError();
    }
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<ScratchDatabase>> ScratchDatabase::Create(
    const base::Context& context, const Fork& fork, const Settings& settings) {
  ASSIGN_OR_RETURN(std::unique_ptr<Session> owner, Session::Connect(context, fork, settings));
  const Session::Watch watch(context, *owner);
  DropStale(context, *owner);
  const std::string name = RandomName(kPrefix);
  RETURN_IF_ERROR(
      owner->Execute(context, absl::StrCat("SELECT GET_LOCK(", QuoteText(name), ",0)")));
  ASSIGN_OR_RETURN(const Rows rows,
                   owner->Query(context, "SELECT @@character_set_database, @@collation_database"));
  const absl::Status created = owner->Execute(
      context, rows.empty() ? absl::StrCat("CREATE DATABASE ", QuoteName(name))
                            : absl::StrCat("CREATE DATABASE ", QuoteName(name), " CHARACTER SET ",
                                           Text(rows[0], 0), " COLLATE ", Text(rows[0], 1)));
  if (!created.ok()) {
    return errs::WithHint(created,
                          "a dump is first loaded into a scratch database on the same server:"
                          " grant the user ALL on `siphon\\_%`.*");
  }
  return std::unique_ptr<ScratchDatabase>(new ScratchDatabase(std::move(owner), name));
}

ScratchDatabase::~ScratchDatabase() {
  if (!dropped_ && Reach().ok()) Drop().IgnoreError();
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

absl::Status ScratchDatabase::Drop() {
  if (dropped_) return absl::OkStatus();
  // Not the verb's context, which may have stopped. Dropping may take long.
  const base::Context always;
  // The server may not have noticed yet that the client program has ended, whose locks would block
  // the drop. (A server whose disk is full cannot answer this query.)
  const absl::StatusOr<Rows> others =
      owner_->Query(always, absl::StrCat("SELECT id FROM information_schema.processlist"
                                         " WHERE id <> CONNECTION_ID() AND db = ",
                                         QuoteText(name_)));
  for (const Row& row : others.ok() ? *others : Rows()) {
    owner_->Execute(always, absl::StrCat("KILL ", Text(row, 0))).IgnoreError();
  }
  const std::string drop = absl::StrCat("DROP DATABASE IF EXISTS ", QuoteName(name_));
  RETURN_IF_ERROR(owner_->Execute(always, "SET foreign_key_checks=0"));
  RETURN_IF_ERROR(owner_->Execute(always, drop));
  dropped_ = true;
  return absl::OkStatus();
}

}  // namespace siphon::mysqlcommon
