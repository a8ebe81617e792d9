// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/verify.h"

#include <algorithm>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/dumps.h"
#include "siphon/app/notify.h"
#include "siphon/base/printable.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/dump_options.h"
#include "siphon/cli/json.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::cli {
namespace {

// The notifications of a verification of many dumps: one job for each profile, which fails if one
// of its dumps does.
class ProfileNotices {
 public:
  ProfileNotices(const Invocation& invocation, const app::Session& session)
      : invocation_(invocation), session_(session) {}

  void Start(const std::string& profile) {
    std::unique_ptr<app::JobNotice>& notice = notices_[profile];
    if (notice != nullptr) return;
    notice = std::make_unique<app::JobNotice>(invocation_.context, session_, "verify",
                                              std::vector<std::string>{profile});
  }
  void Record(const std::string& profile, const absl::Status& status) {
    results_[profile].Update(status);
  }
  // `stopped` is the result of profiles without a failure.
  void Finish(const absl::Status& stopped) {
    for (const auto& [profile, notice] : notices_) {
      results_[profile].Update(stopped);
      notice->Finish(results_[profile]);
    }
  }

 private:
  const Invocation& invocation_;
  const app::Session& session_;
  std::map<std::string, std::unique_ptr<app::JobNotice>> notices_;
  std::map<std::string, absl::Status> results_;
};

class VerifyCommand : public Command {
 public:
  void Define(Parser& parser) override {
    dump_.AddTo(parser);
    parser.AddFlag("--deep", request_.deep,
                   "Also parse the whole body, every row and block, and compare row counts");
    parser
        .AddOption(
            "--restore", request_.restore_on,
            "Also restore into a scratch database on this server, compare row counts and, if "
            "recorded, checksums, then drop the scratch database")
        .TypeName("PROFILE");
    parser.AddFlag("--trust", request_.trust,
                   "With --restore: run the dump's own code (functions, triggers) with your rights "
                   "at the server instead of none");
    Option all = parser.AddFlag("--all", all_, "Verify every dump, also after one has failed");
    const Option unverified =
        parser.AddFlag("--unverified", unverified_,
                       "Verify every dump that has not passed this kind of verification yet");
    all.Excludes(unverified);
    AddToolsOption(parser, request_.tools);
    parser.Footer(
        "Exit code 3 means that checksum, size, envelope or sidecar differ from what was "
        "recorded.\n"
        "\n"
        "Examples:\n"
        "  siphon verify 01JD8ZK3X4Q2W5R6T7Y8V9B0NM\n"
        "  siphon verify 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --deep --json\n"
        "  siphon verify latest:prod --restore staging\n"
        "  siphon verify --unverified --deep");
  }

  absl::Status Run(Invocation& invocation) override {
    if (all_ || unverified_) return RunAll(invocation);
    ASSIGN_OR_RETURN(request_.dump, dump_.Get(invocation, "verify"));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::VerifyResult result,
                     app::Verify(invocation.context, *session, request_));
    invocation.output.Result(ToJson(result), [&](std::ostream& out) { Print(result, out); });
    return absl::OkStatus();
  }

