// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/migration_session.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "drivers/mysqlcommon/migration_replay.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/sql_error.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/sha256.h"
#include "siphon/base/units.h"
#include "siphon/domain/migrate/lock_id.h"
#include "siphon/domain/sql/splitter.h"

namespace siphon::mysqlcommon {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::string_view kOp = "mysql.migrate";
constexpr milliseconds kFirstPause{50};
constexpr milliseconds kLongestPause{500};
constexpr std::chrono::seconds kRollbackLimit{10};
// ER_WARNING_NOT_COMPLETE_ROLLBACK. (The next number, ..._WITH_CREATED_TEMP_TABLE, is not about
// rows.)
constexpr int64_t kNotUndone = 1196;

bool MayStop(const base::Context& context) {
  return context.stop_token().stop_possible() || context.deadline().has_value();
}

}  // namespace

MigrationSession::MigrationSession(std::unique_ptr<Session> session, Options options)
    : session_(std::move(session)),
      own_variables_(session_.get()),
      options_(std::move(options)),
      lock_id_(absl::StrCat(
          migrate::LockId(absl::StrCat(session_->settings().database, ":", options_.table)))) {}

std::string MigrationSession::LockHeld() const {
  if (!options_.lock) return "TRUE";
  return absl::StrCat("IS_USED_LOCK(", Quote(lock_id_), ") = CONNECTION_ID()");
}

absl::Status MigrationSession::Close() {
  session_.reset();
  return absl::OkStatus();
}

std::string MigrationSession::Quote(std::string_view text) const {
  return absl::StrCat("_utf8mb4 X'", absl::BytesToHexString(text), "'");
}

template <typename Call>
auto MigrationSession::Watched(const base::Context& context, Call call) {
  std::optional<Session::Watch> watch;
  if (MayStop(context)) watch.emplace(context, *session_);
  auto result = call();
  watch.reset();
  // The session remains usable after a time limit.
  if (!result.ok()) session_->Recover();
  return result;
}

absl::StatusOr<Rows> MigrationSession::Send(const base::Context& context, std::string_view sql) {
  return Watched(context, [&]() -> absl::StatusOr<Rows> {
    RETURN_IF_ERROR(own_variables_.EnterOwn(context));
    return session_->Query(context, sql);
  });
}

absl::Status MigrationSession::RunUsers(const base::Context& context, std::string_view sql) {
  return Watched(context, [&]() -> absl::Status {
    RETURN_IF_ERROR(own_variables_.EnterUsers(context));
    own_variables_.MayHaveChanged();
    // Its results may be long; nobody reads them.
    return session_->Execute(context, sql);
  });
}

absl::StatusOr<std::vector<migrate::SqlSession::Row>> MigrationSession::Query(
    const base::Context& context, const std::string& sql) {
  sql::SplitterOptions options;
  options.dialect = sql::Dialect::kMysql;
  sql::Splitter splitter(options);
  Rows rows;
  const auto run = [&](const sql::Piece& piece) -> absl::Status {
    if (piece.text.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(rows, Send(context, piece.text));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(splitter.Feed(sql, run));
  RETURN_IF_ERROR(splitter.Finish(run));
  std::vector<Row> copy;
  for (const mysqlcommon::Row& row : rows) {
    Row& values = copy.emplace_back();
    for (size_t i = 0; i < row.size(); ++i) values.emplace_back(Text(row, i));
  }
  return copy;
}

absl::Status MigrationSession::RunStatement(const base::Context& context,
                                            std::string_view statement, std::optional<size_t>& at) {
  RETURN_IF_ERROR(KeepBaseline(context));
  const absl::Status status = RunUsers(context, statement);
  std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value()) return status;
  at = ErrorOffset(statement, error->detail);
  if (error->cause != errs::kNotFound) return status;
  // Some table of the migration's is missing, not an object that siphon itself needs.
  error->cause = errs::kDatabase;
  return errs::MakeStatus(*std::move(error));
}

bool MigrationSession::MissesColumn(const absl::Status& status) const {
  return IsSqlError(status, {1054});  // ER_BAD_FIELD_ERROR
}

bool MigrationSession::LacksPrivilege(const absl::Status& status) const { return IsDenied(status); }

void MigrationSession::Rollback() {
  undid_ = true;
  if (session_->broken()) return;
  const base::Context briefly = base::Context().WithDeadline(SteadyClock::now() + kRollbackLimit);
  if (!Send(briefly, "ROLLBACK").ok()) return;
  const absl::StatusOr<Rows> warnings = Send(briefly, "SHOW WARNINGS");
  if (warnings.ok()) {
    undid_ = std::none_of(warnings->begin(), warnings->end(),
                          [](const mysqlcommon::Row& row) { return Int(row, 1) == kNotUndone; });
  }
  Send(briefly, "UNLOCK TABLES").IgnoreError();
}

absl::Status MigrationSession::KeepBaseline(const base::Context& context) {
  if (has_baseline_) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Rows rows, Send(context, "SHOW SESSION VARIABLES"));
  for (const mysqlcommon::Row& row : rows) variables_[std::string(Text(row, 0))] = Text(row, 1);
  if (session_->Accepts(Feature::kCurrentRole)) {
    ASSIGN_OR_RETURN(const Rows role, Send(context, "SELECT CURRENT_ROLE()"));
    if (!role.empty()) role_ = Text(role[0], 0);
  }
  own_variables_.Keep();
  has_baseline_ = true;
  return absl::OkStatus();
}

