// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/backup.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/prune.h"
#include "siphon/app/status.h"
#include "siphon/base/printable.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"
#include "siphon/cli/stream_writer.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/storage/output_store.h"
#include "siphon/domain/storage/store.h"

namespace siphon::cli {
namespace {

// The size of a dump, and that of its contents if they were made smaller.
std::string ShowSizes(uint64_t dump, uint64_t body) {
  const std::string shown = base::FormatSize(dump), whole = base::FormatSize(body);
  if (body <= dump || shown == whole) return shown;
  return absl::StrCat(shown, ", ", whole, " before compression");
}

class BackupCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("profile,--profile", source_, "Profile or database URL").TypeName("PROFILE");
    parser.AddListOption("--table", options_.tables, "Only these tables").TypeName("TABLE,...");
    parser.AddListOption("--exclude-table", options_.exclude_tables, "All tables except these")
        .TypeName("TABLE,...");
    parser
        .AddListOption("--exclude-data", options_.exclude_data,
                       "Only the definitions of these tables, without their rows")
        .TypeName("TABLE,...");
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
    parser.AddRepeatedOption("--tag", tags_, "Tag for the dump, to find it again; can be repeated")
        .TypeName("TAG");
    parser
        .AddOption("-o,--output", output_,
                   "Write the dump to this file (- for standard output) instead of the catalogue")
        .TypeName("FILE");
    Option incremental =
        parser.AddFlag("--incremental", incremental_,
                       "Only the changes since the newest dump of the profile (SQLite)");
    Option base = parser
                      .AddOption("--base", base_,
                                 "With --incremental, the changes since this dump: an ID or its "
                                 "first characters")
                      .TypeName("DUMP");
    base.Needs(incremental);
    Option all = parser.AddFlag("--all", all_, "Back up every profile, also after one has failed");
    const Option databases = parser.AddFlag(
        "--all-databases", all_databases_,
        "Back up every database on the server of the profile, each to a dump of its own");
    all.Excludes(databases);
    parser.AddFlag("--wait", wait_,
                   "Wait if another backup of the profile runs; without --wait that is an error");
    parser.AddFlag("--prune", prune_,
                   "After the backup, remove the dumps of the profile that no retention rule of "
                   "the configuration keeps");
    parser
        .AddOption("--metrics", metrics_,
                   "After the backup, write the numbers of 'siphon status' to this file, for "
                   "Prometheus' textfile collector")
        .TypeName("FILE");
    parser.Footer(
        "Examples:\n"
        "  siphon backup prod\n"
        "  siphon backup sqlite:///srv/app/app.db --compression 9\n"
        "  siphon backup prod --table users,orders --format sql\n"
        "  siphon backup prod --exclude-data sessions\n"
        "  siphon backup prod --incremental\n"
        "  siphon backup prod --prune\n"
        "  siphon backup --all --prune --wait\n"
        "  siphon backup prod --all-databases --with-globals\n"
        "  siphon backup prod --output - | ssh store 'cat > prod.dump'\n"
        "  id=$(siphon backup prod --quiet)");
  }

  absl::Status Run(Invocation& invocation) override {
    if (!all_) RETURN_IF_ERROR(RequireGiven(source_, "backup", "profile or database URL"));
    if (all_ && !source_.empty()) {
      return errs::UserError("backup", errs::kInvalidArgument,
                             "--all cannot be combined with a profile", "leave one of them out");
    }
    if (!output_.empty()) RETURN_IF_ERROR(CheckOutput(invocation));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    if (!output_.empty()) return RunToOutput(invocation, *session);
    const absl::Status status = all_             ? RunAll(invocation, *session)
                                : all_databases_ ? RunAllDatabases(invocation, *session)
                                                 : RunOnly(invocation, *session);
    // Also of a backup that failed: the age of the last dump is what an alert is about.
    if (!metrics_.empty()) WriteMetrics(invocation, *session);
    return status;
  }

