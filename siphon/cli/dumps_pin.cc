// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/dumps.h"
#include "siphon/base/moment.h"
#include "siphon/base/printable.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/dump_options.h"
#include "siphon/cli/json.h"
#include "siphon/domain/dumps/notes.h"

namespace siphon::cli {
namespace {

class DumpsPinCommand : public Command {
 public:
  void Define(Parser& parser) override {
    dump_.AddTo(parser);
    Option until =
        parser
            .AddOption(
                "--until", until_,
                "End of the pin: 2027-03-01, 2027-03-01T11:22:02Z; without it the pin has no "
                "end")
            .TypeName("TIME");
    const Option period =
        parser.AddOption("--for", for_, "End of the pin, from now on: 90d").TypeName("DURATION");
    until.Excludes(period);
    parser.AddOption("--reason", request_.reason, "Why the dump stays, for people")
        .TypeName("TEXT");
    parser.Footer(
        "Until its pin ends, 'dumps prune' and 'dumps rm' do not remove a dump. A new pin "
        "replaces\n"
        "the one before.\n"
        "\n"
        "Examples:\n"
        "  siphon dumps pin latest:prod --for 90d --reason \"before the upgrade\"\n"
        "  siphon dumps pin 01JD8ZK3X4Q2W5R6T7Y8V9B0NM");
  }

  absl::Status Run(Invocation& invocation) override {
    constexpr std::string_view kOp = "dumps pin";
    ASSIGN_OR_RETURN(request_.dump, dump_.Get(invocation, kOp));
    const absl::Time now = invocation.env.clock->Now();
    if (!until_.empty()) {
      ASSIGN_OR_RETURN(request_.until, base::ParseMoment("--until", until_, now));
    }
    if (!for_.empty()) {
      const absl::StatusOr<absl::Duration> period = base::ParseDuration(for_);
      if (!period.ok()) {
        return errs::UserError(kOp, errs::kInvalidArgument,
                               absl::StrCat("--for ", for_, " is not a duration"),
                               "write it as 90d or 720h");
      }
      request_.until = now + *period;
    }
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::PinResult result,
                     app::PinDump(invocation.context, *session, request_));
    Json json;
    json["id"] = result.id;
    json["pin"] = ToJson(*result.pin);
    invocation.output.Result(json, [&](std::ostream& out) {
      out << result.id << " is " << base::Printable(dumps::DescribePin(*result.pin)) << "\n";
    });
    return absl::OkStatus();
  }

 private:
  DumpOptions dump_;
  app::PinRequest request_;
  std::string until_, for_;
};

class DumpsUnpinCommand : public Command {
 public:
  void Define(Parser& parser) override {
    dump_.AddTo(parser);
    parser.Footer(
        "Examples:\n"
        "  siphon dumps unpin 01JD8ZK3X4Q2W5R6T7Y8V9B0NM");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(const dumps::Selector dump, dump_.Get(invocation, "dumps unpin"));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::PinResult result,
                     app::PinDump(invocation.context, *session, {.dump = dump, .pin = false}));
    Json json;
    json["id"] = result.id;
    json["pin"] = nullptr;
    invocation.output.Result(
        json, [&](std::ostream& out) { out << result.id << " is no longer pinned\n"; });
    return absl::OkStatus();
  }

 private:
  DumpOptions dump_;
};

}  // namespace

void DefineDumpsPin(Parser& dumps, Selection& selection) {
  AddCommand<DumpsPinCommand>(dumps, "pin", "Keep a dump from being removed", selection);
  AddCommand<DumpsUnpinCommand>(dumps, "unpin", "End the pin of a dump", selection);
}

}  // namespace siphon::cli