absl::Status MigrationSession::Reset(const base::Context& context) {
  if (!has_baseline_) return absl::OkStatus();
  RETURN_IF_ERROR(
      Send(context, absl::StrCat("USE ", QuoteName(session_->settings().database))).status());
  Rows role;
  if (session_->Accepts(Feature::kCurrentRole)) {
    ASSIGN_OR_RETURN(role, Send(context, "SELECT CURRENT_ROLE()"));
  }
  if (!role.empty() && Text(role[0], 0) != role_) {
    const std::string was = role_.empty() || role_ == "NONE" ? "NONE"
                            : absl::StartsWith(role_, "`")   ? role_
                                                             : QuoteName(role_);
    RETURN_IF_ERROR(Send(context, absl::StrCat("SET ROLE ", was)).status());
  }
  ASSIGN_OR_RETURN(const Rows rows, Send(context, "SHOW SESSION VARIABLES"));
  for (const mysqlcommon::Row& row : rows) {
    const std::string name(Text(row, 0));
    const auto was = variables_.find(name);
    if (was == variables_.end() || was->second == Text(row, 1) || name == "insert_id") continue;
    if (own_variables_.Has(name)) continue;
    double number = 0;
    const bool bare = name == "timestamp" || absl::SimpleAtod(was->second, &number);
    const std::string value = name == "timestamp" ? "DEFAULT"
                              : bare              ? was->second
                                                  : Quote(was->second);
    // Some variables cannot be set: they are the server's, or results of the last statement.
    Send(context, absl::StrCat("SET SESSION ", QuoteName(name), " = ", value)).IgnoreError();
  }
  own_variables_.Reset();
  return context.Check();
}

