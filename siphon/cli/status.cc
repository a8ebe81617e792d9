// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/status.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/clock.h"
#include "siphon/base/moment.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"
#include "siphon/cli/table.h"
#include "siphon/domain/dumps/health.h"
#include "siphon/domain/dumps/metrics.h"
#include "siphon/domain/dumps/notes.h"

namespace siphon::cli {
namespace {

constexpr std::string_view kOp = "status", kHealthOp = "health";

// Reads the value of --max-age into `request`; an empty one leaves its default.
absl::Status ReadMaxAge(std::string_view op, const std::string& text, app::StatusRequest& request) {
  if (text.empty()) return absl::OkStatus();
  const absl::StatusOr<absl::Duration> age = base::ParseDuration(text);
  if (!age.ok()) {
    return errs::UserError(op, errs::kInvalidArgument,
                           absl::StrCat("--max-age ", text, " is not a duration"),
                           "write it as 26h or 7d");
  }
  request.max_age = *age;
  return absl::OkStatus();
}

void AddStatusOptions(Parser& parser, app::StatusRequest& request, std::string& max_age) {
  parser.AddArguments("profile,--profile", request.profiles, "Only these profiles or database URLs")
      .TypeName("PROFILE");
  parser
      .AddOption("--max-age", max_age,
                 "Maximum age of the last full dump, such as 26h (the default) or 7d")
      .TypeName("DURATION");
}

class StatusCommand : public Command {
 public:
  void Define(Parser& parser) override {
    AddStatusOptions(parser, request_, max_age_);
    parser
        .AddOption("--metrics", metrics_,
                   "Also write the numbers to this file, for Prometheus' textfile collector")
        .TypeName("FILE");
    parser.Footer(
        "Exit codes for monitors: 0 ok; 1 warning: the last full dump failed its verification, "
        "but\n"
        "an older one is not too old, or a dump has no readable sidecar; 2 critical: no full "
        "dump,\n"
        "or the last one is too old; 3 unknown: the catalogue or the configuration cannot be "
        "read,\n"
        "or an option is wrong. Connects to no database.\n"
        "\n"
        "Examples:\n"
        "  siphon status\n"
        "  siphon status prod --max-age 7d --json\n"
        "  siphon status --metrics /var/lib/node_exporter/siphon.prom");
  }

  absl::Status Run(Invocation& invocation) override {
    const absl::StatusOr<app::StatusResult> result = Judge(invocation);
    if (!result.ok()) return AsUnknown(result.status());
    invocation.output.Result(ToJson(*result),
                             [&](std::ostream& out) { Print(*result, invocation.env, out); });
    for (const std::string& id : result->corrupt) {
      invocation.context.Warn(kOp, absl::StrCat("dump ", id, " has an invalid sidecar"));
    }
    if (result->health == dumps::Health::kOk) return absl::OkStatus();
    invocation.output.SetFailureShown();
    return errs::MakeStatus({.op = std::string(kOp),
                             .code = result->health == dumps::Health::kWarning
                                         ? errs::Code::kUser
                                         : errs::Code::kSystem,
                             .cause = errs::kNotFound,
                             .detail = std::string(dumps::HealthName(result->health)),
                             .hint = ""});
  }

 private:
  absl::StatusOr<app::StatusResult> Judge(Invocation& invocation) {
    RETURN_IF_ERROR(ReadMaxAge(kOp, max_age_, request_));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(app::StatusResult result, app::Status(invocation.context, *session, request_));
    if (!metrics_.empty()) RETURN_IF_ERROR(app::WriteMetrics(result, metrics_));
    return result;
  }

  Json ToJson(const app::StatusResult& result) const {
    Json json;
    json["state"] = dumps::HealthName(result.health);
    json["max_age_ms"] = Milliseconds(request_.max_age);
    json["profiles"] = Json::array();
    for (const dumps::ProfileReport& status : result.profiles) {
      const dumps::Report& report = status.report;
      Json entry = {{"profile", status.profile}, {"state", dumps::HealthName(report.health)}};
      if (!report.reason.empty()) entry["reason"] = report.reason;
      if (report.last_full.has_value()) {
        entry["last_full"] = {
            {"id", report.last_full->id},
            {"created", base::FormatRfc3339Nano(report.last_full->created, absl::UTCTimeZone())},
            {"size_bytes", report.last_full->size_bytes}};
      }
      if (report.last_verified.has_value()) {
        entry["last_verified"] = {
            {"id", report.last_verified_id},
            {"when", base::FormatRfc3339Nano(report.last_verified->when, absl::UTCTimeZone())},
            {"depth", dumps::DepthName(report.last_verified->depth)}};
      }
      json["profiles"].push_back(std::move(entry));
    }
    json["corrupt"] = result.corrupt;
    return json;
  }

