// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/grouped_steps.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/after_stop.h"
#include "siphon/domain/sql/secrets.h"

namespace siphon::migrate {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kOp = "migrate";
constexpr std::string_view kStarted = "started";

std::string Join(std::string_view a, std::string_view b) {
  return a.empty() ? std::string(b) : absl::StrCat(a, "; ", b);
}

absl::Status AddHint(const absl::Status& status, std::string_view hint) {
  const std::optional<errs::Error> error = errs::GetError(status);
  return errs::WithHint(status, Join(error.has_value() ? error->hint : "", hint));
}

// "statement 2 of 3 (1_init.up.sql, line 7)".
std::string PlaceOf(const Script& script, size_t index) {
  return absl::StrCat("statement ", index + 1, " of ", script.statements.size(), " (", script.name,
                      ", line ", script.statements[index].line, ")");
}

}  // namespace

absl::Status GroupedSteps::Apply(const base::Context& context, const Step& step) {
  // A stop would leave the database dirty, so it waits.
  const base::AfterStop after_stop(context);
  const base::Context& through = after_stop.context();
  Progress progress;
  progress.expected = {step.target, true};
  progress.began = SteadyClock::now();
  ASSIGN_OR_RETURN(progress.sequence, tables_->NextSequence(context));
  RETURN_IF_ERROR(tables_->Begin(context, dialect_->begin, {step.from, false}));
  const absl::Status status = session_->Execute(
      through, absl::StrCat(tables_->VersionSql(progress.expected),
                            tables_->InsertSql(step, DirectionName(step.direction), "running",
                                               std::chrono::nanoseconds(0), 0, progress.sequence),
                            "COMMIT"));
  if (!status.ok()) {
    session_->Rollback();
    return status;
  }
  return RunGroups(through, step, progress, 0);
}

absl::Status GroupedSteps::RecordRemains(const base::Context& context, const Step& step,
                                         int64_t sequence, const absl::Status& failure) {
  const absl::Status recorded = session_->Execute(
      context, absl::StrCat(dialect_->begin, "; ", tables_->VersionSql({step.target, true}),
                            tables_->InsertSql(step, DirectionName(step.direction), kStarted,
                                               std::chrono::nanoseconds(0), 0, sequence),
                            "COMMIT"));
  if (!recorded.ok()) session_->Rollback();
  return AddHint(failure,
                 "changes of tables without transactions were not undone, so the version is dirty: "
                 "repair the tables by hand, then continue with: siphon migrate up --resume "
                 "--again, or --done");
}

absl::StatusOr<size_t> GroupedSteps::ResolveUnknownOutcome(const base::Context& context,
                                                           const Step& step,
                                                           const HistoryRecord& record,
                                                           UnknownOutcome unknown_outcome) {
  const Script& script = *step.script;
  const auto done = static_cast<size_t>(std::max<int64_t>(record.done, 0));
  const Script::Group* const group = script.GroupOf(done);
  // The statement was removed from the file.
  if (group == nullptr) return done;
  const bool alone = group->begin.empty();
  if (unknown_outcome == UnknownOutcome::kTreatAsDone) {
    if (record.state == kStarted) return group->first + group->count;
    if (alone) return done + 1;
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat(PlaceOf(script, done),
                                        " ran in a transaction that was undone, so it is not done"),
                           "continue with it: siphon migrate up --resume");
  }
  if (record.state != kStarted || unknown_outcome == UnknownOutcome::kRunAgain) return done;
  const std::string place = PlaceOf(script, done);
  if (alone && group->count == 1 && !record.before.empty() &&
      HasDigest(script.body, record.sha256)) {
    if (record.before == SqlSession::kRepeatable) {
      context.Message("migrate", absl::StrCat(place, " is run again"));
      return done;
    }
    ASSIGN_OR_RETURN(const std::string now,
                     session_->Fingerprint(context, script.statements[done].text));
    if (!now.empty()) {
      const bool was_done = now != record.before;
      context.Message("migrate", absl::StrCat(place, was_done ? " was done" : " was not done",
                                              ", as the database shows"));
      return was_done ? group->first + group->count : done;
    }
  }
  return errs::UserError(
      kOp, errs::kDirty,
      absl::StrCat(place, " began, and siphon ended before its outcome was known: ",
                   sql::HideLiterals(language_, script.statements[done].text.substr(0, 200))),
      "check the database; if the statement took effect: siphon migrate up --resume --done; if "
      "not: "
      "siphon migrate up --resume --again");
}

absl::Status GroupedSteps::Resume(const base::Context& context, const Step& step,
                                  const HistoryRecord& record, UnknownOutcome unknown_outcome) {
  const auto done = static_cast<size_t>(std::max<int64_t>(record.done, 0));
  if (done > step.script->statements.size() ||
      (done > 0 && !HasDigest(step.script->TextBefore(done), record.done_sha256))) {
    return errs::IntegrityError(
        kOp,
        absl::StrCat(step.script->name, ": the text before statement ", done + 1,
                     " was changed after it was run"),
        "undo the changes of completed statements; change only the statements after them");
  }
  // Replay first: it also sets the database (USE) for the fingerprint.
  RETURN_IF_ERROR(session_->Replay(context, *step.script, 0, done));
  ASSIGN_OR_RETURN(size_t from, ResolveUnknownOutcome(context, step, record, unknown_outcome));
  if (from > done) RETURN_IF_ERROR(session_->Replay(context, *step.script, done, from));
  const Script::Group* const group = step.script->GroupOf(from);
  if (from == done && group != nullptr && group->begin.empty()) {
    ASSIGN_OR_RETURN(const bool completed,
                     session_->Mend(context, step.script->statements[from].text));
    if (completed) ++from;
  }
  Progress progress;
  progress.expected = {step.target, true};
  progress.sequence = record.sequence;
  progress.began = SteadyClock::now() - std::chrono::milliseconds(record.duration_ms);
  return RunGroups(base::AfterStop(context).context(), step, progress, from);
}

