// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/backup.h"

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/prune.h"
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
        .AddOption("--jobs", options_.jobs, "Number of parallel jobs, if the engine supports them")
        .TypeName("N")
        .InRange(1, 64);
    parser
        .AddOption("--compression", compression_,
                   "Compression, from 1 (fast, the default) to 9 (small), with zstd; 0 for none")
        .TypeName("N")
        .InRange(0, 9);
    AddToolsOption(parser, tools_);
    parser.AddRepeatedOption("--tag", tags_, "Tag for the dump, to find it again; can be repeated")
        .TypeName("TAG");
    parser.AddFlag("--prune", prune_,
                   "Then remove the dumps of the profile that no rule of the configuration keeps");
    parser.Footer(
        "Examples:\n"
        "  siphon backup prod\n"
        "  siphon backup sqlite:///srv/app/app.db --compression 9\n"
        "  siphon backup prod --table users,orders --format sql\n"
        "  siphon backup prod --exclude-data sessions\n"
        "  siphon backup prod --prune\n"
        "  id=$(siphon backup prod --quiet)");
  }

  absl::Status Run(Invocation& invocation) override {
    app::BackupRequest request;
    RETURN_IF_ERROR(RequireGiven(source_, "backup", "profile or database URL"));
    request.source = source_;
    request.options = options_;
    if (compression_ >= 0) request.compression = compression_;
    request.tools = tools_;
    request.tags.insert(tags_.begin(), tags_.end());
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
    const absl::Status pruned =
        prune_ ? Prune(invocation, *session, result.sidecar.profile, json) : absl::OkStatus();
    invocation.output.Result(json, [&](std::ostream& out) { out << result.sidecar.id << "\n"; });
    return pruned;
  }

 private:
  // The dump is complete, so an error here is one of a part of the work.
  static absl::Status Prune(const Invocation& invocation, app::Session& session,
                            const std::string& profile, Json& json) {
    const absl::StatusOr<app::PruneResult> result = app::Prune(
        invocation.context, session, {.profile = profile, .rules = std::nullopt, .apply = true});
    absl::Status first = result.status();
    json["pruned"] = Json::array();
    if (result.ok() && !result->has_rules) {
      invocation.context.Warn("backup",
                              "--prune has no effect: the configuration has no retention for this"
                              " profile");
    }
    if (result.ok()) {
      for (const app::PrunedDump& dump : result->dumps) {
        first.Update(dump.removed);
        if (dump.verdict.keep || !dump.removed.ok()) continue;
        json["pruned"].push_back(dump.sidecar.id);
        invocation.context.Message("backup", absl::StrCat("pruned ", dump.sidecar.id));
      }
    }
    if (first.ok()) return absl::OkStatus();
    return errs::MakeStatus({.op = "backup",
                             .code = errs::Code::kPartial,
                             .cause = errs::kIo,
                             .detail = absl::StrCat("the dump is complete, but not all old ones"
                                                    " could be removed: ",
                                                    first.message()),
                             .hint = "see 'siphon dumps prune'"});
  }

  std::string source_;
  verbs::BackupOptions options_;
  int compression_ = -1;
  std::optional<profile::Tools> tools_;
  bool prune_ = false;
  std::vector<std::string> tags_;
};

}  // namespace

void DefineBackup(Parser& root, Selection& selection) {
  AddCommand<BackupCommand>(root, "backup", "Back up a database to the catalogue", selection);
}

}  // namespace siphon::cli