absl::Status MigrationSession::Replay(const base::Context& context, const migrate::Script& script,
                                      size_t from, size_t done) {
  ASSIGN_OR_RETURN(const std::vector<std::string_view> again, StatementsToReplay(script, done));
  for (const std::string_view statement : again) {
    if (statement.data() < script.statements[from].text.data()) continue;
    RETURN_IF_ERROR(KeepBaseline(context));
    RETURN_IF_ERROR(RunUsers(context, statement));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> MigrationSession::Describe(const base::Context& context,
                                                       std::string_view schema,
                                                       const std::string& name) {
  ASSIGN_OR_RETURN(const Rows current, Send(context, "SELECT DATABASE()"));
  const std::string where =
      schema.empty() && !current.empty() ? std::string(Text(current[0], 0)) : std::string(schema);
  const std::string is_here = absl::StrCat(" = ", Quote(where), " AND ");
  std::string seen;
  for (const std::string& sql :
       {absl::StrCat("SELECT 'table', TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA",
                     is_here, "TABLE_NAME = ", Quote(name)),
        absl::StrCat("SELECT ROUTINE_TYPE, CREATED, LAST_ALTERED FROM information_schema.ROUTINES "
                     "WHERE ROUTINE_SCHEMA",
                     is_here, "ROUTINE_NAME = ", Quote(name), " ORDER BY 1"),
        absl::StrCat("SELECT 'trigger', CREATED, ACTION_STATEMENT FROM information_schema.TRIGGERS "
                     "WHERE TRIGGER_SCHEMA",
                     is_here, "TRIGGER_NAME = ", Quote(name)),
        absl::StrCat("SELECT 'event', CREATED, LAST_ALTERED FROM information_schema.EVENTS WHERE "
                     "EVENT_SCHEMA",
                     is_here, "EVENT_NAME = ", Quote(name))}) {
    ASSIGN_OR_RETURN(const Rows rows, Send(context, sql));
    for (const mysqlcommon::Row& row : rows) {
      for (size_t i = 0; i < row.size(); ++i) absl::StrAppend(&seen, Text(row, i), "\n");
      if (Text(row, 0) != "table") continue;
      ASSIGN_OR_RETURN(const Rows made,
                       Send(context, absl::StrCat("SHOW CREATE TABLE ", QuoteName(where), ".",
                                                  QuoteName(name))));
      if (!made.empty()) absl::StrAppend(&seen, WithoutCounter(Text(made[0], 1)), "\n");
    }
  }
  base::Sha256 sha;
  sha.Update(seen);
  return sha.Digest();
}

absl::StatusOr<std::string> MigrationSession::Fingerprint(const base::Context& context,
                                                          std::string_view statement) {
  // Its effect ended with the session: it must be run again.
  if (IsOfTheSession(statement)) return std::string("session");
  const std::optional<ChangedObject> changed = ChangedBy(statement);
  if (!changed.has_value()) return std::string();
  const absl::StatusOr<std::string> seen = Describe(context, changed->schema, changed->name);
  // Unknown, for example for a broken view.
  if (!seen.ok() && errs::Is(seen.status(), errs::kDatabase)) return std::string();
  return seen;
}

absl::Status MigrationSession::CheckNoTable(const base::Context& context,
                                            const std::string& table) {
  const std::string name = QuoteQualified(session_->settings().database, table);
  const absl::Status read =
      Send(context, absl::StrCat("SELECT 1 FROM ", name, " LIMIT 0")).status();
  if (IsSqlError(read, {1146})) return absl::OkStatus();  // ER_NO_SUCH_TABLE
  if (!IsDenied(read)) return read;
  return errs::WithHint(read, absl::StrCat("grant the user SELECT on ", name,
                                           "; without it, siphon cannot see the table"));
}

absl::StatusOr<migrate::SqlSession::Tables> MigrationSession::FindTables(
    const base::Context& context) {
  const auto find = [&](const std::string& table) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(
        const Rows rows,
        Send(context,
             absl::StrCat("SELECT TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = ",
                          Quote(session_->settings().database),
                          " AND TABLE_NAME = ", Quote(table))));
    if (rows.empty()) return false;
    if (Text(rows[0], 0) != "VIEW") return true;
    // Its functions could run with the rights of this session.
    return errs::UserError(
        kOp, errs::kDriverUnsupported,
        absl::StrCat(QuoteQualified(session_->settings().database, table), " is a view"),
        "versions are kept in a table: drop the view, or name another table with "
        "x-migrations-table");
  };
  Tables tables;
  ASSIGN_OR_RETURN(tables.version, find(options_.table));
  if (!tables.version) RETURN_IF_ERROR(CheckNoTable(context, options_.table));
  ASSIGN_OR_RETURN(tables.history, find(options_.history));
  if (!tables.history) tables.history_hidden = CheckNoTable(context, options_.history);
  return tables;
}

absl::Status MigrationSession::Lock(const base::Context& context,
                                    std::chrono::nanoseconds timeout) {
  if (!options_.lock) return absl::OkStatus();
  const auto until = SteadyClock::now() + timeout;
  milliseconds pause = kFirstPause;
  while (true) {
    ASSIGN_OR_RETURN(const Rows rows,
                     Send(context, absl::StrCat("SELECT GET_LOCK(", Quote(lock_id_), ", 0)")));
    if (!rows.empty() && Text(rows[0], 0) == "1") return absl::OkStatus();
    const auto left = until - SteadyClock::now();
    if (left <= std::chrono::nanoseconds(0)) break;
    RETURN_IF_ERROR(context.Sleep(std::min<std::chrono::nanoseconds>(left, pause)));
    pause = std::min(pause * 2, kLongestPause);
  }
  return errs::SystemError(kOp, errs::kLocked,
                           absl::StrCat("within ", base::FormatDuration(absl::FromChrono(timeout)),
                                        ": ", Holder(context), " holds it"),
                           "wait until it has ended, or set a longer --lock-timeout");
}

std::string MigrationSession::Holder(const base::Context& context) {
  const absl::StatusOr<Rows> rows = Send(
      context,
      absl::StrCat("SELECT ID, USER, HOST, TIME, COMMAND FROM information_schema.PROCESSLIST WHERE "
                   "ID = IS_USED_LOCK(",
                   Quote(lock_id_), ")"));
  if (!rows.ok() || rows->empty()) return "another session";
  const mysqlcommon::Row& row = (*rows)[0];
  return absl::StrCat("session ", Text(row, 0), " of ", Text(row, 1), " (from ", Text(row, 2), ", ",
                      Text(row, 4) == "Sleep" ? "idle for " : "busy for ", Text(row, 3), "s)");
}

absl::Status MigrationSession::Unlock(const base::Context& context) {
  if (!options_.lock) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Rows rows,
                   Send(context, absl::StrCat("SELECT RELEASE_LOCK(", Quote(lock_id_), ")")));
  if (!rows.empty() && Text(rows[0], 0) == "1") return absl::OkStatus();
  return errs::SystemError(kOp, errs::kLocked, "the connection lost the lock before the end",
                           "a proxy that shares connections between clients causes this");
}