absl::Status GroupedSteps::RunGroups(const base::Context& context, const Step& step,
                                     const Progress& progress, size_t from) {
  const Script& script = *step.script;
  absl::Status status;
  size_t done = from;
  for (const Script::Group& group : script.groups) {
    if (group.first + group.count <= done) continue;
    status = RunGroup(context, step, progress, group, done);
    if (!status.ok()) break;
  }
  const auto update = [&](std::string_view state) {
    return tables_->UpdateSql(script, state, SteadyClock::now() - progress.began, done,
                              progress.sequence);
  };
  if (!status.ok()) {
    // After a lost connection the outcome is not known, so "started" remains.
    if (tables_->has_history() && !errs::Is(status, errs::kConnectionFailed)) {
      session_
          ->Execute(context,
                    absl::StrCat(dialect_->begin, "; ",
                                 update(session_->undid() ? "failed" : kStarted), "COMMIT"))
          .IgnoreError();
    }
    return status;
  }
  RETURN_IF_ERROR(runner_->ResetAfter(context, script));
  RETURN_IF_ERROR(tables_->Begin(context, dialect_->begin, progress.expected));
  status = session_->Execute(
      context, absl::StrCat(tables_->VersionSql({step.target, false}), update("done"), "COMMIT"));
  if (!status.ok()) session_->Rollback();
  return status;
}

absl::Status GroupedSteps::RunGroup(const base::Context& context, const Step& step,
                                    const Progress& progress, const Script::Group& group,
                                    size_t& done) {
  const size_t first = std::max(done, group.first);
  const int tries = dialect_->retries_alone ? dialect_->tries : 1;
  const absl::Status status = runner_->Retry(
      context, step, tries, [&] { return TryGroup(context, step, progress, group, done); },
      [&] { return done <= first && session_->undid(); });
  if (status.ok()) return status;
  if (dialect_->records_starts && errs::Is(status, errs::kConnectionFailed)) {
    return AddHint(status, absl::StrCat("the version is dirty, and the outcome of ",
                                        PlaceOf(*step.script, first),
                                        " is not known: siphon migrate up --resume finds it out"));
  }
  if (!session_->undid()) {
    return AddHint(status,
                   "changes of tables without transactions were not undone, and the version is "
                   "dirty: repair the tables by hand, then: siphon migrate up --resume --again, or "
                   "--done");
  }
  return AddHint(status,
                 absl::StrCat(done == 1 ? "the statement before is"
                                        : absl::StrCat("the ", done, " statements before are"),
                              " done and the version is dirty; "
                              "correct the cause, then: siphon migrate up --resume"));
}

absl::Status GroupedSteps::RecordStart(const base::Context& context, const Step& step,
                                       const Progress& progress, size_t index) {
  const Script& script = *step.script;
  ASSIGN_OR_RETURN(const std::string before,
                   session_->Fingerprint(context, script.statements[index].text));
  const std::string state =
      before.empty() ? std::string(kStarted) : absl::StrCat(kStarted, " ", before);
  const absl::Status status = session_->Execute(
      context, absl::StrCat(dialect_->begin, "; ",
                            tables_->UpdateSql(script, state, SteadyClock::now() - progress.began,
                                               index, progress.sequence),
                            "COMMIT"));
  if (!status.ok()) session_->Rollback();
  return status;
}

absl::Status GroupedSteps::TryGroup(const base::Context& context, const Step& step,
                                    const Progress& progress, const Script::Group& group,
                                    size_t& done) {
  const bool alone = group.begin.empty();
  const size_t first = std::max(done, group.first);
  const size_t end = group.first + group.count;
  RETURN_IF_ERROR(tables_->Begin(context, group.begin, progress.expected));
  if (alone && dialect_->records_starts && tables_->has_history()) {
    RETURN_IF_ERROR(RecordStart(context, step, progress, first));
  }
  // LOCK TABLES again, as in the interrupted run.
  if (alone && first > group.first) {
    RETURN_IF_ERROR(
        runner_->Run(context, runner_->Limited(context), *step.script, group.first, false));
  }
  for (size_t i = first; i < end; ++i) {
    const absl::Status status =
        runner_->Run(context, runner_->Limited(context), *step.script, i, !alone);
    if (status.ok()) continue;
    session_->Rollback();
    if (alone) done = i;
    return status;
  }
  // A statement outside a transaction is done, even if recording it fails.
  if (alone) done = end;
  std::string sql = tables_->UpdateSql(*step.script, "running", SteadyClock::now() - progress.began,
                                       end, progress.sequence);
  if (alone && dialect_->records_starts) sql = absl::StrCat(dialect_->begin, "; ", sql, "COMMIT");
  if (!alone) sql += "COMMIT";
  if (!sql.empty()) {
    const absl::Status status = session_->Execute(context, sql);
    if (!status.ok()) {
      session_->Rollback();
      return status;
    }
  }
  done = end;
  return absl::OkStatus();
}

}  // namespace siphon::migrate
