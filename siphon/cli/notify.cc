// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/notify.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/printable.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"
#include "siphon/cli/table.h"

namespace siphon::cli {
namespace {

constexpr std::string_view kOp = "notify test";

class NotifyTestCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("profile,--profile", profile_, "The profile that the test names")
        .TypeName("PROFILE");
    parser.Footer(
        "Sends a test to each entry of 'notify' in the configuration that is for the profile: to\n"
        "a webhook the event \"test\", to a check of Healthchecks a line for its log, which does "
        "not\n"
        "change its state.\n"
        "\n"
        "Examples:\n"
        "  siphon notify test prod");
  }

  absl::Status Run(Invocation& invocation) override {
    RETURN_IF_ERROR(RequireGiven(profile_, kOp, "profile"));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const std::vector<app::TestedNotification> tested,
                     app::TestNotifications(invocation.context, *session, profile_));
    Json json;
    json["notifications"] = Json::array();
    std::vector<std::vector<std::string>> rows;
    absl::Status first;
    size_t failed = 0;
    for (const app::TestedNotification& one : tested) {
      Json entry = {{"entry", one.place}, {"address", one.url}, {"ok", one.sent.ok()}};
      if (!one.sent.ok()) {
        first.Update(one.sent);
        ++failed;
        entry["error"] = ErrorToJson(one.sent);
      }
      json["notifications"].push_back(std::move(entry));
      rows.push_back(
          {one.place, one.url.empty() ? "-" : one.url, one.sent.ok() ? "sent" : "failed"});
    }
    invocation.output.Result(json, [&](std::ostream& out) {
      out << FormatTable(
          {{.title = "ENTRY"}, {.title = "ADDRESS", .fit = Fit::kCut}, {.title = "RESULT"}}, rows,
          invocation.env.out_columns);
    });
    if (failed == 0) return absl::OkStatus();
    if (invocation.output.json()) invocation.output.SetFailureShown();
    if (failed == 1) return first;
    for (const app::TestedNotification& one : tested) {
      if (one.sent.ok()) continue;
      invocation.context.Warn(kOp, absl::StrCat(one.place, ": ", one.sent.message()));
    }
    const errs::Error error = errs::GetError(first).value_or(errs::Error{});
    return errs::MakeStatus(
        {.op = std::string(kOp),
         .code = error.code,
         .cause = error.cause,
         .detail = absl::StrCat(failed, " of ", tested.size(), " notifications failed"),
         .hint = "the warnings name them and the causes"});
  }

 private:
  std::string profile_;
};

}  // namespace

void DefineNotify(Parser& root, Selection& selection) {
  Parser notify = root.AddCommand("notify", "Test the notifications of the configuration");
  notify.RequireCommand();
  notify.Footer(
      "Examples:\n"
      "  siphon notify test prod");
  AddCommand<NotifyTestCommand>(notify, "test", "Send a test to each entry for a profile",
                                selection);
}

}  // namespace siphon::cli
