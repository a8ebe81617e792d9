// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/migrator.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/after_stop.h"

namespace siphon::migrate {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kOp = "migrate";
// The time that the release of the lock may take.
constexpr std::chrono::seconds kUnlockLimit{10};

absl::Status Dirty(const State& state) {
  return errs::UserError(
      kOp, errs::kDirty,
      absl::StrCat("a migration to version ", StateText({state.version, false}),
                   " began and did not end"),
      "repair its effects and continue with: siphon migrate up --resume; or set the version of the "
      "database: siphon migrate force V");
}

}  // namespace

absl::Status Migrator::Locked(const base::Context& context,
                              const std::function<absl::Status()>& body) {
  RETURN_IF_ERROR(database_->Lock(context, options_.lock_timeout));
  const absl::Status status = body();
  // The lock must be released also after a stop.
  const base::AfterStop through(context);
  const absl::Status unlocked =
      database_->Unlock(through.context().WithDeadline(SteadyClock::now() + kUnlockLimit));
  RETURN_IF_ERROR(status);
  if (!errs::Is(unlocked, errs::kCancelled)) return unlocked;
  RETURN_IF_ERROR(context.Check());
  return errs::SystemError(kOp, errs::kConnectionFailed,
                           "the server does not answer the release of the lock",
                           "it releases the lock when it notices that the connection has ended");
}

absl::StatusOr<State> Migrator::CleanState(const base::Context& context) {
  ASSIGN_OR_RETURN(const State state, database_->Version(context));
  if (state.dirty) return Dirty(state);
  return state;
}

absl::StatusOr<std::shared_ptr<const Script>> Migrator::LoadScript(const Step& step) {
  const Migration* const migration = source_->Find(step.version);
  const std::optional<Migration::File>& file = migration->file(step.direction);
  if (!file.has_value()) return nullptr;
  ASSIGN_OR_RETURN(std::string body, source_->Read(*file));
  ASSIGN_OR_RETURN(std::unique_ptr<Script> script,
                   ParseScript(file->name, std::move(body), database_->script_options()));
  return std::shared_ptr<const Script>(std::move(script));
}

