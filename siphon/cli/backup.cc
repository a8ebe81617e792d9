// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/backup.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"

namespace siphon::cli {
namespace {

class BackupCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("profile,--profile", source_, "Profile or database URL").TypeName("PROFILE");
    parser.AddListOption("--table", options_.tables, "Only these tables");
    parser.AddListOption("--exclude-table", options_.exclude_tables, "All tables except these");
    parser.AddListOption("--exclude-data", options_.exclude_data,
                         "Only the definitions of these tables, without their rows");
    Option schema =
        parser.AddFlag("--schema-only", options_.schema_only, "Definitions without rows");
    const Option data =
        parser.AddFlag("--data-only", options_.data_only, "Rows without definitions");
    schema.Excludes(data);
    parser.AddFlag("--no-owner", options_.no_owner, "Leave out the owners of objects");
    parser.AddFlag("--no-acl", options_.no_acl, "Leave out privileges (GRANT)");
    AddDefinerOption(parser, options_.definer);
    parser.AddFlag("--with-globals", options_.with_globals,
                   "Also save roles and tablespaces, in a file next to the dump");
    parser.AddFlag(
        "--checksums", options_.checksums,
        "Record a checksum of each table for `verify --restore`; reads each table twice");
    parser
        .AddOption(
            "--format", options_.format,
            "For SQLite: image (a copy of the database file, the default for a whole database) or "
            "sql (a script for sqlite3)")
        .TypeName("FORMAT");
    parser
        .AddOption(
            "--jobs", jobs_,
            "Number of parallel jobs, if the engine supports them; the default is the number "
            "of processors, at most 4")
        .TypeName("N")
        .InRange(1, 64);
    parser
        .AddOption("--compression", compression_,
                   "Compression, from 1 (fast, the default) to 9 (small), with zstd; 0 for none")
        .TypeName("N")
        .InRange(0, 9);
    AddToolsOption(parser, tools_);
    parser.Footer(
        "Examples:\n"
        "  siphon backup prod\n"
        "  siphon backup sqlite:///srv/app/app.db --compression 9\n"
        "  siphon backup prod --table users,orders --format sql\n"
        "  siphon backup prod --exclude-data sessions\n"
        "  id=$(siphon backup prod --quiet)");
  }

  absl::Status Run(Invocation& invocation) override {
    app::BackupRequest request;
    RETURN_IF_ERROR(RequireGiven(source_, "backup", "profile or database URL"));
    request.source = source_;
    request.options = options_;
    if (compression_ >= 0) request.compression = compression_;
    if (jobs_ > 0) request.jobs = jobs_;
    request.tools = tools_;
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::BackupResult result,
                     app::Backup(invocation.context, *session, request));
    Json json = ToJson(result.sidecar);
    json["location"] = result.location;
    json["body_bytes"] = result.body_bytes;
    json["elapsed_ms"] = Milliseconds(result.elapsed);
    invocation.context.Message(
        "backup", absl::StrCat(result.location, ", ", base::FormatSize(result.sidecar.size_bytes),
                               " of ", base::FormatSize(result.body_bytes)));
    invocation.output.Result(json, [&](std::ostream& out) { out << result.sidecar.id << "\n"; });
    return absl::OkStatus();
  }

 private:
  std::string source_;
  verbs::BackupOptions options_;
  int compression_ = -1;
  int jobs_ = 0;
  std::optional<profile::Tools> tools_;
};

}  // namespace

void DefineBackup(Parser& root, Selection& selection) {
  AddCommand<BackupCommand>(root, "backup", "Back up a database to the catalogue", selection);
}

}  // namespace siphon::cli