 private:
  app::BackupRequest Request(const std::string& source) const {
    app::BackupRequest request;
    request.source = source;
    request.options = options_;
    if (compression_ >= 0) request.compression = compression_;
    if (jobs_ > 0) request.jobs = jobs_;
    request.tools = tools_;
    request.wait = wait_;
    request.incremental = incremental_;
    request.base = base_;
    request.tags.insert(tags_.begin(), tags_.end());
    return request;
  }

  absl::Status CheckOutput(const Invocation& invocation) const {
    const auto refuse = [](std::string_view detail, std::string_view hint) {
      return errs::UserError("backup", errs::kInvalidArgument, detail, hint);
    };
    if (all_ || all_databases_ || prune_ || wait_ || !metrics_.empty()) {
      return refuse(
          "--output cannot be combined with --all, --all-databases, --prune, --wait or --metrics",
          "they work on the catalogue; leave one of them out");
    }
    if (output_ != "-") return absl::OkStatus();
    if (invocation.env.out_is_terminal) {
      return refuse("standard output is a terminal, and the dump is binary",
                    "name a file with --output, or pipe the output into a program");
    }
    if (invocation.options.json) {
      return refuse("--json and the dump cannot both use standard output",
                    "name a file with --output");
    }
    return absl::OkStatus();
  }

  absl::Status RunToOutput(Invocation& invocation, app::Session& session) const {
    StreamWriter stream("backup", invocation.env.out);
    const std::unique_ptr<storage::Store> store = output_ == "-"
                                                      ? storage::MakeStreamOutput(&stream, ".dump")
                                                      : storage::MakeFileOutput(output_, ".dump");
    dumps::Catalog catalog(store.get(), invocation.env.clock, &session.encryption());
    app::BackupRequest request = Request(source_);
    request.output = &catalog;
    ASSIGN_OR_RETURN(const app::BackupResult result,
                     app::Backup(invocation.context, session, request));
    const std::string size = ShowSizes(result.sidecar.size_bytes, result.body_bytes);
    if (output_ == "-") {
      invocation.context.Message(
          "backup", absl::StrCat(result.location, ", ", size, ", ", result.sidecar.checksum));
      return absl::OkStatus();
    }
    Json json;
    json["path"] = result.location;
    json["size_bytes"] = result.sidecar.size_bytes;
    json["checksum"] = result.sidecar.checksum;
    json["body_bytes"] = result.body_bytes;
    json["elapsed_ms"] = Milliseconds(result.elapsed);
    invocation.output.Result(json, [&](std::ostream& out) {
      out << "wrote " << base::Printable(result.location) << ", " << size << ", "
          << result.sidecar.checksum << "\n";
    });
    return absl::OkStatus();
  }

  // Metrics that cannot be written are no error of the backup.
  void WriteMetrics(const Invocation& invocation, app::Session& session) const {
    absl::StatusOr<app::StatusResult> result = app::Status(invocation.context, session, {});
    absl::Status written = result.status();
    if (result.ok()) written = app::WriteMetrics(*result, metrics_);
    if (written.ok()) return;
    invocation.context.Warn("backup",
                            absl::StrCat("the metrics are not written: ", written.message()));
  }

  absl::Status RunOnly(const Invocation& invocation, app::Session& session) {
    Json json;
    std::string id;
    const absl::Status status = RunOne(invocation, session, source_, json, id);
    if (id.empty()) return status;
    invocation.output.Result(json, [&](std::ostream& out) { out << id << "\n"; });
    return status;
  }