absl::Status Migrator::Load(std::vector<Step>& steps) {
  size_t kept = 0;
  for (Step& step : steps) {
    ASSIGN_OR_RETURN(step.script, LoadScript(step));
    if (step.script == nullptr) continue;
    kept += step.script->body.size();
    if (kept <= options_.memory) continue;
    // Keep only its digest.
    kept -= step.script->body.size();
    auto digest = std::make_shared<Script>();
    digest->name = step.script->name;
    digest->sha256 = step.script->sha256;
    step.script = std::move(digest);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Step>> Migrator::CheckHistory(const base::Context& context,
                                                         const State& state) {
  std::vector<Step> steps;
  ASSIGN_OR_RETURN(const std::vector<HistoryRecord> history, database_->History(context));
  if (history.empty()) return steps;
  ASSIGN_OR_RETURN(const std::vector<Review> reviews, ReviewAll(*source_, state, history));
  const std::vector<std::string> complaints = Complaints(reviews, options_.out_of_order);
  if (options_.verify && !complaints.empty()) {
    const bool late = std::any_of(reviews.begin(), reviews.end(), [](const Review& review) {
      return review.status == MigrationStatus::kOutOfOrder;
    });
    return errs::IntegrityError(
        kOp, absl::StrJoin(complaints, "; "),
        absl::StrCat(
            late && !options_.out_of_order
                ? "apply what was never applied: siphon migrate up --out-of-order; "
                : "",
            source_->migrations().empty() ? "name the folder of the migrations with --path; " : "",
            "correct the files, or continue without this check: --no-verify"));
  }
  for (const std::string& complaint : complaints) context.Warn(kOp, complaint);
  for (const Review& review : reviews) {
    if (!options_.out_of_order || review.status != MigrationStatus::kOutOfOrder) continue;
    Step step;
    step.version = review.version;
    step.from = state.version;
    step.target = state.version;
    step.title = review.title;
    steps.push_back(std::move(step));
  }
  return steps;
}

absl::StatusOr<Route> Migrator::LoadRoute(const base::Context& context, const State& state,
                                          const Goal& goal) {
  absl::StatusOr<Route> route = FindRoute(*source_, state.version, goal);
  if (route.ok()) RETURN_IF_ERROR(Load(route->steps));
  // Also where there is nothing to do, or no way without the files that are missing.
  absl::StatusOr<std::vector<Step>> late = CheckHistory(context, state);
  // Without the check, a history that cannot be read is no obstacle.
  if (!late.ok() && !options_.verify && !options_.out_of_order) return route;
  RETURN_IF_ERROR(late.status());
  if (late->empty()) return route;
  RETURN_IF_ERROR(Load(*late));
  if (!route.ok()) {
    if (!errs::Is(route.status(), errs::kNoChange)) return route;
    route = Route();
  }
  route->steps.insert(route->steps.begin(), std::make_move_iterator(late->begin()),
                      std::make_move_iterator(late->end()));
  return route;
}

absl::StatusOr<std::vector<Step>> Migrator::Plan(const base::Context& context, const Goal& goal) {
  ASSIGN_OR_RETURN(const State state, CleanState(context));
  ASSIGN_OR_RETURN(Route route, LoadRoute(context, state, goal));
  for (Step& step : route.steps) {
    if (step.script != nullptr && step.script->body.empty()) {
      ASSIGN_OR_RETURN(step.script, LoadScript(step));
    }
  }
  return std::move(route.steps);
}

absl::Status Migrator::Run(const base::Context& context, const Goal& goal,
                           std::vector<Step>& applied) {
  return Locked(context, [&] { return RunLocked(context, goal, applied); });
}

absl::Status Migrator::RunLocked(const base::Context& context, const Goal& goal,
                                 std::vector<Step>& applied) {
  ASSIGN_OR_RETURN(const State state, CleanState(context));
  ASSIGN_OR_RETURN(Route route, LoadRoute(context, state, goal));
  if (options_.before) RETURN_IF_ERROR(options_.before(route.steps));
  RETURN_IF_ERROR(ApplySteps(context, route.steps, applied));
  if (route.missing == 0) return absl::OkStatus();
  return errs::UserError(
      kOp, errs::kShortLimit,
      absl::StrCat(route.missing, " fewer migrations than asked for: there were only ",
                   route.steps.size()));
}

absl::Status Migrator::ApplySteps(const base::Context& context, std::vector<Step>& steps,
                                  std::vector<Step>& applied) {
  const base::AfterStop after_stop(context);
  const base::Context& through = after_stop.context();
  Waiting waiting;
  for (Step& step : steps) {
    const absl::Status stopped = context.Check();
    if (!stopped.ok()) {
      RETURN_IF_ERROR(Settle(through, waiting, applied));
      const std::optional<errs::Error> error = errs::GetError(stopped);
      return errs::MakeStatus(
          {.op = std::string(kOp),
           .code = error->code,
           .cause = error->cause,
           .detail = absl::StrCat(applied.size(), " of ", steps.size(),
                                  " migrations are applied; the database is at version ",
                                  StateText({step.from, false})),
           .hint = "repeat the command to continue"});
    }
    absl::Status status;
    if (step.script != nullptr && step.script->body.empty()) {
      const std::string digest = step.script->sha256;
      absl::StatusOr<std::shared_ptr<const Script>> script = LoadScript(step);
      status = script.status();
      if (script.ok()) step.script = *std::move(script);
      if (status.ok() && (step.script == nullptr || step.script->sha256 != digest)) {
        status = errs::UserError(kOp, errs::kInvalidArgument,
                                 absl::StrCat("version ", step.version,
                                              ": the file was changed after it was first read"),
                                 "nothing of the file was run; try again when it is complete");
      }
    }
    if (status.ok()) {
      if (options_.on_start) options_.on_start(step);
      const auto began = SteadyClock::now();
      status = database_->Apply(context, step);
      step.script = nullptr;  // Releases its memory.
      if (status.ok()) waiting.emplace_back(step, SteadyClock::now() - began);
    }
    if (!status.ok()) {
      Settle(through, waiting, applied, true).IgnoreError();
      return status;
    }
    // The version does not show whether a step out of order has survived, so it does not wait.
    if (!database_->unflushed() || step.from == step.target) {
      RETURN_IF_ERROR(Settle(through, waiting, applied));
    }
  }
  return Settle(through, waiting, applied);
}

absl::Status Migrator::Settle(const base::Context& context, Waiting& waiting,
                              std::vector<Step>& applied, bool failed) {
  const absl::Status flushed = database_->Flush(context);
  size_t standing = waiting.size();
  // After a failure the version table shows which steps survived.
  if (standing > 0 && (failed || !flushed.ok())) {
    ASSIGN_OR_RETURN(const State state, database_->Version(context));
    while (standing > 0 && (waiting[standing - 1].first.target != state.version ||
                            waiting[standing - 1].first.from == state.version)) {
      --standing;
    }
  }
  for (size_t i = 0; i < standing; ++i) {
    applied.push_back(waiting[i].first);
    if (options_.on_done) options_.on_done(waiting[i].first, waiting[i].second);
  }
  waiting.clear();
  return flushed;
}

absl::Status Migrator::Resume(const base::Context& context, std::vector<Step>& applied) {
  return Locked(context, [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const State state, database_->Version(context));
    if (!state.dirty) {
      return errs::UserError(kOp, errs::kNoChange,
                             absl::StrCat("the database is clean, at version ", StateText(state)));
    }
    ASSIGN_OR_RETURN(const std::vector<HistoryRecord> history, database_->History(context));
    if (history.empty() || history.back().target != state.version ||
        history.back().state == "done") {
      return errs::UserError(
          kOp, errs::kDirty,
          absl::StrCat("the history does not say how far the migration to version ",
                       StateText({state.version, false}), " got"),
          "repair the database by hand, then set its version: siphon migrate force V");
    }
    const HistoryRecord& record = history.back();
    Step step;
    step.direction = record.direction == "down" ? Direction::kDown : Direction::kUp;
    step.version = record.version;
    step.from = record.from;
    step.target = record.target;
    step.title = record.title;
    const Migration* const migration = source_->Find(step.version);
    if (migration == nullptr || !migration->file(step.direction).has_value()) {
      return errs::UserError(
          kOp, errs::kNotFound,
          absl::StrCat("the file of version ", step.version, " is not in ", source_->place()));
    }
    ASSIGN_OR_RETURN(step.script, LoadScript(step));
    if (options_.on_start) options_.on_start(step);
    const auto began = SteadyClock::now();
    RETURN_IF_ERROR(database_->Resume(context, step, options_.unknown_outcome));
    step.script = nullptr;
    applied.push_back(step);
    if (options_.on_done) options_.on_done(step, SteadyClock::now() - began);
    return absl::OkStatus();
  });
}

absl::Status Migrator::Force(const base::Context& context, int64_t version) {
  if (version < kNilVersion) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat("version ", version, " must be >= -1"),
                           "-1 means that no migration is applied");
  }
  return Locked(context, [&] { return database_->Force(context, version); });
}

