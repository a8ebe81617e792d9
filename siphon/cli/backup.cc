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
    parser.AddListOption("--exclude-table", options_.exclude_tables, "All tables but these");
    parser.AddListOption("--exclude-data", options_.exclude_data,
                         "Only the definition of these tables, not their rows");
    Option schema = parser.AddFlag("--schema-only", options_.schema_only, "Definitions, no rows");
    const Option data = parser.AddFlag("--data-only", options_.data_only, "Rows, no definitions");
    schema.Excludes(data);
    parser.AddFlag("--no-owner", options_.no_owner, "Leave out who owns what");
    parser.AddFlag("--no-acl", options_.no_acl, "Leave out grants");
    AddDefinerOption(parser, options_.definer);
    parser.AddFlag("--with-globals", options_.with_globals,
                   "Keep roles and tablespaces beside the dump");
    parser.AddFlag("--checksums", options_.checksums,
                   "Record the engine's checksum of each table, which `verify --restore` compares; "
                   "reads each table twice");
    parser
        .AddOption("--format", options_.format,
                   "sqlite: image (the database file, the default for a whole "
                   "database) or sql (a "
                   "script for sqlite3)")
        .TypeName("FORMAT");
    parser.AddOption("--jobs", options_.jobs, "Parallel jobs, where the engine has them")
        .TypeName("N")
        .InRange(1, 64);
    parser
        .AddOption("--compression", compression_,
                   "0: the body bare; 1 (fast, the default) to 9 (small): zstd")
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
  std::optional<profile::Tools> tools_;
};

}  // namespace

void DefineBackup(Parser& root, Selection& selection) {
  AddCommand<BackupCommand>(root, "backup", "Back a database up into the catalogue", selection);
}

}  // namespace siphon::cli
