// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/sql_database.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/after_stop.h"
#include "siphon/base/units.h"
#include "siphon/domain/sql/dialect.h"
#include "siphon/domain/sql/secrets.h"

namespace siphon::migrate {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::string_view kOp = "migrate";
// The length of the quoted part of a statement in an error, in bytes.
constexpr size_t kExcerpt = 200;
// The length of the part from which the quoted one is made.
constexpr size_t kLongestRead = 4096;

// Without the strings, which may be passwords.
std::string Excerpt(sql::Dialect dialect, std::string_view statement) {
  const std::string hidden = sql::HideLiterals(dialect, statement.substr(0, kLongestRead));
  std::string text = hidden.substr(0, kExcerpt);
  for (char& c : text) {
    if (c == '\n' || c == '\r' || c == '\t' || c == '\0') c = ' ';
  }
  // Do not cut inside a character.
  while (hidden.size() > kExcerpt && !text.empty() && (text.back() & 0xC0) == 0x80) {
    text.pop_back();
  }
  if (hidden.size() > kExcerpt || statement.size() > kLongestRead) text += "...";
  return text;
}

// The engine may have quoted the statement, too. The drivers of servers have hidden the strings
// already, and put the number of the error after the message.
absl::Status WithoutSecrets(sql::Dialect dialect, std::string_view statement,
                            const absl::Status& status) {
  std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value()) return status;
  if (dialect == sql::Dialect::kSqlite) {
    error->detail = sql::HideSecrets(dialect, error->detail);
  } else {
    error->detail = sql::HideSecretsOf(dialect, statement, error->detail);
    error->hint = sql::HideSecretsOf(dialect, statement, error->hint);
  }
  return errs::MakeStatus(*std::move(error));
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

}  // namespace

SqlDatabase::SqlDatabase(std::unique_ptr<SqlSession> session, SqlDialect dialect, Options options)
    : session_(std::move(session)),
      dialect_(std::move(dialect)),
      options_(std::move(options)),
      tables_(session_.get(), &dialect_, options_.clock) {}

SqlDatabase::~SqlDatabase() = default;

absl::Status SqlDatabase::Close() { return session_->Close(); }

ScriptOptions SqlDatabase::script_options() const {
  return {.dialect = options_.dialect,
          .begin = dialect_.begin,
          .wrap = options_.wrap,
          .quoting = options_.quoting};
}

absl::Status SqlDatabase::Lock(const base::Context& context, nanoseconds timeout) {
  if (locked_) return errs::UserError(kOp, errs::kLocked, "this connection holds the lock already");
  RETURN_IF_ERROR(session_->Lock(context, timeout));
  locked_ = true;
  tables_.SetLocked(true);
  return absl::OkStatus();
}

absl::Status SqlDatabase::Unlock(const base::Context& context) {
  if (!locked_) {
    return errs::UserError(kOp, errs::kLocked, "can't unlock, as not currently locked");
  }
  const absl::Status flushed = Flush(context);
  locked_ = false;
  tables_.SetLocked(false);
  const absl::Status unlocked = session_->Unlock(context);
  return flushed.ok() ? unlocked : flushed;
}

absl::StatusOr<State> SqlDatabase::Version(const base::Context& context) {
  RETURN_IF_ERROR(Flush(context));
  return tables_.ReadVersion(context);
}

absl::StatusOr<std::vector<HistoryRecord>> SqlDatabase::History(const base::Context& context) {
  RETURN_IF_ERROR(Flush(context));
  return tables_.ReadHistory(context);
}

base::Context SqlDatabase::Limited(const base::Context& context) const {
  if (options_.statement_timeout.count() <= 0) return context;
  const auto until = SteadyClock::now() + options_.statement_timeout;
  if (context.deadline().has_value() && *context.deadline() < until) return context;
  return context.WithDeadline(until);
}

absl::Status SqlDatabase::RunOne(const base::Context& context, const base::Context& limited,
                                 const Script& script, size_t index, bool undoable) {
  const Script::Statement& statement = script.statements[index];
  std::optional<size_t> at;
  absl::Status status = session_->RunStatement(limited, statement.text, at);
  if (status.ok() && undoable) status = limited.Check();
  if (status.ok()) return status;
  RETURN_IF_ERROR(context.Check());
  if (errs::Is(status, errs::kCancelled)) {
    status = errs::SystemError(
        kOp, errs::kDatabase,
        absl::StrCat("it took longer than x-statement-timeout, which is ",
                     base::FormatDuration(absl::FromChrono(options_.statement_timeout))));
  }
  if (undoable && session_->needs_no_transaction()) {
    status = errs::WithHint(status,
                            "the statement ends the transaction, or cannot run in one: begin the "
                            "file with the comment \"-- siphon: no-transaction\"");
  }
  QueryError error;
  error.file = script.name;
  error.statement = index + 1;
  error.statements = script.statements.size();
  error.query = Excerpt(options_.dialect, statement.text);
  error.line = statement.line;
  if (at.has_value()) {
    std::tie(error.line, error.column) = Place(script, statement.offset + *at);
  }
  return QueryFailed(error, WithoutSecrets(options_.dialect, statement.text, status));
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
  RETURN_IF_ERROR(tables_.Ensure(context));
  const absl::Status status = session_->Execute(
      context, absl::StrCat(dialect_.begin, "; ", tables_.VersionSql(state), "COMMIT"));
  if (!status.ok()) session_->Rollback();
  return status;
}

