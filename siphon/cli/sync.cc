// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/sync.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/printable.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"

namespace siphon::cli {
namespace {

class SyncCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("from,--from", request_.from, "Source: profile or database URL")
        .TypeName("PROFILE");
    parser.AddOption("to,--to", request_.to, "Target: profile or database URL").TypeName("PROFILE");
    parser.AddListOption("--table", request_.tables, "Only these tables").TypeName("TABLE,...");
    parser.AddListOption("--exclude-table", request_.exclude_tables, "All tables except these")
        .TypeName("TABLE,...");
    parser
        .AddListOption("--exclude-data", request_.exclude_data,
                       "Only the definitions of these tables, without their rows")
        .TypeName("TABLE,...");
    Option schema =
        parser.AddFlag("--schema-only", request_.schema_only, "Definitions without rows");
    const Option data =
        parser.AddFlag("--data-only", request_.data_only, "Rows without definitions");
    schema.Excludes(data);
    parser.AddFlag("--clean", request_.clean,
                   "Replace the contents of the target; without --clean the target must be empty");
    parser.AddFlag("--no-owner", request_.no_owner, "Do not copy the owners of objects");
    parser.AddFlag("--no-acl", request_.no_acl, "Do not copy privileges (GRANT)");
    AddExcludeOption(parser, request_.exclude_objects);
    AddSearchPathOption(parser, request_.search_path);
    AddDefinerOption(parser, request_.definer);
    parser.AddFlag("--trust", request_.trust,
                   "Run all statements of the source's definitions; use it only for a source of "
                   "your own");
    parser.AddOption("--jobs", jobs_, "Number of parallel jobs, if the engine supports them")
        .TypeName("N")
        .InRange(1, 64);
    AddToolsOption(parser, request_.tools);
    parser.AddFlag("--stream", stream_, "Copy without a file on disk (always on)");
    parser.AddFlag(
        "--cross-engine", request_.cross_engine,
        "Between MySQL and MariaDB: leave out features that the target lacks, and list them");
    parser.AddFlag("--continuous", continuous_, "Not supported in this version");
    parser.Footer(
        "If the source fails, the target keeps its old contents. Even after a crash it holds "
        "either\n"
        "all of its old or all of its new contents.\n"
        "\n"
        "Examples:\n"
        "  siphon sync prod staging --clean\n"
        "  siphon sync sqlite:///srv/app/app.db sqlite:///srv/app/copy.db\n"
        "  siphon sync prod staging --clean --jobs 4\n"
        "  siphon sync prod staging --table users,orders --clean\n"
        "  siphon sync prod staging --exclude-data sessions,audit_log --clean\n"
        "  siphon sync mysql-prod mariadb-staging --cross-engine");
  }

  absl::Status Run(Invocation& invocation) override {
    RETURN_IF_ERROR(RequireGiven(request_.from, "sync", "source (profile or database URL)"));
    RETURN_IF_ERROR(RequireGiven(request_.to, "sync", "target (profile or database URL)"));
    RETURN_IF_ERROR(RefuseUnsupported());
    if (jobs_ > 0) request_.jobs = jobs_;
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
    json["jobs"] = result.jobs;
    if (!result.left_out.empty()) json["left_out"] = result.left_out;
    json["elapsed_ms"] = Milliseconds(result.elapsed);
    invocation.output.Result(json, [&](std::ostream& out) {
      out << "copied " << base::Printable(result.from) << " to " << base::Printable(result.to)
          << ", " << base::FormatSize(result.bytes) << "\n";
      WriteLeftOut(out, result.left_out);
    });
    return absl::OkStatus();
  }

 private:
  // Options of siphon (Go) that scripts of its users may contain.
  absl::Status RefuseUnsupported() const {
    const auto refuse = [](std::string_view option, std::string_view hint) {
      return errs::UserError("sync", errs::kInvalidArgument,
                             absl::StrCat(option, " is not supported in this version"), hint);
    };
    if (continuous_) return refuse("--continuous", "without it, sync copies the present state");
    if (!stream_)
      return refuse("--stream=false",
                    "to copy through a file, run 'siphon backup' and 'siphon restore'");
    return absl::OkStatus();
  }

  app::SyncRequest request_;
  int jobs_ = 0;
  bool stream_ = true;
  bool continuous_ = false;
};

}  // namespace

void DefineSync(Parser& root, Selection& selection) {
  AddCommand<SyncCommand>(root, "sync", "Copy a database into another without storing a dump",
                          selection);
}

}  // namespace siphon::cli