absl::Status MigrationSession::CheckNoReferences(const base::Context& context) {
  const std::string here = Quote(session_->settings().database);
  ASSIGN_OR_RETURN(
      const Rows rows,
      Send(context, absl::StrCat("SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME FROM "
                                 "information_schema.REFERENTIAL_CONSTRAINTS WHERE "
                                 "UNIQUE_CONSTRAINT_SCHEMA = ",
                                 here, " AND CONSTRAINT_SCHEMA <> ", here, " ORDER BY 1, 2, 3")));
  if (rows.empty()) return absl::OkStatus();
  std::vector<std::string> keys;
  for (const mysqlcommon::Row& row : rows) {
    keys.push_back(absl::StrCat(ToUtf8(Text(row, 2)), " of ", ToUtf8(Text(row, 0)), ".",
                                ToUtf8(Text(row, 1))));
  }
  return errs::UserError(
      kOp, errs::kDatabase,
      absl::StrCat("tables of other databases have foreign keys to tables that are to be dropped: ",
                   base::ListSome(keys)),
      "drop these foreign keys first");
}

absl::Status MigrationSession::Drop(const base::Context& context) {
  RETURN_IF_ERROR(CheckNoReferences(context));
  RETURN_IF_ERROR(KeepBaseline(context));
  RETURN_IF_ERROR(Send(context, "SET SESSION foreign_key_checks = 0").status());
  const std::string database = session_->settings().database;
  const std::string here = Quote(database);
  ASSIGN_OR_RETURN(
      const Rows rows,
      Send(context,
           absl::StrCat(
               "SELECT 'EVENT', EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ",
               here,
               " UNION ALL SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES "
               "WHERE ROUTINE_SCHEMA = ",
               here,
               " UNION ALL SELECT CASE TABLE_TYPE WHEN 'VIEW' THEN 'VIEW' WHEN 'SEQUENCE' THEN "
               "'SEQUENCE' ELSE 'TABLE' END, TABLE_NAME FROM information_schema.TABLES WHERE "
               "TABLE_SCHEMA = ",
               here)));
  const bool packages = std::any_of(rows.begin(), rows.end(), [](const mysqlcommon::Row& row) {
    return absl::StartsWith(Text(row, 0), "PACKAGE");
  });
  // Older servers accept PACKAGE only with this mode.
  if (packages) RETURN_IF_ERROR(Send(context, "SET SESSION sql_mode = ORACLE").status());
  // The version table is dropped last, so that the version is still known after an interruption.
  for (const bool own : {false, true}) {
    for (const mysqlcommon::Row& row : rows) {
      const std::string_view name = Text(row, 1);
      if ((name == options_.table || name == options_.history) != own) continue;
      // Dropping a package drops its body.
      RETURN_IF_ERROR(Send(context, absl::StrCat("DROP ", Text(row, 0), " IF EXISTS ",
                                                 QuoteName(database), ".", QuoteName(name)))
                          .status());
    }
  }
  return Reset(context);
}

}  // namespace siphon::mysqlcommon
