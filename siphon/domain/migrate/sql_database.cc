// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/sql_database.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/build_info.h"
#include "siphon/base/units.h"

namespace siphon::migrate {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::string_view kOp = "migrate";
// What an error shows of a statement, in bytes.
constexpr size_t kExcerpt = 200;
constexpr std::string_view kInsertColumns =
    "(seq, version, from_version, to_version, title, direction, sha256, started, duration_ms, "
    "siphon, db_user, state, done, total, done_sha256)";

std::string Excerpt(std::string_view statement) {
  std::string text(statement.substr(0, kExcerpt));
  for (char& c : text) {
    if (c == '\n' || c == '\r' || c == '\t' || c == '\0') c = ' ';
  }
  // Not in the middle of a character.
  while (statement.size() > kExcerpt && !text.empty() && (text.back() & 0xC0) == 0x80) {
    text.pop_back();
  }
  if (statement.size() > kExcerpt) text += "...";
  return text;
}

// Line and column of `offset` in `script`, from 1; columns count characters.
std::pair<uint64_t, uint64_t> Place(const Script& script, size_t offset) {
  const std::string_view before = std::string_view(script.body).substr(0, offset);
  const auto line = static_cast<uint64_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  uint64_t column = 1;
  for (const char c : before.substr(start)) column += (c & 0xC0) != 0x80 ? 1 : 0;
  return {line, column};
}

absl::StatusOr<State> ParseState(const std::string& version, const std::string& dirty) {
  State state;
  if (version.empty()) return state;
  if (!absl::SimpleAtoi(version, &state.version) || state.version < kNilVersion) {
    return errs::IntegrityError(kOp, absl::StrCat("the version table says \"", version, "\""),
                                "it must hold one whole number of -1 or more");
  }
  state.dirty = dirty == "t" || dirty == "1" || dirty == "true";
  return state;
}

}  // namespace

SqlDatabase::SqlDatabase(std::unique_ptr<SqlSession> session, SqlDialect dialect, Options options)
    : session_(std::move(session)), dialect_(std::move(dialect)), options_(std::move(options)) {}

SqlDatabase::~SqlDatabase() = default;

absl::Status SqlDatabase::Close() { return session_->Close(); }

ScriptOptions SqlDatabase::script_options() const {
  return {.dialect = options_.dialect,
          .begin = dialect_.begin,
          .wrap = options_.wrap,
          .quoting = options_.quoting};
}

absl::Status SqlDatabase::Lock(const base::Context& context, nanoseconds timeout) {
  if (locked_) return errs::UserError(kOp, errs::kLocked, "this connection holds it already");
  RETURN_IF_ERROR(session_->Lock(context, timeout));
  locked_ = true;
  last_sequence_.reset();
  return absl::OkStatus();
}

absl::Status SqlDatabase::Unlock(const base::Context& context) {
  if (!locked_) {
    return errs::UserError(kOp, errs::kLocked, "can't unlock, as not currently locked");
  }
  const absl::Status flushed = Flush(context);
  locked_ = false;
  const absl::Status unlocked = session_->Unlock(context);
  return flushed.ok() ? unlocked : flushed;
}

