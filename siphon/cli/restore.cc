// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/restore.h"

#include <optional>
#include <string>

#include "errs/status_macros.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"

namespace siphon::cli {
namespace {

class RestoreCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("dump-id,--dump", id_, "The dump to restore").TypeName("DUMP");
    parser
        .AddOption("--profile", target_,
                   "Where to restore: profile or database URL (default: where "
                   "the dump came from)")
        .TypeName("PROFILE");
    parser.AddListOption("--table", options_.tables, "Only these tables");
    Option schema = parser.AddFlag("--schema-only", options_.schema_only, "Definitions, no rows");
    const Option data = parser.AddFlag("--data-only", options_.data_only, "Rows, no definitions");
    schema.Excludes(data);
    parser.AddFlag("--clean", options_.clean,
                   "Replace what is there; without it a target that is not empty "
                   "is refused");
    parser
        .AddOption("--create", options_.create,
                   "Restore into a new database of this name on the profile's server")
        .TypeName("NAME");
    parser.AddFlag("--no-owner", options_.no_owner, "Leave out who owns what");
    parser.AddFlag("--no-acl", options_.no_acl, "Leave out grants");
    AddDefinerOption(parser, options_.definer);
    parser.AddFlag(
        "--in-place", options_.in_place,
        "Load into the target itself, not beside it first: a failure leaves a part of the "
        "dump there");
    parser.AddFlag("--with-globals", options_.with_globals,
                   "Also roles and tablespaces, where the dump has them");
    Option single = parser.AddFlag("--single-transaction", single_,
                                   "All in one transaction (the default where the engine can)");
    const Option several = parser.AddFlag("--no-single-transaction", several_,
                                          "Not so: what was restored before an error stays");
    single.Excludes(several);
    parser.AddOption("--jobs", options_.jobs, "Parallel jobs, where the engine has them")
        .TypeName("N")
        .InRange(1, 64);
    AddToolsOption(parser, tools_);
    parser.Footer(
        "The dump is verified to its last byte before the target is touched, "
        "and the target is\n"
        "the old or the new database, whole, whatever happens, but for --no-single-transaction,\n"
        "--in-place and several --jobs.\n"
        "\n"
        "Examples:\n"
        "  siphon restore 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --profile "
        "sqlite:///srv/app/copy.db\n"
        "  siphon restore 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --profile prod --clean\n"
        "  siphon restore 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --profile prod --table "
        "users --clean\n"
        "  siphon restore 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --profile prod --create shop_copy");
  }

  absl::Status Run(Invocation& invocation) override {
    app::RestoreRequest request;
    RETURN_IF_ERROR(RequireGiven(id_, "restore", "dump id"));
    request.id = id_;
    request.target = target_;
    request.options = options_;
    if (single_ || several_) request.options.single_transaction = single_;
    request.tools = tools_;
    request.assume_yes = invocation.options.yes;
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::RestoreResult result,
                     app::Restore(invocation.context, *session, request));
    Json json;
    json["id"] = result.sidecar.id;
    json["target"] = result.target;
    json["driver"] = result.sidecar.driver;
    if (!result.created.empty()) json["created"] = result.created;
    json["elapsed_ms"] = Milliseconds(result.elapsed);
    invocation.output.Result(json, [&](std::ostream& out) {
      out << "restored " << result.sidecar.id << " into " << result.target;
      if (!result.created.empty()) out << ", new database " << result.created;
      out << "\n";
    });
    return absl::OkStatus();
  }

 private:
  std::string id_, target_;
  verbs::RestoreOptions options_;
  bool single_ = false, several_ = false;
  std::optional<profile::Tools> tools_;
};

}  // namespace

void DefineRestore(Parser& root, Selection& selection) {
  AddCommand<RestoreCommand>(root, "restore", "Restore a dump into a database", selection);
}

}  // namespace siphon::cli