  static void Print(const app::StatusResult& result, const Env& env, std::ostream& out) {
    const absl::Time now = env.clock->Now();
    std::vector<std::vector<std::string>> rows;
    for (const dumps::ProfileReport& status : result.profiles) {
      const dumps::Report& report = status.report;
      std::vector<std::string> row = {status.profile,
                                      std::string(dumps::HealthName(report.health))};
      if (report.last_full.has_value()) {
        row.push_back(absl::StrCat(base::FormatAge(now - report.last_full->created), " ago"));
        row.push_back(base::FormatSize(report.last_full->size_bytes));
      } else {
        row.emplace_back("never");
        row.emplace_back("-");
      }
      row.push_back(report.last_verified.has_value()
                        ? absl::StrCat(base::FormatAge(now - report.last_verified->when), " ago, ",
                                       dumps::DepthName(report.last_verified->depth))
                        : "never");
      row.push_back(report.reason);
      rows.push_back(std::move(row));
    }
    out << FormatTable({{.title = "PROFILE", .fit = Fit::kCut},
                        {.title = "STATE"},
                        {.title = "LAST FULL"},
                        {.title = "SIZE", .right = true, .leave_out = 2},
                        {.title = "VERIFIED", .leave_out = 1},
                        {.title = "REASON", .fit = Fit::kWrap}},
                       std::move(rows), env.out_columns);
  }

  app::StatusRequest request_;
  std::string max_age_, metrics_;
};

// The same judgement as `status`, for health checks that know only 0 and 1.
class HealthCommand : public Command {
 public:
  void Define(Parser& parser) override {
    AddStatusOptions(parser, request_, max_age_);
    parser.Footer(
        "For the health check of a container: exit code 0 is healthy, 1 is unhealthy. Unhealthy "
        "is\n"
        "the state critical or unknown of 'siphon status'. Connects to no database.\n"
        "\n"
        "Examples:\n"
        "  siphon health --max-age 26h\n"
        "  siphon health prod --max-age 7d");
  }

  absl::Status Run(Invocation& invocation) override {
    const absl::StatusOr<app::StatusResult> result = Judge(invocation);
    if (!result.ok()) return AsUnhealthy(result.status());
    std::vector<std::string> reasons;
    for (const dumps::ProfileReport& status : result->profiles) {
      if (status.report.reason.empty()) continue;
      reasons.push_back(absl::StrCat(status.profile, ": ", status.report.reason));
    }
    const bool healthy = result->health != dumps::Health::kCritical;
    Json json;
    json["healthy"] = healthy;
    json["state"] = dumps::HealthName(result->health);
    json["reasons"] = reasons;
    invocation.output.Result(json, [&](std::ostream& out) {
      out << (healthy ? "healthy" : "unhealthy");
      if (!reasons.empty()) out << ": " << absl::StrJoin(reasons, "; ");
      out << "\n";
    });
    if (healthy) return absl::OkStatus();
    invocation.output.SetFailureShown();
    return errs::UserError(kHealthOp, errs::kNotFound, "unhealthy");
  }

 private:
  absl::StatusOr<app::StatusResult> Judge(Invocation& invocation) {
    RETURN_IF_ERROR(ReadMaxAge(kHealthOp, max_age_, request_));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    return app::Status(invocation.context, *session, request_);
  }

  // `status` with exit code 1, unless it was interrupted.
  static absl::Status AsUnhealthy(const absl::Status& status) {
    errs::Error error = errs::GetError(status).value_or(errs::Error{});
    if (error.code == errs::Code::kCancelled || error.code == errs::Code::kTerminated) {
      return status;
    }
    error.code = errs::Code::kUser;
    return errs::MakeStatus(std::move(error));
  }

  app::StatusRequest request_;
  std::string max_age_;
};

}  // namespace

absl::Status AsUnknown(const absl::Status& status) {
  errs::Error error = errs::GetError(status).value_or(errs::Error{});
  if (error.code == errs::Code::kCancelled || error.code == errs::Code::kTerminated) {
    return status;
  }
  error.code = errs::Code::kIntegrity;
  return errs::MakeStatus(std::move(error));
}

void DefineStatus(Parser& root, Selection& selection) {
  AddCommand<StatusCommand>(root, std::string(kOp), "Show the age of the last dumps, for monitors",
                            selection);
  AddCommand<HealthCommand>(root, kHealthOp, "Check the age of the last dumps; exit code 0 or 1",
                            selection);
}

}  // namespace siphon::cli