absl::Status Migrator::Baseline(const base::Context& context, int64_t version) {
  if (source_->Find(version) == nullptr) {
    return errs::UserError(
        kOp, errs::kNotFound,
        absl::StrCat("no migration found for version ", version, " in ", source_->place()),
        "give the version of the last migration whose effects the database has");
  }
  return Locked(context, [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const State state, CleanState(context));
    if (state.version != kNilVersion) {
      return errs::UserError(
          kOp, errs::kAlreadyExists,
          absl::StrCat("the database has a version already: ", StateText(state)),
          "a baseline is for a database without one; siphon migrate force V sets another");
    }
    return database_->Force(context, version);
  });
}

absl::StatusOr<State> Migrator::Version(const base::Context& context) {
  ASSIGN_OR_RETURN(const State state, database_->Version(context));
  if (state.version == kNilVersion && !state.dirty) {
    return errs::UserError(kOp, errs::kNilVersion, "nothing has been applied to this database");
  }
  return state;
}

absl::Status Migrator::Drop(const base::Context& context) {
  return Locked(context, [&] { return database_->Drop(context); });
}

absl::StatusOr<std::vector<Review>> Migrator::Status(const base::Context& context, State& state) {
  ASSIGN_OR_RETURN(state, database_->Version(context));
  ASSIGN_OR_RETURN(const std::vector<HistoryRecord> history, database_->History(context));
  return ReviewAll(*source_, state, history);
}

}  // namespace siphon::migrate
