// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/migration_tables.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/build_info.h"
#include "siphon/domain/migrate/lock_id.h"

namespace siphon::migrate {
namespace {

using std::chrono::nanoseconds;

constexpr std::string_view kOp = "migrate";
constexpr std::string_view kColumnsBeforeStarted =
    "seq, version, from_version, to_version, title, direction, sha256, ";
constexpr std::string_view kColumnsAfterStarted =
    ", duration_ms, siphon, db_user, state, done, total, done_sha256";
constexpr int kColumns = 15;
// Enough of a long table's name to recognize it.
constexpr size_t kShortenedName = 44;

absl::StatusOr<State> ParseState(const std::string& version, const std::string& dirty) {
  State state;
  if (version.empty()) return state;
  if (!absl::SimpleAtoi(version, &state.version) || state.version < kNilVersion) {
    return errs::IntegrityError(kOp, absl::StrCat("the version table contains \"", version, "\""),
                                "it must contain one whole number of -1 or more");
  }
  state.dirty = dirty == "t" || dirty == "1" || dirty == "true";
  return state;
}

// The rows of `sql`, which must have this number of columns, because a server may send anything.
absl::StatusOr<std::vector<SqlSession::Row>> QueryColumns(const base::Context& context,
                                                          SqlSession& session, size_t columns,
                                                          const std::string& sql) {
  ASSIGN_OR_RETURN(std::vector<SqlSession::Row> rows, session.Query(context, sql));
  for (const SqlSession::Row& row : rows) {
    if (row.size() == columns) continue;
    return errs::SystemError(kOp, errs::kDatabase,
                             absl::StrCat("the server's answer does not fit the statement: ",
                                          row.size(), " columns instead of ", columns));
  }
  return rows;
}

// An error of a read, with the privilege that the user lacks.
absl::Status ReadError(const SqlSession& session, const absl::Status& status,
                       std::string_view table) {
  if (!session.LacksPrivilege(status)) return status;
  return errs::WithHint(status, absl::StrCat("grant the user SELECT on ", table));
}

}  // namespace

std::string HistoryName(std::string_view table, size_t longest) {
  std::string name = absl::StrCat(table, "_history");
  if (name.size() <= longest) return name;
  return absl::StrCat(table.substr(0, kShortenedName), "_", LockId(std::string(table)), "_history");
}

absl::Status MigrationTables::Ensure(const base::Context& context) {
  if (has_table_ && has_history_) return absl::OkStatus();
  ASSIGN_OR_RETURN(const SqlSession::Tables tables, session_->FindTables(context));
  if (!tables.version) RETURN_IF_ERROR(session_->Execute(context, dialect_->create_table));
  has_table_ = true;
  if (!tables.history) {
    // A table of another program gets no history.
    if (tables.version) RETURN_IF_ERROR(ReadVersion(context).status());
    const absl::Status made = session_->Execute(context, dialect_->create_history);
    if (!made.ok()) {
      session_->Rollback();
      RETURN_IF_ERROR(context.Check());
      context.Warn("migrate", absl::StrCat("no history is kept: ", made.message()));
      return absl::OkStatus();
    }
  }
  has_history_ = true;
  return absl::OkStatus();
}

void MigrationTables::Forget() {
  has_table_ = false;
  has_history_ = false;
  last_sequence_.reset();
}

void MigrationTables::SetLocked(bool locked) {
  locked_ = locked;
  last_sequence_.reset();
}

absl::StatusOr<State> MigrationTables::ReadVersion(const base::Context& context) {
  if (!has_table_) {
    ASSIGN_OR_RETURN(const SqlSession::Tables tables, session_->FindTables(context));
    if (!tables.version) return State();
  }
  const absl::StatusOr<std::vector<SqlSession::Row>> rows =
      QueryColumns(context, *session_, 2,
                   absl::StrCat("SELECT version, dirty FROM ", dialect_->table, " LIMIT 2"));
  if (!rows.ok()) {
    if (!session_->MissesColumn(rows.status())) {
      return ReadError(*session_, rows.status(), dialect_->table);
    }
    return errs::WithHint(rows.status(),
                          absl::StrCat(dialect_->table,
                                       " is not a version table of golang-migrate or siphon; if it "
                                       "belongs to another program, choose another name with "
                                       "x-migrations-table"));
  }
  if (rows->size() > 1) {
    return errs::IntegrityError(kOp, absl::StrCat(dialect_->table, " has more than one row"),
                                "it must contain only the version of the database");
  }
  if (rows->empty()) return State();
  return ParseState((*rows)[0][0], (*rows)[0][1]);
}

absl::StatusOr<std::vector<HistoryRecord>> MigrationTables::ReadHistory(
    const base::Context& context) {
  std::vector<HistoryRecord> records;
  if (!has_history_) {
    ASSIGN_OR_RETURN(const SqlSession::Tables tables, session_->FindTables(context));
    RETURN_IF_ERROR(tables.history_hidden);
    if (!tables.history) return records;
  }
  const absl::StatusOr<std::vector<SqlSession::Row>> rows = QueryColumns(
      context, *session_, kColumns,
      absl::StrCat("SELECT ", kColumnsBeforeStarted, dialect_->started, kColumnsAfterStarted,
                   " FROM ", dialect_->history, " ORDER BY seq"));
  if (!rows.ok()) return ReadError(*session_, rows.status(), dialect_->history);
  for (const SqlSession::Row& row : *rows) {
    HistoryRecord record;
    const std::pair<size_t, int64_t*> numbers[] = {
        {0, &record.sequence},    {1, &record.version}, {2, &record.from},  {3, &record.target},
        {8, &record.duration_ms}, {12, &record.done},   {13, &record.total}};
    for (const auto& [column, number] : numbers) {
      if (!absl::SimpleAtoi(row[column], number)) {
        return errs::IntegrityError(kOp, absl::StrCat(dialect_->history, " contains \"",
                                                      row[column], "\" instead of a number"));
      }
    }
    record.title = row[4];
    record.direction = row[5];
    record.sha256 = row[6];
    record.started = row[7];
    record.siphon = row[9];
    record.user = row[10];
    std::tie(record.state, record.before) =
        std::pair<std::string, std::string>(absl::StrSplit(row[11], absl::MaxSplits(' ', 1)));
    record.done_sha256 = row[14];
    records.push_back(std::move(record));
  }
  return records;
}

absl::Status MigrationTables::Begin(const base::Context& context, const std::string& begin,
                                    const State& expected) {
  const auto check = [&] {
    // An empty version table has no row; the join makes one. It takes longer, so only then.
    const std::string sql = expected == State()
                                ? CheckSql(absl::StrCat("(SELECT 1 AS one) AS o LEFT JOIN ",
                                                        dialect_->table, " ON TRUE"))
                                : CallSql(Routine::kCheck, {});
    return QueryColumns(context, *session_, 3, absl::StrCat(begin, begin.empty() ? "" : "; ", sql));
  };
  absl::StatusOr<std::vector<SqlSession::Row>> rows = check();
  if (!rows.ok() && std::exchange(prepared_, false)) {
    // Prepared on another session of a pooler, or for a table that was changed since.
    session_->Rollback();
    rows = check();
  }
  absl::Status status = rows.status();
  if (rows.ok() && rows->empty()) rows->push_back({"1", "", ""});
  if (status.ok() && (*rows)[0][0] != "1") {
    status = errs::SystemError(
        kOp, errs::kLocked, "the connection no longer holds the lock of migrations",
        "a migration may have released it (all advisory locks, RELEASE_ALL_LOCKS); or a pooler "
        "that "
        "reassigns connections between transactions (pgbouncer) breaks it: connect to the server "
        "directly");
  }
  if (status.ok()) {
    const absl::StatusOr<State> found = ParseState((*rows)[0][1], (*rows)[0][2]);
    status = found.status();
    if (found.ok() && !(*found == expected)) {
      status = errs::SystemError(
          kOp, errs::kLocked,
          absl::StrCat("the version of the database changed from ", StateText(expected), " to ",
                       StateText(*found), ": another program migrates without the lock"),
          "stop the other program, then try again");
    }
  }
  if (!status.ok()) session_->Rollback();
  return status;
}

void MigrationTables::Prepare(const base::Context& context) {
  if (prepared_ || !prepares_ || !has_history_) return;
  std::vector<std::string> parameters;
  for (int i = 1; i <= kColumns; ++i) parameters.push_back(absl::StrCat("$", i));
  std::string sql;
  for (const Routine routine : {Routine::kCheck, Routine::kMove, Routine::kInsert}) {
    absl::StrAppend(&sql, "PREPARE ", NameOf(routine), " AS ", RoutineSql(routine, parameters),
                    "; ");
  }
  prepared_ = session_->Execute(context, sql).ok();
  // Unprepared statements do the same, only slower.
  prepares_ = prepared_;
}

absl::StatusOr<int64_t> MigrationTables::NextSequence(const base::Context& context) {
  if (!has_history_) return 0;
  if (!locked_ || !last_sequence_.has_value()) {
    ASSIGN_OR_RETURN(const auto rows,
                     QueryColumns(context, *session_, 1,
                                  absl::StrCat("SELECT seq FROM ", dialect_->history,
                                               " ORDER BY seq DESC LIMIT 1")));
    int64_t last = 0;
    if (!rows.empty() && !absl::SimpleAtoi(rows[0][0], &last)) {
      return errs::InternalError(kOp, "no last number in the history");
    }
    last_sequence_ = last;
  }
  return ++*last_sequence_;
}

std::string_view MigrationTables::NameOf(Routine routine) {
  switch (routine) {
    case Routine::kCheck:
      return "siphon_check";
    case Routine::kMove:
      return "siphon_move";
    case Routine::kInsert:
      return "siphon_insert";
  }
  return "";
}

std::string MigrationTables::RoutineSql(Routine routine,
                                        const std::vector<std::string>& values) const {
  switch (routine) {
    case Routine::kCheck:
      return CheckSql(dialect_->table);
    case Routine::kMove:
      return absl::StrCat("UPDATE ", dialect_->table, " SET version = ", values[0],
                          ", dirty = FALSE", dialect_->where_any);
    case Routine::kInsert:
      return absl::StrCat("INSERT INTO ", dialect_->history, " (", kColumnsBeforeStarted, "started",
                          kColumnsAfterStarted, ") VALUES (", absl::StrJoin(values, ", "), ")");
  }
  return "";
}

std::string MigrationTables::CheckSql(std::string_view from) const {
  return absl::StrCat("SELECT CASE WHEN ", dialect_->lock_held,
                      " THEN 1 ELSE 0 END, version, dirty FROM ", from);
}

std::string MigrationTables::CallSql(Routine routine,
                                     const std::vector<std::string>& values) const {
  if (!prepared_) return RoutineSql(routine, values);
  const std::string call = absl::StrCat("EXECUTE ", NameOf(routine));
  return values.empty() ? call : absl::StrCat(call, "(", absl::StrJoin(values, ", "), ")");
}

std::string MigrationTables::VersionSql(const State& state) const {
  // DELETE instead of TRUNCATE, which would wait for a running dump.
  std::string sql = absl::StrCat("DELETE FROM ", dialect_->table, dialect_->where_any, "; ");
  if (state.version >= 0 || state.dirty) {
    absl::StrAppend(&sql, "INSERT INTO ", dialect_->table, " (version, dirty) VALUES (",
                    state.version, ", ", state.dirty ? "TRUE" : "FALSE", "); ");
  }
  return sql;
}

std::string MigrationTables::MoveSql(const State& from, const State& to) const {
  if (from == State() || to == State()) return VersionSql(to);
  return absl::StrCat(CallSql(Routine::kMove, {absl::StrCat(to.version)}), "; ");
}

std::string MigrationTables::InsertSql(const Step& step, std::string_view direction,
                                       std::string_view state, nanoseconds took, size_t done,
                                       int64_t sequence) const {
  if (sequence == 0) return "";
  const absl::Time started = clock_->Now() - absl::FromChrono(took);
  const auto quote = [this](std::string_view text) { return session_->Quote(text); };
  const Script* const script = step.script.get();
  const auto number = [](auto value) { return absl::StrCat(value); };
  return absl::StrCat(
      CallSql(Routine::kInsert,
              {number(sequence), number(step.version), number(step.from), number(step.target),
               quote(step.title), quote(direction), quote(script == nullptr ? "" : script->sha256),
               quote(absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", started, absl::UTCTimeZone())),
               number(absl::ToInt64Milliseconds(absl::FromChrono(took))),
               quote(base::GetBuildInfo().version), quote(session_->user()), quote(state),
               number(done), number(script == nullptr ? 0 : script->statements.size()),
               quote(script == nullptr ? "" : script->DigestBefore(done))}),
      "; ");
}

std::string MigrationTables::UpdateSql(const Script& script, std::string_view state,
                                       nanoseconds took, size_t done, int64_t sequence) const {
  if (!has_history_) return "";
  return absl::StrCat("UPDATE ", dialect_->history, " SET state = ", session_->Quote(state),
                      ", duration_ms = ", absl::ToInt64Milliseconds(absl::FromChrono(took)),
                      ", sha256 = ", session_->Quote(script.sha256),
                      ", total = ", script.statements.size(), ", done = ", done,
                      ", done_sha256 = ", session_->Quote(script.DigestBefore(done)), " WHERE seq ",
                      dialect_->equals, " ", sequence, "; ");
}

}  // namespace siphon::migrate
