// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/prune.h"
#include "siphon/base/printable.h"
#include "siphon/base/units.h"
#include "siphon/cli/chains.h"
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
    const auto count = [&](std::string_view name, int& value, std::string_view description) {
      counts_.push_back({name, &value, kNotGiven});
      parser.AddOption(name, counts_.back().given, description).TypeName("N").NonNegative();
    };
    count("--keep-last", rules_.keep_last, "Keep the last N dumps");
    parser.AddOption("--max-age", max_age_, "Keep dumps that are at most this old: 720h")
        .TypeName("DURATION");
    parser
        .AddOption("--keep-within", keep_within_,
                   "Keep dumps that are at most this much older than the newest one: 30d")
        .TypeName("DURATION");
    count("--gfs-hourly", rules_.gfs_hourly, "Keep the newest dump of each of the last N hours");
    count("--gfs-daily", rules_.gfs_daily, "Keep the newest dump of each of the last N days");
    count("--gfs-weekly", rules_.gfs_weekly, "Keep the newest dump of each of the last N weeks");
    count("--gfs-monthly", rules_.gfs_monthly, "Keep the newest dump of each of the last N months");
    count("--gfs-yearly", rules_.gfs_yearly, "Keep the newest dump of each of the last N years");
    parser
        .AddOption("--size-guard", size_guard_,
                   "Keep a dump while no newer one that stays has PERCENT of its size; 0: no guard")
        .TypeName("PERCENT")
        .InRange(0, 100);
    Option dry_run =
        parser.AddFlag("--dry-run", dry_run_, "Only list the dumps, with the reasons: the default");
    const Option apply = parser.AddFlag("--apply", request_.apply,
                                        "Remove the dumps; without it they are only listed");
    dry_run.Excludes(apply);
    parser.Footer(
        "A dump stays if any rule keeps it; 0 is no rule. Hours, days, weeks, months and years "
        "are\n"
        "those of UTC; those without a dump do not count. Rules given here replace those of the\n"
        "configuration (retention). Full, partial and imported dumps are counted apart. The "
        "newest\n"
        "full dump, the newest verified one, and pinned and locked dumps always stay. --verbose "
        "and\n"
        "--json show every reason of a dump. docs/retention.md has the rules in full.\n"
        "\n"
        "Examples:\n"
        "  siphon dumps prune\n"
        "  siphon dumps prune --profile prod --keep-last 7 --gfs-weekly 4 --apply");
  }

  absl::Status Run(Invocation& invocation) override {
    RETURN_IF_ERROR(ParseAge("--max-age", max_age_, rules_.max_age));
    RETURN_IF_ERROR(ParseAge("--keep-within", keep_within_, rules_.keep_within));
    RETURN_IF_ERROR(TakeCounts());
    if (!rules_.empty()) request_.rules = rules_;
    if (size_guard_ >= 0) request_.size_guard = size_guard_;
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
        Print(result, invocation, out);
      }
    });
    return Outcome(invocation, result);
  }

 private:
  static constexpr int kNotGiven = -1;
  // An option with the number of dumps that a rule keeps.
  struct Count {
    std::string_view name;
    int* rule;
    int given;
  };

  // Sets the rules of the options. Rules of 0 only are refused: the configuration's would take
  // effect, or none, and whoever asks to keep nothing expects something else.
  absl::Status TakeCounts() {
    std::vector<std::string> zeros;
    if (!max_age_.empty() && !rules_.max_age) zeros.push_back(absl::StrCat("--max-age ", max_age_));
    if (!keep_within_.empty() && !rules_.keep_within) {
      zeros.push_back(absl::StrCat("--keep-within ", keep_within_));
    }
    for (const Count& count : counts_) {
      if (count.given == 0) zeros.push_back(absl::StrCat(count.name, " 0"));
      if (count.given > 0) *count.rule = count.given;
    }
    if (zeros.empty() || !rules_.empty()) return absl::OkStatus();
    return errs::UserError(
        kOp, errs::kInvalidArgument,
        absl::StrCat(absl::StrJoin(zeros, ", "), zeros.size() == 1 ? " is" : " are",
                     " no rule, and no other is given"),
        "give a number above 0; without rules here, those of the configuration are used; 'siphon "
        "dumps rm' removes a single dump");
  }

  // 0 is no rule.
  static absl::Status ParseAge(std::string_view option, const std::string& text,
                               std::optional<absl::Duration>& out) {
    if (text.empty()) return absl::OkStatus();
    const absl::StatusOr<absl::Duration> age = base::ParseDuration(text);
    if (!age.ok() || *age < absl::ZeroDuration()) {
      return errs::UserError(kOp, errs::kInvalidArgument,
                             absl::StrCat(option, " ", text, " is not a duration"),
                             "write it as 720h or 90m");
    }
    if (*age > absl::ZeroDuration()) out = *age;
    return absl::OkStatus();
  }

  Json ToJson(const app::PruneResult& result) const {
    Json json;
    json["applied"] = request_.apply;
    json["dumps"] = Json::array();
    for (const app::PrunedDump& dump : result.dumps) {
      Json entry = {{"id", dump.sidecar.id},
                    {"profile", dump.sidecar.profile},
                    {"keep", dump.verdict.keep()},
                    {"reason", dump.verdict.reason()},
                    {"size_bytes", dump.sidecar.size_bytes}};
      entry["reasons"] = Json::array();
      for (const dumps::Reason& reason : dump.verdict.reasons) {
        entry["reasons"].push_back({{"rule", reason.rule}, {"text", reason.text}});
      }
      if (!dump.removed.ok()) entry["error"] = ErrorToJson(dump.removed);
      json["dumps"].push_back(std::move(entry));
    }
    return json;
  }

  std::string_view Action(const app::PrunedDump& dump) const {
    if (dump.verdict.keep()) return "keep";
    if (!request_.apply) return "remove";
    return dump.removed.ok() ? "removed" : "failed";
  }

  static std::string ShowReasons(const dumps::Verdict& verdict, bool all) {
    if (!all || !verdict.keep()) return std::string(verdict.reason());
    return absl::StrJoin(verdict.reasons, "; ", [](std::string* out, const dumps::Reason& reason) {
      out->append(reason.text);
    });
  }

  void Print(const app::PruneResult& result, const Invocation& invocation,
             std::ostream& out) const {
    std::vector<std::vector<std::string>> rows;
    int removed = 0;
    uint64_t bytes = 0;
    for (const app::PrunedDump& dump : result.dumps) {
      rows.push_back({std::string(Action(dump)), dump.sidecar.id, dump.sidecar.profile,
                      ShowKindOf(dump.sidecar), base::FormatSize(dump.sidecar.size_bytes),
                      ShowReasons(dump.verdict, invocation.options.verbose)});
      if (dump.verdict.keep() || !dump.removed.ok()) continue;
      ++removed;
      bytes += dump.sidecar.size_bytes;
    }
    out << FormatTable({{},
                        {.title = "ID"},
                        {.title = "PROFILE", .fit = Fit::kCut},
                        {.title = "KIND", .leave_out = 1},
                        {.title = "SIZE", .right = true, .leave_out = 2},
                        {.title = "REASON", .fit = Fit::kWrap}},
                       std::move(rows), invocation.env.out_columns)
        << "\n"
        << (request_.apply ? "removed " : "to remove: ") << removed << " of " << result.dumps.size()
        << " dumps, " << base::FormatSize(bytes)
        << (request_.apply || removed == 0 ? "\n" : "; --apply removes them\n");
  }

  absl::Status Outcome(const Invocation& invocation, const app::PruneResult& result) const {
    for (const app::PrunedDump& dump : result.dumps) {
      if (dump.removed.ok()) continue;
      invocation.context.Warn("dumps", absl::StrCat(dump.sidecar.id, ": ", dump.removed.message()));
    }
    return app::PruneOutcome(result, request_.apply);
  }

  app::PruneRequest request_;
  dumps::Retention rules_;
  std::deque<Count> counts_;  // The parser keeps pointers into it.
  std::string max_age_, keep_within_;
  int size_guard_ = -1;
  bool dry_run_ = false;
};

}  // namespace

void DefineDumpsPrune(Parser& dumps, Selection& selection) {
  AddCommand<DumpsPruneCommand>(dumps, "prune", "Remove dumps that no rule keeps", selection);
}

}  // namespace siphon::cli