absl::Status SqlDatabase::Force(const base::Context& context, int64_t version) {
  RETURN_IF_ERROR(Flush(context));
  RETURN_IF_ERROR(tables_.Ensure(context));
  ASSIGN_OR_RETURN(const State state, Version(context));
  Step step;
  step.version = version;
  step.from = state.version;
  step.target = version;
  ASSIGN_OR_RETURN(const int64_t sequence, tables_.NextSequence(context));
  const absl::Status status = session_->Execute(
      context, absl::StrCat(dialect_.begin, "; ", tables_.VersionSql({version, false}),
                            tables_.InsertSql(step, "force", "done", nanoseconds(0), 0, sequence),
                            "COMMIT"));
  if (!status.ok()) session_->Rollback();
  return status;
}

absl::Status SqlDatabase::Drop(const base::Context& context) {
  RETURN_IF_ERROR(Flush(context));
  tables_.Forget();
  return session_->Drop(context);
}

absl::Status SqlDatabase::Apply(const base::Context& context, const Step& step) {
  RETURN_IF_ERROR(tables_.Ensure(context));
  const bool atomic = step.script == nullptr || step.script->atomic();
  if (!atomic) return ApplyInGroups(context, step);
  return dialect_.batch.count() > 0 ? ApplyInBatch(context, step) : ApplyAtomically(context, step);
}

absl::Status SqlDatabase::ApplyAtomically(const base::Context& context, const Step& step) {
  const bool own = step.script != nullptr && !step.script->groups.empty();
  const std::string begin = own ? step.script->groups[0].begin : dialect_.begin;
  return Retry(
      context, step, dialect_.tries, [&] { return TryAtomically(context, step, begin); },
      [] { return true; });
}

absl::Status SqlDatabase::Retry(const base::Context& context, const Step& step, int tries,
                                absl::FunctionRef<absl::Status()> attempt,
                                absl::FunctionRef<bool()> may_retry) const {
  for (int count = 1;; ++count) {
    const absl::Status status = attempt();
    if (!errs::Is(status, errs::kBusy) || count >= tries || !may_retry()) return status;
    if (count == 1) {
      context.Message("migrate", absl::StrCat("version ", step.version,
                                              " waits for another session's lock, without "
                                              "blocking other sessions"));
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
  ASSIGN_OR_RETURN(const int64_t sequence, tables_.NextSequence(context));
  tables_.Prepare(context);
  RETURN_IF_ERROR(tables_.Begin(context, absl::StrCat(begin, dialect_.begin_patiently), from));
  // DEALLOCATE ALL also removes siphon's prepared statements.
  if (count > 0 && absl::StrContainsIgnoreCase(step.script->body, "deallocate")) {
    tables_.ForgetPrepared();
  }
  const base::Context limited = Limited(context);
  for (size_t i = 0; i < count; ++i) {
    const absl::Status status = RunOne(context, limited, *step.script, i, true);
    if (status.ok()) continue;
    session_->Rollback();
    if (session_->undid()) return status;
    return RecordRemains(base::AfterStop(context).context(), step, sequence, status);
  }
  absl::Status status;
  // The effect of SET ROLE and similar statements ends with the migration.
  if (count > 0 && ChangesSession(*step.script)) status = session_->Reset(context);
  if (status.ok()) {
    status = session_->Execute(
        context, absl::StrCat(dialect_.commit_lazily, tables_.MoveSql(from, target),
                              tables_.InsertSql(step, DirectionName(step.direction), "done",
                                                SteadyClock::now() - began, count, sequence),
                              "COMMIT"));
  }
  if (status.ok()) {
    if (dialect_.commit_lazily.empty()) return status;
    if (!std::exchange(unsynced_, true)) batch_began_ = began;
    const bool due = SteadyClock::now() - batch_began_ >= dialect_.sync_interval;
    return due ? Flush(base::AfterStop(context).context()) : status;
  }
  session_->Rollback();
  if (!errs::Is(status, errs::kConnectionFailed)) return status;
  return errs::WithHint(status, "siphon migrate status shows whether this migration was applied");
}

absl::Status SqlDatabase::ApplyInBatch(const base::Context& context, const Step& step) {
  const auto began = SteadyClock::now();
  ASSIGN_OR_RETURN(const int64_t sequence, tables_.NextSequence(context));
  if (!batch_open_) {
    RETURN_IF_ERROR(tables_.Begin(context, dialect_.begin, {step.from, false}));
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
    status = session_->Execute(
        context, absl::StrCat(tables_.MoveSql({step.from, false}, {step.target, false}),
                              tables_.InsertSql(step, DirectionName(step.direction), "done",
                                                SteadyClock::now() - began, count, sequence),
                              "RELEASE siphon_step"));
  }
  if (!status.ok()) {
    const base::AfterStop after_stop(context);
    const base::Context& through = after_stop.context();
    // Some errors have already rolled back the transaction with the steps before.
    if (session_->Execute(through, "ROLLBACK TO siphon_step; RELEASE siphon_step").ok()) {
      RETURN_IF_ERROR(Flush(through));
    }
    session_->Rollback();
    batch_open_ = false;
    return status;
  }
  if (SteadyClock::now() - batch_began_ < dialect_.batch) return status;
  return Flush(base::AfterStop(context).context());
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