 private:
  // Verifies all dumps, or those without a verification of this depth that they passed. A dump that
  // fails does not prevent the verification of others.
  absl::Status RunAll(Invocation& invocation) {
    if (dump_.given()) {
      return errs::UserError("verify", errs::kInvalidArgument,
                             "--all and --unverified cannot be combined with a choice of one dump",
                             "leave one of them out");
    }
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const dumps::Listing listing, app::ListDumps(invocation.context, *session));
    const std::vector<Due> due = FindDue(listing);
    ProfileNotices notices(invocation, *session);
    // Also of profiles whose dumps need no verification: a monitor waits for their success.
    for (const dumps::Sidecar& dump : listing.dumps) notices.Start(dump.profile);
    if (!listing.corrupt.empty()) notices.Start("");
    request_.notify = false;
    Json json;
    json["verified"] = Json::array();
    std::ostringstream lines;
    std::vector<absl::Status> failures;
    absl::Status stopped;
    for (const auto& [id, profile] : due) {
      stopped = invocation.context.Check();
      if (!stopped.ok()) break;
      request_.dump = {.text = id};
      const absl::StatusOr<app::VerifyResult> result =
          app::Verify(invocation.context, *session, request_);
      notices.Record(profile, result.status());
      if (result.ok()) {
        json["verified"].push_back(ToJson(*result));
        Print(*result, lines);
        continue;
      }
      failures.push_back(result.status());
      json["verified"].push_back(
          {{"id", id}, {"ok", false}, {"error", ErrorToJson(result.status())}});
      lines << id << " failed: " << base::Printable(result.status().message()) << "\n";
    }
    notices.Finish(stopped);
    RETURN_IF_ERROR(stopped);
    invocation.output.Result(json, [&](std::ostream& out) {
      out << lines.str();
      if (due.empty()) out << "no dumps to verify\n";
    });
    if (invocation.output.json()) invocation.output.SetFailureShown();
    return Outcome(failures, due.size());
  }

  struct Due {
    std::string id;
    std::string profile;  // "" for a dump whose sidecar cannot be read.
  };
  // All dumps, or those without a verification of this depth that they passed.
  std::vector<Due> FindDue(const dumps::Listing& listing) const {
    std::vector<Due> due;
    for (const std::string& id : listing.corrupt) due.push_back({id, ""});
    for (const dumps::Sidecar& dump : listing.dumps) {
      const auto notes = listing.notes.find(dump.id);
      if (unverified_ && notes != listing.notes.end() && HasPassed(notes->second)) continue;
      due.push_back({dump.id, dump.profile});
    }
    return due;
  }

  // True if the last verification of the requested depth, or of a greater one, was passed.
  bool HasPassed(const dumps::Notes& notes) const {
    const dumps::Depth depth = app::DepthOf(request_);
    for (const dumps::Verified& verified : notes.verifications) {
      if (!verified.passed()) return false;
      if (verified.depth >= depth) return true;
    }
    return false;
  }

  // An error of integrity matters more than others.
  static absl::Status Outcome(const std::vector<absl::Status>& failures, size_t all) {
    if (failures.empty()) return absl::OkStatus();
    const auto worst = std::find_if(
        failures.begin(), failures.end(),
        [](const absl::Status& failure) { return errs::Is(failure, errs::kIntegrity); });
    const absl::Status& first = worst != failures.end() ? *worst : failures.front();
    const errs::Error error = errs::GetError(first).value_or(errs::Error{});
    return errs::MakeStatus(
        {.op = "verify",
         .code = error.code,
         .cause = error.cause,
         .detail = absl::StrCat(failures.size(), " of ", all, " dumps did not pass"),
         .hint = "the lines above name the dumps and the causes"});
  }

  static Json ToJson(const app::VerifyResult& result) {
    Json json;
    json["id"] = result.sidecar.id;
    json["ok"] = true;
    json["checksum"] = result.sidecar.checksum;
    json["size_bytes"] = result.sidecar.size_bytes;
    json["deep"] = result.deep;
    const bool compared = result.deep || !result.restored_on.empty();
    if (!result.restored_on.empty()) json["restored_on"] = result.restored_on;
    if (compared) json["tables_compared"] = result.tables_compared;
    if (result.checksums_compared > 0) json["checksums_compared"] = result.checksums_compared;
    if (!result.left_out.empty()) json["left_out"] = result.left_out;
    json["elapsed_ms"] = Milliseconds(result.elapsed);
    return json;
  }

  static void Print(const app::VerifyResult& result, std::ostream& out) {
    out << result.sidecar.id << " is intact: " << result.sidecar.checksum << ", "
        << base::FormatSize(result.sidecar.size_bytes) << "\n";
    if (result.deep) {
      out << base::Printable(result.deep_summary) << ", rows of " << result.tables_compared
          << " tables as recorded\n";
    }
    if (!result.restored_on.empty()) {
      out << "restored into a scratch database on " << base::Printable(result.restored_on)
          << ": rows of " << result.tables_compared << " tables as recorded";
      if (result.checksums_compared > 0) {
        out << ", checksums of " << result.checksums_compared;
      }
      out << "\n";
    }
    if (!result.left_out.empty()) {
      out << "not tried in the scratch database: "
          << base::Printable(absl::StrJoin(result.left_out, ", ")) << "\n";
    }
  }

  DumpOptions dump_;
  app::VerifyRequest request_;
  bool all_ = false, unverified_ = false;
};

}  // namespace

void DefineVerify(Parser& root, Selection& selection) {
  AddCommand<VerifyCommand>(root, "verify", "Check that a dump is intact", selection);
}

}  // namespace siphon::cli
