// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/migrate.h"
#include "siphon/base/printable.h"
#include "siphon/cli/migrate_command.h"
#include "siphon/cli/table.h"

namespace siphon::cli {
namespace {

// The common part of `status` and `verify`; verify fails if files and database disagree.
class StatusCommand : public MigrateCommand {
 public:
  void Define(Parser& parser) override {
    ShowExamples(parser, "  siphon migrate status --path migrations --database prod");
  }
  absl::Status Run(Invocation& invocation) override { return Show(invocation, false); }

 protected:
  absl::Status Show(Invocation& invocation, bool verify) {
    InputReader reader("migrate", invocation.env.in);
    ASSIGN_OR_RETURN(const app::MigrateTarget target, Target(invocation, reader));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::MigrateStatus status,
                     app::ReviewMigrations(invocation.context, *session, target));
    if (verify) {
      std::vector<std::string> complaints = status.complaints;
      if (status.state.dirty) {
        complaints.push_back(
            absl::StrCat("the database is dirty at version ", status.state.version));
      }
      if (!complaints.empty()) {
        return errs::IntegrityError("migrate verify", absl::StrJoin(complaints, "; "),
                                    "see 'siphon migrate status' and 'siphon migrate history'");
      }
    }
    invocation.output.Result(ToJson(status), [&](std::ostream& out) {
      if (verify) {
        out << Count(status.reviews.size(), "migration")
            << (status.reviews.size() == 1 ? " agrees" : " agree")
            << " with the database, which is at version " << migrate::StateText(status.state)
            << "\n";
      } else {
        Print(status, invocation.env.out_columns, out);
      }
    });
    return absl::OkStatus();
  }

 private:
  static Json ToJson(const app::MigrateStatus& status) {
    Json json;
    json["database"] = status.profile;
    json["version"] = VersionJson(status.state.version);
    json["dirty"] = status.state.dirty;
    json["migrations"] = Json::array();
    for (const migrate::Review& review : status.reviews) {
      Json one;
      one["version"] = review.version;
      one["title"] = review.title;
      one["state"] = migrate::MigrationStatusName(review.status);
      one["up"] = review.has_up;
      one["down"] = review.has_down;
      one["applied"] = review.record.has_value() ? Json(review.record->started) : Json(nullptr);
      json["migrations"].push_back(one);
    }
    json["passed_over"] = status.passed_over;
    return json;
  }

  static void Print(const app::MigrateStatus& status, int width, std::ostream& out) {
    std::vector<std::vector<std::string>> rows;
    for (const migrate::Review& review : status.reviews) {
      std::string applied;
      if (review.record.has_value()) {
        applied = absl::StrCat(
            absl::StrReplaceAll(review.record->started.substr(0, 19), {{"T", " "}}), " UTC");
      }
      rows.push_back({absl::StrCat(review.version), review.title,
                      std::string(migrate::MigrationStatusName(review.status)), applied});
    }
    out << FormatTable({{.title = "VERSION", .right = true},
                        {.title = "TITLE", .fit = Fit::kCut},
                        {.title = "STATE"},
                        {.title = "APPLIED", .leave_out = 1}},
                       std::move(rows), width);
    out << "\ndatabase at version " << migrate::StateText(status.state) << "\n";
    for (const std::string& complaint : status.complaints) {
      out << WrapLine(base::Printable(complaint), width, 2);
    }
    for (const std::string& name : status.passed_over) {
      out << WrapLine(absl::StrCat("ignored, not a migration: ", base::Printable(name)), width, 2);
    }
  }
};

class VerifyMigrationsCommand : public StatusCommand {
 public:
  void Define(Parser& parser) override {
    ShowExamples(parser, "  siphon migrate verify --path migrations --database prod");
  }
  absl::Status Run(Invocation& invocation) override { return Show(invocation, true); }
};

class HistoryCommand : public MigrateCommand {
 public:
  void Define(Parser& parser) override {
    ShowExamples(parser, "  siphon migrate history --database prod");
  }
  absl::Status Run(Invocation& invocation) override {
    InputReader reader("migrate", invocation.env.in);
    ASSIGN_OR_RETURN(const app::MigrateTarget target, Target(invocation, reader));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const auto records,
                     app::MigrationHistory(invocation.context, *session, target));
    Json json;
    json["history"] = Json::array();
    for (const migrate::HistoryRecord& record : records) json["history"].push_back(ToJson(record));
    invocation.output.Result(json, [&](std::ostream& out) {
      std::vector<std::vector<std::string>> rows;
      bool all_done = true;
      for (const migrate::HistoryRecord& record : records) {
        if (record.state != "done") all_done = false;
        const std::string state = record.state == "done"
                                      ? record.state
                                      : absl::StrCat(record.state, ", ", record.done, " of ",
                                                     record.total, " statements done");
        rows.push_back({absl::StrReplaceAll(record.started.substr(0, 19), {{"T", " "}}),
                        record.direction, absl::StrCat(record.version), record.title, state,
                        absl::StrCat(record.duration_ms, "ms"), record.user});
      }
      out << FormatTable({{.title = "WHEN (UTC)"},
                          {.title = "WHAT"},
                          {.title = "VERSION", .right = true},
                          {.title = "TITLE", .fit = Fit::kCut, .leave_out = 1},
                          {.title = "STATE", .fit = all_done ? Fit::kWhole : Fit::kWrap},
                          {.title = "TIME", .right = true, .leave_out = 3},
                          {.title = "USER", .fit = Fit::kCut, .leave_out = 2}},
                         std::move(rows), invocation.env.out_columns);
    });
    return absl::OkStatus();
  }

 private:
  static Json ToJson(const migrate::HistoryRecord& record) {
    Json json;
    json["version"] = record.version;
    json["title"] = record.title;
    json["direction"] = record.direction;
    json["from"] = VersionJson(record.from);
    json["to"] = VersionJson(record.target);
    json["sha256"] = record.sha256;
    json["started"] = record.started;
    json["duration_ms"] = record.duration_ms;
    json["siphon"] = record.siphon;
    json["user"] = record.user;
    json["state"] = record.state;
    json["statements_done"] = record.done;
    json["statements"] = record.total;
    return json;
  }
};

}  // namespace

void DefineMigrateShow(Parser& migrate, Selection& selection,
                       const std::shared_ptr<TargetOptions>& options) {
  AddMigrate<StatusCommand>(migrate, "status", "Show applied and pending migrations", selection,
                            options);
  AddMigrate<HistoryCommand>(migrate, "history", "Show all migrations that ran, with time and user",
                             selection, options);
  AddMigrate<VerifyMigrationsCommand>(
      migrate, "verify",
      "Check that no applied file was changed or removed, and none added between them", selection,
      options);
}

}  // namespace siphon::cli