absl::Status SqlDatabase::EnsureTables(const base::Context& context) {
  if (has_table_ && has_history_) return absl::OkStatus();
  ASSIGN_OR_RETURN(const SqlSession::Tables tables, session_->FindTables(context));
  if (!tables.version) RETURN_IF_ERROR(session_->Execute(context, dialect_.create_table));
  has_table_ = true;
  if (!tables.history) {
    const absl::Status made = session_->Execute(context, dialect_.create_history);
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

absl::StatusOr<State> SqlDatabase::Version(const base::Context& context) {
  RETURN_IF_ERROR(Flush(context));
  if (!has_table_) {
    ASSIGN_OR_RETURN(const SqlSession::Tables tables, session_->FindTables(context));
    if (!tables.version) return State();
  }
  const absl::StatusOr<std::vector<SqlSession::Row>> rows = session_->Query(
      context, absl::StrCat("SELECT version, dirty FROM ", dialect_.table, " LIMIT 2"));
  if (!rows.ok()) {
    if (!errs::Is(rows.status(), errs::kDatabase)) return rows.status();
    return errs::WithHint(rows.status(),
                          absl::StrCat(dialect_.table,
                                       " is not as golang-migrate and siphon make it; if it is "
                                       "another program's, name one with x-migrations-table"));
  }
  if (rows->size() > 1) {
    return errs::IntegrityError(kOp, absl::StrCat(dialect_.table, " has more than one row"),
                                "it must hold the one version that the database has");
  }
  if (rows->empty()) return State();
  return ParseState((*rows)[0][0], (*rows)[0][1]);
}

absl::StatusOr<std::vector<HistoryRecord>> SqlDatabase::History(const base::Context& context) {
  RETURN_IF_ERROR(Flush(context));
  std::vector<HistoryRecord> records;
  if (!has_history_) {
    ASSIGN_OR_RETURN(const SqlSession::Tables tables, session_->FindTables(context));
    if (!tables.history) return records;
  }
  ASSIGN_OR_RETURN(
      const std::vector<SqlSession::Row> rows,
      session_->Query(context, absl::StrCat("SELECT ", dialect_.history_columns, " FROM ",
                                            dialect_.history, " ORDER BY seq")));
  for (const SqlSession::Row& row : rows) {
    HistoryRecord record;
    const std::pair<size_t, int64_t*> numbers[] = {
        {0, &record.sequence},    {1, &record.version}, {2, &record.from},  {3, &record.target},
        {8, &record.duration_ms}, {12, &record.done},   {13, &record.total}};
    for (const auto& [column, number] : numbers) {
      if (!absl::SimpleAtoi(row[column], number)) {
        return errs::IntegrityError(kOp, absl::StrCat(dialect_.history, " holds \"", row[column],
                                                      "\" in place of a number"));
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

std::string_view SqlDatabase::RoutineName(Routine routine) {
  switch (routine) {
    case Routine::kLook:
      return "siphon_look";
    case Routine::kMove:
      return "siphon_move";
    case Routine::kRecord:
      return "siphon_record";
  }
  return "";
}

std::string SqlDatabase::RoutineSql(Routine routine, const std::vector<std::string>& values) const {
  switch (routine) {
    case Routine::kLook:
      return LookSql(dialect_.table);
    case Routine::kMove:
      return absl::StrCat("UPDATE ", dialect_.table, " SET version = ", values[0],
                          ", dirty = FALSE", dialect_.where_any);
    case Routine::kRecord:
      return absl::StrCat("INSERT INTO ", dialect_.history, " ", kInsertColumns, " VALUES (",
                          absl::StrJoin(values, ", "), ")");
  }
  return "";
}

std::string SqlDatabase::LookSql(std::string_view from) const {
  return absl::StrCat("SELECT CASE WHEN ", dialect_.lock_held,
                      " THEN 1 ELSE 0 END, version, dirty FROM ", from);
}

std::string SqlDatabase::CallSql(Routine routine, const std::vector<std::string>& values) const {
  if (!prepared_) return RoutineSql(routine, values);
  const std::string call = absl::StrCat("EXECUTE ", RoutineName(routine));
  return values.empty() ? call : absl::StrCat(call, "(", absl::StrJoin(values, ", "), ")");
}

void SqlDatabase::Prepare(const base::Context& context) {
  if (prepared_ || !dialect_.prepares || !has_history_) return;
  const auto columns = 1 + std::count(kInsertColumns.begin(), kInsertColumns.end(), ',');
  std::vector<std::string> parameters;
  for (int i = 1; i <= columns; ++i) parameters.push_back(absl::StrCat("$", i));
  std::string sql;
  for (const Routine routine : {Routine::kLook, Routine::kMove, Routine::kRecord}) {
    absl::StrAppend(&sql, "PREPARE ", RoutineName(routine), " AS ", RoutineSql(routine, parameters),
                    "; ");
  }
  prepared_ = session_->Execute(context, sql).ok();
  // As they are, they are as good, only slower.
  dialect_.prepares = prepared_;
}

std::string SqlDatabase::VersionSql(const State& state) const {
  // DELETE and no TRUNCATE, which would wait for a dump that is being taken.
  std::string sql = absl::StrCat("DELETE FROM ", dialect_.table, dialect_.where_any, "; ");
  if (state.version >= 0 || state.dirty) {
    absl::StrAppend(&sql, "INSERT INTO ", dialect_.table, " (version, dirty) VALUES (",
                    state.version, ", ", state.dirty ? "TRUE" : "FALSE", "); ");
  }
  return sql;
}

std::string SqlDatabase::MoveSql(const State& from, const State& to) const {
  if (from == State() || to == State()) return VersionSql(to);
  return absl::StrCat(CallSql(Routine::kMove, {absl::StrCat(to.version)}), "; ");
}

std::string SqlDatabase::RecordSql(const Step& step, std::string_view direction,
                                   std::string_view state, nanoseconds took, size_t done,
                                   int64_t sequence) const {
  if (sequence == 0) return "";
  const absl::Time started = options_.clock->Now() - absl::FromChrono(took);
  const auto quote = [this](std::string_view text) { return session_->Quote(text); };
  const Script* const script = step.script.get();
  const auto number = [](auto value) { return absl::StrCat(value); };
  return absl::StrCat(
      CallSql(Routine::kRecord,
              {number(sequence), number(step.version), number(step.from), number(step.target),
               quote(step.title), quote(direction), quote(script == nullptr ? "" : script->sha256),
               quote(absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", started, absl::UTCTimeZone())),
               number(absl::ToInt64Milliseconds(absl::FromChrono(took))),
               quote(base::GetBuildInfo().version), quote(session_->user()), quote(state),
               number(done), number(script == nullptr ? 0 : script->statements.size()),
               quote(script == nullptr ? "" : script->DigestBefore(done))}),
      "; ");
}

absl::StatusOr<int64_t> SqlDatabase::NextSequence(const base::Context& context) {
  if (!has_history_) return 0;
  if (!locked_ || !last_sequence_.has_value()) {
    ASSIGN_OR_RETURN(const auto rows,
                     session_->Query(context, absl::StrCat("SELECT seq FROM ", dialect_.history,
                                                           " ORDER BY seq DESC LIMIT 1")));
    int64_t last = 0;
    if (!rows.empty() && !absl::SimpleAtoi(rows[0][0], &last)) {
      return errs::InternalError(kOp, "no last number in the history");
    }
    last_sequence_ = last;
  }
  return ++*last_sequence_;
}

// Opens a transaction with `begin`, or none where it is empty, and makes sure that nobody else
// migrates.
absl::Status SqlDatabase::Begin(const base::Context& context, const std::string& begin,
                                const State& expected) {
  const auto look = [&] {
    // A row also where none is expected; the join takes its time.
    const std::string sql =
        expected == State()
            ? LookSql(absl::StrCat("(SELECT 1 AS one) AS o LEFT JOIN ", dialect_.table, " ON TRUE"))
            : CallSql(Routine::kLook, {});
    return session_->Query(context, absl::StrCat(begin, begin.empty() ? "" : "; ", sql));
  };
  absl::StatusOr<std::vector<SqlSession::Row>> rows = look();
  if (!rows.ok() && std::exchange(prepared_, false)) {
    // It was prepared on another session of a pooler, or for a table that was changed since.
    session_->Rollback();
    rows = look();
  }
  absl::Status status = rows.status();
  if (rows.ok() && rows->empty()) rows->push_back({"1", "", ""});
  if (status.ok() && (*rows)[0][0] != "1") {
    status = errs::SystemError(
        kOp, errs::kLocked, "the connection no longer holds the lock of migrations",
        "a pooler that hands connections on between transactions (pgbouncer) breaks it: connect to "
        "the server itself");
  }
  if (status.ok()) {
    const absl::StatusOr<State> found = ParseState((*rows)[0][1], (*rows)[0][2]);
    status = found.status();
    if (found.ok() && !(*found == expected)) {
      status = errs::SystemError(
          kOp, errs::kLocked,
          absl::StrCat("the database's version became ", StateText(*found), " from ",
                       StateText(expected), ": another program migrates without the lock"),
          "look at what it does, then try again");
    }
  }
  if (!status.ok()) session_->Rollback();
  return status;
}

base::Context SqlDatabase::Limited(const base::Context& context) const {
  if (options_.statement_timeout.count() <= 0) return context;
  const auto until = SteadyClock::now() + options_.statement_timeout;
  if (context.deadline().has_value() && *context.deadline() < until) return context;
  return context.WithDeadline(until);
}

absl::Status SqlDatabase::RunOne(const base::Context& context, const base::Context& limited,
                                 const Script& script, size_t index, bool undone) {
  const Script::Statement& statement = script.statements[index];
  std::optional<size_t> at;
  absl::Status status = session_->RunStatement(limited, statement.text, at);
  if (status.ok() && undone) status = limited.Check();
  if (status.ok()) return status;
  RETURN_IF_ERROR(context.Check());
  if (errs::Is(status, errs::kCancelled)) {
    status = errs::SystemError(
        kOp, errs::kDatabase,
        absl::StrCat("it took longer than x-statement-timeout, which is ",
                     base::FormatDuration(absl::FromChrono(options_.statement_timeout))));
  }
  QueryError error;
  error.file = script.name;
  error.statement = index + 1;
  error.statements = script.statements.size();
  error.query = Excerpt(statement.text);
  error.line = statement.line;
  if (at.has_value()) {
    std::tie(error.line, error.column) = Place(script, statement.offset + *at);
  }
  return QueryFailed(error, status);
}

absl::Status SqlDatabase::Run(const base::Context& context, const Script& script) {
  RETURN_IF_ERROR(Flush(context));
  for (const Script::Group& group : script.groups) {
    if (!group.begin.empty()) RETURN_IF_ERROR(session_->Execute(context, group.begin));
    for (size_t i = group.first; i < group.first + group.count; ++i) {
      const absl::Status status =
          RunOne(context, Limited(context), script, i, !group.begin.empty());
      if (status.ok()) continue;
      session_->Rollback();
      return status;
    }
    if (!group.begin.empty()) RETURN_IF_ERROR(session_->Execute(context, "COMMIT"));
  }
  return absl::OkStatus();
}

absl::Status SqlDatabase::SetVersion(const base::Context& context, const State& state) {
  if (state.version < kNilVersion) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat("version ", state.version, " must be >= -1"));
  }
  RETURN_IF_ERROR(EnsureTables(context));
  const absl::Status status =
      session_->Execute(context, absl::StrCat(dialect_.begin, "; ", VersionSql(state), "COMMIT"));
  if (!status.ok()) session_->Rollback();
  return status;
}

absl::Status SqlDatabase::Force(const base::Context& context, int64_t version) {
  RETURN_IF_ERROR(Flush(context));
  RETURN_IF_ERROR(EnsureTables(context));
  ASSIGN_OR_RETURN(const State state, Version(context));
  Step step;
  step.version = version;
  step.from = state.version;
  step.target = version;
  ASSIGN_OR_RETURN(const int64_t sequence, NextSequence(context));
  const absl::Status status = session_->Execute(
      context,
      absl::StrCat(dialect_.begin, "; ", VersionSql({version, false}),
                   RecordSql(step, "force", "done", nanoseconds(0), 0, sequence), "COMMIT"));
  if (!status.ok()) session_->Rollback();
  return status;
}

absl::Status SqlDatabase::Drop(const base::Context& context) {
  RETURN_IF_ERROR(Flush(context));
  has_table_ = false;
  has_history_ = false;
  last_sequence_.reset();
  return session_->Drop(context);
}

absl::Status SqlDatabase::Apply(const base::Context& context, const Step& step) {
  RETURN_IF_ERROR(EnsureTables(context));
  const bool atomic = step.script == nullptr || step.script->atomic();
  if (!atomic) return ApplyInGroups(context, step);
  return dialect_.batch.count() > 0 ? ApplyInBatch(context, step) : ApplyAtomically(context, step);
}

absl::Status SqlDatabase::ApplyAtomically(const base::Context& context, const Step& step) {
  const bool own = step.script != nullptr && !step.script->groups.empty();
  const std::string begin = own ? step.script->groups[0].begin : dialect_.begin;
  for (int attempt = 1;; ++attempt) {
    const absl::Status status = TryAtomically(context, step, begin);
    if (!errs::Is(status, errs::kBusy) || attempt >= dialect_.tries) return status;
    if (attempt == 1) {
      context.Message("migrate", absl::StrCat("version ", step.version,
                                              " waits for another session's lock, without "
                                              "standing in anybody's way"));
    }
    RETURN_IF_ERROR(context.Sleep(dialect_.pause));
  }
}

absl::Status SqlDatabase::TryAtomically(const base::Context& context, const Step& step,
                                        const std::string& begin) {
  const auto began = SteadyClock::now();
  const size_t count = step.script == nullptr ? 0 : step.script->statements.size();
  const State from{step.from, false};
  const State target{step.target, false};
  ASSIGN_OR_RETURN(const int64_t sequence, NextSequence(context));
  Prepare(context);
  RETURN_IF_ERROR(Begin(context, absl::StrCat(begin, dialect_.begin_patiently), from));
  // It may take away what is prepared.
  if (count > 0 && absl::StrContainsIgnoreCase(step.script->body, "deallocate")) prepared_ = false;
  const base::Context limited = Limited(context);
  for (size_t i = 0; i < count; ++i) {
    const absl::Status status = RunOne(context, limited, *step.script, i, true);
    if (status.ok()) continue;
    session_->Rollback();
    return session_->undid() ? status : RecordRemains(context.WithStop({}), step, sequence, status);
  }
  absl::Status status;
  // SET ROLE and the like end with the migration.
  if (count > 0 && ChangesSession(*step.script)) status = session_->Reset(context);
  if (status.ok()) {
    status = session_->Execute(context,
                               absl::StrCat(dialect_.commit_lazily, MoveSql(from, target),
                                            RecordSql(step, DirectionName(step.direction), "done",
                                                      SteadyClock::now() - began, count, sequence),
                                            "COMMIT"));
  }
  if (status.ok()) {
    if (dialect_.commit_lazily.empty()) return status;
    if (!std::exchange(unsynced_, true)) batch_began_ = began;
    const bool due = SteadyClock::now() - batch_began_ >= dialect_.sync_interval;
    return due ? Flush(context.WithStop({})) : status;
  }
  session_->Rollback();
  if (!errs::Is(status, errs::kConnectionFailed)) return status;
  return errs::WithHint(status, "whether this migration is applied, siphon migrate status says");
}

absl::Status SqlDatabase::ApplyInBatch(const base::Context& context, const Step& step) {
  const auto began = SteadyClock::now();
  ASSIGN_OR_RETURN(const int64_t sequence, NextSequence(context));
  if (!batch_open_) {
    RETURN_IF_ERROR(Begin(context, dialect_.begin, {step.from, false}));
    batch_open_ = true;
    batch_began_ = began;
  }
  const size_t count = step.script == nullptr ? 0 : step.script->statements.size();
  const base::Context limited = Limited(context);
  absl::Status status = session_->Execute(context, "SAVEPOINT siphon_step");
  for (size_t i = 0; i < count && status.ok(); ++i) {
    status = RunOne(context, limited, *step.script, i, true);
  }
  if (status.ok()) {
    status = session_->Execute(context,
                               absl::StrCat(MoveSql({step.from, false}, {step.target, false}),
                                            RecordSql(step, DirectionName(step.direction), "done",
                                                      SteadyClock::now() - began, count, sequence),
                                            "RELEASE siphon_step"));
  }
  const base::Context through = context.WithStop({});
  if (!status.ok()) {
    // Some errors have ended the transaction already, and with it the steps before.
    if (session_->Execute(through, "ROLLBACK TO siphon_step; RELEASE siphon_step").ok()) {
      RETURN_IF_ERROR(Flush(through));
    }
    session_->Rollback();
    batch_open_ = false;
    return status;
  }
  return SteadyClock::now() - batch_began_ < dialect_.batch ? status : Flush(through);
}

absl::Status SqlDatabase::Flush(const base::Context& context) {
  if (unsynced_) {
    unsynced_ = false;
    return session_->Execute(context, dialect_.sync);
  }
  if (!batch_open_) return absl::OkStatus();
  batch_open_ = false;
  const absl::Status status = session_->Execute(context, "COMMIT");
  if (!status.ok()) session_->Rollback();
  return status;
}

}  // namespace siphon::migrate