  // Backs up one database. Fills in `json` and `id` once the dump is complete, also if the removal
  // of old dumps then fails.
  absl::Status RunOne(const Invocation& invocation, app::Session& session,
                      const std::string& source, Json& json, std::string& id) {
    ASSIGN_OR_RETURN(const app::BackupResult result,
                     app::Backup(invocation.context, session, Request(source)));
    id = result.sidecar.id;
    json = ToJson(result.sidecar);
    json["location"] = result.location;
    json["body_bytes"] = result.body_bytes;
    json["elapsed_ms"] = Milliseconds(result.elapsed);
    invocation.context.Message(
        "backup", absl::StrCat(result.location, ", ",
                               ShowSizes(result.sidecar.size_bytes, result.body_bytes)));
    return prune_ ? Prune(invocation, session, result.sidecar.profile, json) : absl::OkStatus();
  }

  // Backs up every profile of the configuration. One that fails does not prevent the others.
  absl::Status RunAll(const Invocation& invocation, app::Session& session) {
    std::set<std::string> profiles;
    for (const auto& [name, profile] : session.config().config.profiles) profiles.insert(name);
    for (const auto& [name, why] : session.config().unusable) profiles.insert(name);
    if (profiles.empty()) {
      return errs::UserError("backup", errs::kNotFound,
                             absl::StrCat("there are no profiles in ", session.config().path),
                             "add one with 'siphon profile add'");
    }
    return RunSeveral(invocation, session, {profiles.begin(), profiles.end()}, "profiles");
  }

  // Backs up every database of a server, the globals with the first one.
  absl::Status RunAllDatabases(const Invocation& invocation, app::Session& session) {
    ASSIGN_OR_RETURN(const std::vector<std::string> databases,
                     app::DatabasesOf(invocation.context, session, Request(source_)));
    return RunSeveral(invocation, session, databases, "databases");
  }

  // `what` is what the sources are, for messages.
  absl::Status RunSeveral(const Invocation& invocation, app::Session& session,
                          const std::vector<std::string>& sources, std::string_view what) {
    Json json;
    json["backups"] = Json::array();
    std::vector<std::string> ids;
    absl::Status first;
    size_t failed = 0;
    for (const std::string& profile : sources) {
      RETURN_IF_ERROR(invocation.context.Check());
      invocation.context.Message("backup", absl::StrCat("profile ", profile));
      Json entry = {{"profile", profile}};
      std::string id;
      const absl::Status status = RunOne(invocation, session, profile, entry, id);
      if (!id.empty()) {
        ids.push_back(id);
        if (all_databases_) options_.with_globals = false;
      }
      if (!status.ok()) {
        first.Update(status);
        ++failed;
        entry["error"] = ErrorToJson(status);
        invocation.context.Warn("backup", absl::StrCat(profile, ": ", status.message()));
      }
      json["backups"].push_back(std::move(entry));
    }
    invocation.output.Result(json, [&](std::ostream& out) {
      for (const std::string& id : ids) out << id << "\n";
    });
    if (failed == 0) return absl::OkStatus();
    if (invocation.output.json()) invocation.output.SetFailureShown();
    if (sources.size() == 1) return first;
    return errs::MakeStatus(
        {.op = "backup",
         .code = errs::Code::kPartial,
         .cause = errs::GetError(first).value_or(errs::Error{}).cause,
         .detail = absl::StrCat(failed, " of ", sources.size(), " ", what, " failed"),
         .hint = "the warnings name them and the causes"});
  }

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
        if (dump.verdict.keep() || !dump.removed.ok()) continue;
        json["pruned"].push_back(dump.sidecar.id);
        invocation.context.Message("backup", absl::StrCat("pruned ", dump.sidecar.id));
      }
      first.Update(app::PruneOutcome(*result, true));
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
  int jobs_ = 0;
  std::optional<profile::Tools> tools_;
  bool prune_ = false;
  bool wait_ = false;
  bool all_ = false, all_databases_ = false;
  bool incremental_ = false;
  std::string output_, metrics_, base_;
  std::vector<std::string> tags_;
};

}  // namespace

void DefineBackup(Parser& root, Selection& selection) {
  AddCommand<BackupCommand>(root, "backup", "Back up a database to the catalogue", selection);
}

}  // namespace siphon::cli
