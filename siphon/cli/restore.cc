// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/restore.h"

#include <string>

#include "errs/status_macros.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"

namespace siphon::cli {
namespace {

class RestoreCommand : public Command {
 public:
  void Define(CLI::App& app) override {
    app.add_option("dump-id,--dump", id_, "The dump to restore")->type_name("DUMP");
    app.add_option("--profile", target_,
                   "Where to restore: profile or database URL (default: where "
                   "the dump came from)")
        ->type_name("PROFILE");
    AddListOption(app, "--table", options_.tables, "Only these tables");
    auto* schema = app.add_flag("--schema-only", options_.schema_only, "Definitions, no rows");
    auto* data = app.add_flag("--data-only", options_.data_only, "Rows, no definitions");
    schema->excludes(data);
    app.add_flag("--clean", options_.clean,
                 "Replace what is there; without it a target that is not empty "
                 "is refused");
    app.footer(
        "The dump is verified to its last byte before the target is touched, "
        "and the target is\n"
        "the old or the new database, whole, whatever happens.\n"
        "\n"
        "Examples:\n"
        "  siphon restore 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --profile "
        "sqlite:///srv/app/copy.db\n"
        "  siphon restore 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --profile prod --clean\n"
        "  siphon restore 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --profile prod --table "
        "users --clean");
  }

  absl::Status Run(Invocation& invocation) override {
    app::RestoreRequest request;
    RETURN_IF_ERROR(RequireGiven(id_, "restore", "dump id"));
    request.id = id_;
    request.target = target_;
    request.options = options_;
    request.assume_yes = invocation.options.yes;
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::RestoreResult result,
                     app::Restore(invocation.context, *session, request));
    Json json;
    json["id"] = result.sidecar.id;
    json["target"] = result.target;
    json["driver"] = result.sidecar.driver;
    json["elapsed_ms"] = Milliseconds(result.elapsed);
    invocation.output.Result(json, [&](std::ostream& out) {
      out << "restored " << result.sidecar.id << " into " << result.target << "\n";
    });
    return absl::OkStatus();
  }

 private:
  std::string id_, target_;
  job::RestoreOptions options_;
};

}  // namespace

void DefineRestore(CLI::App& root, Selection& selection) {
  AddCommand<RestoreCommand>(root, "restore", "Restore a dump into a database", selection);
}

}  // namespace siphon::cli
