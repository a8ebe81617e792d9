// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/sql_database.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/after_stop.h"

namespace siphon::migrate {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::string_view kOp = "migrate";

}  // namespace

SqlDatabase::SqlDatabase(std::unique_ptr<SqlSession> session, SqlDialect dialect, Options options)
    : session_(std::move(session)),
      dialect_(std::move(dialect)),
      options_(std::move(options)),
      tables_(session_.get(), &dialect_, options_.clock),
      runner_(session_.get(), &dialect_, options_.dialect, options_.statement_timeout),
      grouped_(session_.get(), &dialect_, options_.dialect, &tables_, &runner_) {}

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

absl::Status SqlDatabase::Run(const base::Context& context, const Script& script) {
  RETURN_IF_ERROR(Flush(context));
  for (const Script::Group& group : script.groups) {
    if (!group.begin.empty()) RETURN_IF_ERROR(session_->Execute(context, group.begin));
    for (size_t i = group.first; i < group.first + group.count; ++i) {
      const absl::Status status =
          runner_.Run(context, runner_.Limited(context), script, i, !group.begin.empty());
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
  if (!atomic) {
    RETURN_IF_ERROR(Flush(context));
    return grouped_.Apply(context, step);
  }
  return dialect_.batch.count() > 0 ? ApplyInBatch(context, step) : ApplyAtomically(context, step);
}

absl::Status SqlDatabase::Resume(const base::Context& context, const Step& step,
                                 UnknownOutcome unknown_outcome) {
  RETURN_IF_ERROR(Flush(context));
  RETURN_IF_ERROR(tables_.Ensure(context));
  ASSIGN_OR_RETURN(const std::vector<HistoryRecord> history, History(context));
  if (history.empty() || history.back().state == "done" || step.script == nullptr) {
    return Database::Resume(context, step, unknown_outcome);
  }
  return grouped_.Resume(context, step, history.back(), unknown_outcome);
}

absl::Status SqlDatabase::ApplyAtomically(const base::Context& context, const Step& step) {
  const bool own = step.script != nullptr && !step.script->groups.empty();
  const std::string begin = own ? step.script->groups[0].begin : dialect_.begin;
  return runner_.Retry(
      context, step, dialect_.tries, [&] { return TryAtomically(context, step, begin); },
      [] { return true; });
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
  const base::Context limited = runner_.Limited(context);
  for (size_t i = 0; i < count; ++i) {
    const absl::Status status = runner_.Run(context, limited, *step.script, i, true);
    if (status.ok()) continue;
    session_->Rollback();
    if (session_->undid()) return status;
    return grouped_.RecordRemains(base::AfterStop(context).context(), step, sequence, status);
  }
  absl::Status status;
  if (count > 0) status = runner_.ResetAfter(context, *step.script);
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
  const base::Context limited = runner_.Limited(context);
  absl::Status status = session_->Execute(context, "SAVEPOINT siphon_step");
  for (size_t i = 0; i < count && status.ok(); ++i) {
    status = runner_.Run(context, limited, *step.script, i, true);
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
