// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/sync.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"

namespace siphon::cli {
namespace {

class SyncCommand : public Command {
 public:
  void Define(CLI::App& app) override {
    app.add_option("from,--from", request_.from, "Source: profile or database URL")
        ->type_name("PROFILE");
    app.add_option("to,--to", request_.to, "Target: profile or database URL")->type_name("PROFILE");
    AddListOption(app, "--table", request_.tables, "Only these tables");
    auto* schema = app.add_flag("--schema-only", request_.schema_only, "Definitions, no rows");
    auto* data = app.add_flag("--data-only", request_.data_only, "Rows, no definitions");
    schema->excludes(data);
    app.add_flag("--clean", request_.clean,
                 "Replace what is there; without it a target that is not empty is refused");
    app.add_flag("--no-owner", request_.no_owner, "Leave out who owns what");
    app.add_flag("--no-acl", request_.no_acl, "Leave out grants");
    AddDefinerOption(app, request_.definer);
    AddToolsOption(app, request_.tools);
    app.add_flag("--stream", stream_, "Always so: nothing is written to disk between");
    app.add_flag("--cross-engine", request_.cross_engine,
                 "Between MySQL and MariaDB: copy without what can't go over, which is listed");
    app.add_flag("--continuous", continuous_, "Not in this version");
    app.footer(
        "The target is the old or the new database, whole, whatever happens; where the source "
        "fails in\n"
        "the middle, it is as it was.\n"
        "\n"
        "Examples:\n"
        "  siphon sync prod staging --clean\n"
        "  siphon sync sqlite:///srv/app/app.db sqlite:///srv/app/copy.db\n"
        "  siphon sync prod staging --table users,orders --clean\n"
        "  siphon sync mysql-prod mariadb-staging --cross-engine");
  }

  absl::Status Run(Invocation& invocation) override {
    RETURN_IF_ERROR(RequireGiven(request_.from, "sync", "source (profile or database URL)"));
    RETURN_IF_ERROR(RequireGiven(request_.to, "sync", "target (profile or database URL)"));
    RETURN_IF_ERROR(RefuseWhatIsNotThere());
    request_.assume_yes = invocation.options.yes;
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::SyncResult result,
                     app::Sync(invocation.context, *session, request_));
    Json json;
    json["from"] = result.from;
    json["to"] = result.to;
    json["driver"] = result.driver;
    json["tables"] = result.tables;
    json["bytes"] = result.bytes;
    json["elapsed_ms"] = Milliseconds(result.elapsed);
    invocation.output.Result(json, [&](std::ostream& out) {
      out << "copied " << result.from << " to " << result.to << ", "
          << base::FormatSize(result.bytes) << "\n";
    });
    return absl::OkStatus();
  }

 private:
  // Of siphon (Go), whose users may have them in their scripts.
  absl::Status RefuseWhatIsNotThere() const {
    const auto refuse = [](std::string_view option, std::string_view hint) {
      return errs::UserError("sync", errs::kInvalidArgument,
                             absl::StrCat(option, " is not in this version"), hint);
    };
    if (continuous_) return refuse("--continuous", "leave it out to copy the present state");
    if (!stream_)
      return refuse("--stream=false", "`siphon backup` and `siphon restore` go by disk");
    return absl::OkStatus();
  }

  app::SyncRequest request_;
  bool stream_ = true;
  bool continuous_ = false;
};

}  // namespace

void DefineSync(CLI::App& root, Selection& selection) {
  AddCommand<SyncCommand>(root, "sync", "Copy a database into another, without a dump between",
                          selection);
}

}  // namespace siphon::cli
