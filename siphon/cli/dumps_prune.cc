// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/prune.h"
#include "siphon/base/printable.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"
#include "siphon/cli/table.h"
#include "siphon/domain/dumps/retention.h"

namespace siphon::cli {
namespace {

constexpr std::string_view kOp = "dumps prune";

class DumpsPruneCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser
        .AddOption("--profile", request_.profile,
                   "Only dumps of this profile; without it each profile is pruned on its own")
        .TypeName("PROFILE");
    const auto count = [&](std::string_view names, int& value, std::string_view description) {
      parser.AddOption(names, value, description).TypeName("N").NonNegative();
    };
    count("--keep-last", rules_.keep_last, "Keep the last N dumps");
    parser.AddOption("--max-age", max_age_, "Keep dumps that are at most this old: 720h")
        .TypeName("DURATION");
    count("--gfs-daily", rules_.gfs_daily, "Keep the newest dump of each of the last N days");
    count("--gfs-weekly", rules_.gfs_weekly, "Keep the newest dump of each of the last N weeks");
    count("--gfs-monthly", rules_.gfs_monthly, "Keep the newest dump of each of the last N months");
    parser.AddFlag("--apply", request_.apply, "Remove the dumps; without it they are only listed");
    parser.Footer(
        "A dump stays if any rule keeps it. Days, weeks and months without a dump do not count.\n"
        "Rules given here replace those of the configuration (retention). Full, partial and\n"
        "imported dumps are counted apart, and the newest full dump always stays.\n"
        "\n"
        "Examples:\n"
        "  siphon dumps prune\n"
        "  siphon dumps prune --profile prod --keep-last 7 --gfs-weekly 4 --apply");
  }

  absl::Status Run(Invocation& invocation) override {
    if (!max_age_.empty()) {
      const absl::StatusOr<absl::Duration> age = base::ParseDuration(max_age_);
      if (!age.ok() || *age < absl::ZeroDuration()) {
        return errs::UserError(kOp, errs::kInvalidArgument,
                               absl::StrCat("--max-age ", max_age_, " is not a duration"),
                               "write it as 720h or 90m");
      }
      rules_.max_age = *age;
    }
    if (!rules_.empty()) request_.rules = rules_;
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::PruneResult result,
                     app::Prune(invocation.context, *session, request_));
    if (!result.has_rules && !result.dumps.empty()) {
      invocation.context.Warn("dumps",
                              "there are no rules, so every dump is kept: give one, such as"
                              " --keep-last 7, or set retention in the configuration");
    }
    invocation.output.Result(ToJson(result), [&](std::ostream& out) {
      if (result.dumps.empty()) {
        out << "no dumps in " << base::Printable(session->catalog().store().Description()) << "\n";
      } else {
        Print(result, invocation.env.out_columns, out);
      }
    });
    return Outcome(invocation, result);
  }

 private:
  Json ToJson(const app::PruneResult& result) const {
    Json json;
    json["applied"] = request_.apply;
    json["dumps"] = Json::array();
    for (const app::PrunedDump& dump : result.dumps) {
      Json entry = {{"id", dump.sidecar.id},
                    {"profile", dump.sidecar.profile},
                    {"keep", dump.verdict.keep},
                    {"reason", dump.verdict.reason},
                    {"size_bytes", dump.sidecar.size_bytes}};
      if (!dump.removed.ok()) entry["error"] = ErrorToJson(dump.removed);
      json["dumps"].push_back(std::move(entry));
    }
    return json;
  }

  std::string_view Action(const app::PrunedDump& dump) const {
    if (dump.verdict.keep) return "keep";
    if (!request_.apply) return "remove";
    return dump.removed.ok() ? "removed" : "failed";
  }

  void Print(const app::PruneResult& result, int width, std::ostream& out) const {
    std::vector<std::vector<std::string>> rows;
    int removed = 0;
    uint64_t bytes = 0;
    for (const app::PrunedDump& dump : result.dumps) {
      rows.push_back({std::string(Action(dump)), dump.sidecar.id, dump.sidecar.profile,
                      ShowKind(dump.sidecar.scope.kind), base::FormatSize(dump.sidecar.size_bytes),
                      dump.verdict.reason});
      if (dump.verdict.keep || !dump.removed.ok()) continue;
      ++removed;
      bytes += dump.sidecar.size_bytes;
    }
    out << FormatTable({{},
                        {.title = "ID"},
                        {.title = "PROFILE", .fit = Fit::kCut},
                        {.title = "KIND", .leave_out = 1},
                        {.title = "SIZE", .right = true, .leave_out = 2},
                        {.title = "REASON", .fit = Fit::kWrap}},
                       std::move(rows), width)
        << "\n"
        << (request_.apply ? "removed " : "to remove: ") << removed << " of " << result.dumps.size()
        << " dumps, " << base::FormatSize(bytes)
        << (request_.apply || removed == 0 ? "\n" : "; --apply removes them\n");
  }

  static absl::Status Outcome(const Invocation& invocation, const app::PruneResult& result) {
    int failed = 0;
    for (const app::PrunedDump& dump : result.dumps) {
      if (dump.removed.ok()) continue;
      ++failed;
      invocation.context.Warn("dumps", absl::StrCat(dump.sidecar.id, ": ", dump.removed.message()));
    }
    if (failed == 0) return absl::OkStatus();
    return errs::MakeStatus({.op = std::string(kOp),
                             .code = errs::Code::kPartial,
                             .cause = errs::kIo,
                             .detail = absl::StrCat(failed, " dumps could not be removed"),
                             .hint = "the warnings name the causes; run the command again"});
  }

  app::PruneRequest request_;
  dumps::Retention rules_;
  std::string max_age_;
};

}  // namespace

void DefineDumpsPrune(Parser& dumps, Selection& selection) {
  AddCommand<DumpsPruneCommand>(dumps, "prune", "Remove dumps that no rule keeps", selection);
}

}  // namespace siphon::cli
