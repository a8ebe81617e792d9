// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/restore.h"

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/dump_source.h"
#include "siphon/base/printable.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/dump_options.h"
#include "siphon/cli/input_reader.h"
#include "siphon/cli/json.h"

namespace siphon::cli {
namespace {

class RestoreCommand : public Command {
 public:
  void Define(Parser& parser) override {
    dump_.AddTo(parser, "dump-id,--dump");
    parser
        .AddOption("--profile", target_,
                   "Target: profile or database URL (default: the profile that was backed up)")
        .TypeName("PROFILE");
    parser.AddListOption("--table", options_.tables, "Only these tables").TypeName("TABLE,...");
    parser.AddListOption("--exclude-table", options_.exclude_tables, "All tables except these")
        .TypeName("TABLE,...");
    Option schema =
        parser.AddFlag("--schema-only", options_.schema_only, "Definitions without rows");
    const Option data =
        parser.AddFlag("--data-only", options_.data_only, "Rows without definitions");
    schema.Excludes(data);
    parser.AddFlag("--clean", options_.clean,
                   "Replace the contents of the target; without --clean the target must be empty");
    parser
        .AddOption(
            "--create", options_.create,
            "Create a database of this name on the server of the target, and restore into it")
        .TypeName("NAME");
    parser.AddFlag("--no-owner", options_.no_owner, "Do not restore the owners of objects");
    parser.AddFlag("--no-acl", options_.no_acl, "Do not restore privileges (GRANT)");
    AddExcludeOption(parser, options_.exclude_objects);
    AddSearchPathOption(parser, options_.search_path);
    AddDefinerOption(parser, options_.definer);
    parser.AddFlag(
        "--in-place", options_.in_place,
        "Load directly into the target, without a scratch database: after a failure the target "
        "holds part of the dump");
    parser.AddFlag("--trust", options_.trust,
                   "Run all statements of the dump; use it only for a dump of your own. Without "
                   "--trust, a restore runs only statements of a dump of one database");
    parser.AddFlag("--with-globals", options_.with_globals,
                   "Also restore roles and tablespaces, if the dump has them");
    Option single = parser.AddFlag("--single-transaction", single_,
                                   "Restore in one transaction (the default if the engine can)");
    const Option several =
        parser.AddFlag("--no-single-transaction", several_,
                       "Restore without a transaction: after an error, the restored part stays");
    single.Excludes(several);
    parser.AddOption("--jobs", jobs_, "Number of parallel jobs, if the engine supports them")
        .TypeName("N")
        .InRange(1, 64);
    AddToolsOption(parser, tools_);
    parser.Footer(
        "A dump that 'backup --output' wrote is restored from its file (a path with a '/', such "
        "as\n"
        "./prod.dump) or from standard input (-).\n"
        "The whole dump is verified before the target changes. With --table, a dump with an index\n"
        "is read only where the tables and the definitions are, and each piece is verified. Even\n"
        "after a crash the target holds either all of its old or all of its new contents, except\n"
        "with --no-single-transaction, --in-place or, for a dump without an index, --jobs above "
        "1.\n"
        "\n"
        "Examples:\n"
        "  siphon restore 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --profile "
        "sqlite:///srv/app/copy.db\n"
        "  siphon restore 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --profile prod --clean\n"
        "  siphon restore latest:prod --before 2026-03-01 --profile staging --clean\n"
        "  siphon restore 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --profile prod --table "
        "users --clean\n"
        "  siphon restore latest:prod --profile staging --exclude-table audit_log --clean\n"
        "  siphon restore 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --profile prod --create shop_copy\n"
        "  ssh store cat prod.dump | siphon restore - --profile copy");
  }

  absl::Status Run(Invocation& invocation) override {
    app::RestoreRequest request;
    ASSIGN_OR_RETURN(const std::optional<std::string> file, dump_.GetFile());
    if (!file.has_value()) {
      ASSIGN_OR_RETURN(request.dump, dump_.Get(invocation, "restore"));
    }
    request.target = target_;
    request.options = options_;
    if (jobs_ > 0) request.jobs = jobs_;
    if (single_ || several_) request.options.single_transaction = single_;
    request.tools = tools_;
    request.assume_yes = invocation.options.yes;
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    std::unique_ptr<app::DumpSource> source;
    if (file.has_value()) {
      ASSIGN_OR_RETURN(source, OpenFile(invocation, *file, &session->encryption()));
      request.source = source.get();
    }
    ASSIGN_OR_RETURN(const app::RestoreResult result,
                     app::Restore(invocation.context, *session, request));
    Json json;
    json["id"] = result.sidecar.id;
    json["target"] = result.target;
    json["driver"] = result.sidecar.driver;
    if (!result.created.empty()) json["created"] = result.created;
    if (!result.left_out.empty()) json["left_out"] = result.left_out;
    json["elapsed_ms"] = Milliseconds(result.elapsed);
    invocation.output.Result(json, [&](std::ostream& out) {
      out << "restored " << result.sidecar.id << " into " << base::Printable(result.target);
      if (!result.created.empty()) out << ", new database " << base::Printable(result.created);
      out << "\n";
      WriteLeftOut(out, result.left_out);
    });
    return absl::OkStatus();
  }

 private:
  static absl::StatusOr<std::unique_ptr<app::DumpSource>> OpenFile(
      const Invocation& invocation, const std::string& file, const dumps::Encryption* encryption) {
    if (file != "-") return app::FromFile(file, encryption);
    if (invocation.env.in_is_terminal) {
      return errs::UserError("restore", errs::kInvalidArgument, "standard input is a terminal",
                             "name a file, or pipe a dump to standard input");
    }
    return app::FromStream(std::make_unique<InputReader>("restore", invocation.env.in), encryption);
  }

  DumpOptions dump_;
  std::string target_;
  verbs::RestoreOptions options_;
  int jobs_ = 0;
  bool single_ = false, several_ = false;
  std::optional<profile::Tools> tools_;
};

}  // namespace

void DefineRestore(Parser& root, Selection& selection) {
  AddCommand<RestoreCommand>(root, "restore", "Restore a dump into a database", selection);
}

}  // namespace siphon::cli
