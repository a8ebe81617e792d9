// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/restore.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/archive_reader.h"
#include "drivers/postgres/clean.h"
#include "drivers/postgres/commit_gate.h"
#include "drivers/postgres/globals.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/new_database.h"
#include "drivers/postgres/older_server.h"
#include "drivers/postgres/preflight.h"
#include "drivers/postgres/relations.h"
#include "drivers/postgres/restore_plan.h"
#include "drivers/postgres/statistics.h"
#include "drivers/postgres/tools.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"
#include "siphon/driver/toolbox.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.restore";
constexpr std::string_view kStage = "restore";
constexpr std::string_view kTool = "pg_restore";
constexpr std::string_view kOffsetVariable = "SIPHON_ARCHIVE_OFFSET";
constexpr std::chrono::seconds kCleanUpLimit{60};

// Makes the server notice a lost client, even while it builds an index.
constexpr char kNoticeLostClients[] =
    "SELECT pg_catalog.set_config('client_connection_check_interval', '2s', false)"
    " WHERE pg_catalog.version() LIKE '%linux%';\n";

class Restorer {
 public:
  Restorer(const base::Context& context, Session& session,
           const profile::ConnectionProfile& profile, const verbs::RestoreOptions& options,
           RestoreKind kind, base::Reader& body)
      : context_(context),
        session_(session),
        profile_(profile),
        options_(options),
        kind_(kind),
        body_(body),
        reader_(&body),
        application_(UniqueApplicationName(session.settings())) {}

  absl::Status Run() {
    RETURN_IF_ERROR(CheckTarget(context_, session_, options_));
    const std::optional<base::FileRegion> region = body_.region();
    ASSIGN_OR_RETURN(archive_, reader_.ReadHead(context_));
    RETURN_IF_ERROR(Plan());
    const bool parallel = options_.jobs > 1 && CanRunJobs(region);
    // Jobs commit one by one, so the whole body is checked before they begin.
    if (parallel) RETURN_IF_ERROR(ReadRest());
    Settings target = session_.settings();
    if (!options_.create.empty()) {
      RETURN_IF_ERROR(CreateDatabase(context_, session_, options_.create, archive_));
      target["dbname"] = options_.create;
    }
    const absl::Status status = parallel ? RunJobs(target, *region) : RunStream(target);
    return status.ok() ? status : CleanUp(status, parallel);
  }

 private:
  bool single_transaction() const { return options_.single_transaction.value_or(true); }
  bool replaces_chosen() const {
    return options_.clean && !plan_.chosen.empty() && options_.create.empty();
  }
  bool wipes() const { return options_.clean && plan_.whole && options_.create.empty(); }
  // --clean with an archive that is not known to be a whole database: pg_restore --clean drops the
  // objects of the archive. siphon drops relations itself, because pg_restore does not drop their
  // partitions and foreign keys.
  bool replaces_held() const {
    return options_.clean && !wipes() && !replaces_chosen() && !options_.data_only;
  }

  bool takes_statistics() const { return session_.server_major() >= kFirstWithStatistics; }

  void LeaveOutStatistics() {
    const size_t left_out = std::erase_if(
        plan_.entries, [](const ArchiveEntry* entry) { return entry->kind == kStatisticsKind; });
    if (left_out == 0 || kind_ == RestoreKind::kScratch) return;
    context_.Message(
        kStage,
        absl::StrCat("the planner's statistics are not restored, because PostgreSQL ",
                     session_.server_major(), " cannot take them; run ANALYZE after the restore"));
  }

  absl::Status Plan() {
    ASSIGN_OR_RETURN(plan_, PlanRestore(*archive_, options_));
    if (kind_ == RestoreKind::kScratch) KeepToTheDatabase(plan_);
    for (const std::string& remark : plan_.remarks) context_.Warn(kStage, remark);
    if (!takes_statistics()) LeaveOutStatistics();
    if (options_.with_globals) {
      const auto text = options_.attachments.find(std::string(kGlobalsName));
      if (text == options_.attachments.end()) {
        return errs::UserError(kOp, errs::kNotFound, "the dump has no globals",
                               "only a backup with --with-globals has them");
      }
      ASSIGN_OR_RETURN(globals_, ParseGlobals(text->second));
    }
    ASSIGN_OR_RETURN(findings_,
                     CheckNeeds(context_, session_, *archive_, plan_, options_, globals_.roles));
    for (const std::string& warning : findings_.warnings) context_.Warn(kStage, warning);
    ASSIGN_OR_RETURN(tool_,
                     driver::Toolbox::Pick(context_, kTool, profile_.tools,
                                           std::max(session_.server_major(), ToolMajor(*archive_)),
                                           profile_.environment));
    if (wipes()) {
      RETURN_IF_ERROR(TellWhatGoes());
      ASSIGN_OR_RETURN(const std::string owners,
                       KeepSchemasOfExtensions(context_, session_, plan_));
      if (!options_.no_owner) frame_.after = owners;
    }
    if (options_.data_only) {
      ASSIGN_OR_RETURN(frame_, FrameForRows(context_, session_, *archive_, plan_, options_.clean));
    } else if (replaces_chosen() || replaces_held()) {
      ASSIGN_OR_RETURN(frame_, FrameForRelations(context_, session_, *archive_, plan_.relations));
    }
    return absl::OkStatus();
  }

  // Warns about tables that --clean drops although the dump does not have them.
  absl::Status TellWhatGoes() {
    ASSIGN_OR_RETURN(const std::vector<Relation> relations, ReadRelations(context_, session_));
    std::unordered_set<std::string> kept;
    for (const ArchiveEntry& entry : archive_->entries) kept.insert(EntryName(*archive_, entry));
    std::vector<std::string> lost;
    for (const Relation& relation : relations) {
      std::string name = DisplayName(relation.schema, relation.name);
      if (relation.kind == 'r' && !kept.contains(name)) lost.push_back(std::move(name));
    }
    if (lost.empty()) return absl::OkStatus();
    const size_t count = lost.size();
    context_.Warn(kStage,
                  absl::StrCat("--clean also drops ", count, count == 1 ? " table" : " tables",
                               " that the dump does not hold: ", base::ListSome(lost)));
    return absl::OkStatus();
  }

  // Several jobs need the archive in a file, and a pg_restore that can skip the envelope in that
  // file.
  bool CanRunJobs(const std::optional<base::FileRegion>& region) const {
    if (region.has_value() && tool_.builtin) return true;
    context_.Warn(kStage,
                  region.has_value()
                      ? "the system's pg_restore cannot restore siphon's dumps with several jobs;"
                        " using one job"
                      : "several jobs need a dump in a local file; using one job");
    return false;
  }

  absl::Status ReadRest() {
    while (true) {
      ASSIGN_OR_RETURN(const std::optional<ArchiveReader::Piece> piece, reader_.Next(context_));
      if (!piece.has_value()) return absl::OkStatus();
    }
  }

  absl::StatusOr<ToolCall> Call(const Settings& target) const {
    ASSIGN_OR_RETURN(ToolCall call, CallTool(tool_, target, application_, profile_.environment));
    std::vector<std::string>& arguments = call.options.arguments;
    arguments.push_back("--format=custom");
    arguments.push_back("--exit-on-error");
    const bool scratch = kind_ == RestoreKind::kScratch;
    if (options_.no_owner || scratch) arguments.push_back("--no-owner");
    if (options_.no_acl || scratch) arguments.push_back("--no-privileges");
    if (findings_.without_tablespaces || scratch) arguments.push_back("--no-tablespaces");
    call.options.stage = std::string(kStage);
    return call;
  }

  // The SQL that pg_restore runs before everything else.
  std::string Before() const {
    std::string sql;
    if (session_.server_major() >= 14) sql = kNoticeLostClients;
    absl::StrAppend(&sql, globals_.roles_sql, "\n");
    if (wipes()) absl::StrAppend(&sql, WipeSql(ExtensionTables(plan_)));
    if (!replaces_held()) absl::StrAppend(&sql, frame_.before);
    return sql;
  }

  std::string Head() const {
    const int32_t id = UnusedId(*archive_);
    const std::string before =
        FormatEntry(archive_->header, {id, kCommandKind, "siphon prepares", Before()});
    // pg_restore --clean first runs the drop statements from the last entry to the first. It does
    // not add IF EXISTS to a statement that begins with a comment.
    const std::string drop = replaces_held() ? absl::StrCat("-- siphon\n", frame_.before) : "";
    const std::string after = FormatEntry(
        archive_->header, {id + 1, kCommandKind, "siphon finishes", frame_.after, drop});
    std::vector<std::string_view> entries = {before};
    for (const ArchiveEntry* entry : plan_.entries) entries.push_back(entry->raw);
    if (!frame_.after.empty() || !drop.empty()) entries.push_back(after);
    return FormatArchiveHead(*archive_, entries);
  }

  absl::Status RunStream(const Settings& target) {
    ASSIGN_OR_RETURN(ToolCall call, Call(target));
    call.options.in = driver::ToolRun::Stream::kPipe;
    std::unique_ptr<CommitGate> gate;
    if (single_transaction()) {
      call.options.arguments.push_back("--single-transaction");
      ASSIGN_OR_RETURN(gate, CommitGate::Create());
      call.options.inherit.push_back(gate->tool_end());
      call.options.environment[std::string(kCommitVariable)] = absl::StrCat(gate->tool_end());
    }
    if (replaces_held()) {
      call.options.arguments.push_back("--clean");
      call.options.arguments.push_back("--if-exists");
    }
    ASSIGN_OR_RETURN(const std::unique_ptr<driver::ToolRun> run,
                     driver::ToolRun::Start(context_, std::move(call.options)));
    if (gate != nullptr) gate->CloseToolEnd();
    RETURN_IF_ERROR(Feed(*run));
    RETURN_IF_ERROR(errs::WithOp(context_.Check(), kOp));
    // If pg_restore is gone, Wait() reports why.
    if (gate != nullptr) gate->Open().IgnoreError();
    return Committed(ExplainFailure(run->Wait()));
  }

  // Sends the planned entries to pg_restore and reads the body to its end.
  absl::Status Feed(driver::ToolRun& run) {
    std::unordered_set<const ArchiveEntry*> wanted(plan_.entries.begin(), plan_.entries.end());
    HoldingWriter writer(&run.in());
    RETURN_IF_ERROR(Handed(run, writer.Write(Head())));
    while (true) {
      ASSIGN_OR_RETURN(const std::optional<ArchiveReader::Piece> piece, reader_.Next(context_));
      if (!piece.has_value()) break;
      if (!wanted.contains(piece->entry)) continue;
      if (piece->first) {
        RETURN_IF_ERROR(Handed(run, writer.Write(FormatBlockHeader(*piece->entry))));
      }
      RETURN_IF_ERROR(Handed(run, writer.Write(piece->bytes)));
    }
    RETURN_IF_ERROR(errs::WithOp(context_.Check(), kOp));
    RETURN_IF_ERROR(Handed(run, writer.Finish()));
    run.CloseIn();
    return absl::OkStatus();
  }

  // If a write failed, pg_restore has ended; returns its failure.
  absl::Status Handed(driver::ToolRun& run, const absl::Status& written) {
    if (written.ok()) return written;
    RETURN_IF_ERROR(errs::WithOp(context_.Check(), kOp));
    run.CloseIn();
    RETURN_IF_ERROR(ExplainFailure(run.Wait()));
    return written;
  }

  // If the connection is lost during the commit, the outcome is unknown.
  absl::Status Committed(const absl::Status& status) {
    if (!single_transaction() || !errs::Is(status, errs::kConnectionFailed)) return status;
    std::optional<errs::Error> error = errs::GetError(status);
    error->hint = absl::StrCat(
        "the connection was lost during the commit; check whether the restore was committed before "
        "you"
        " try again; ",
        error->hint);
    return errs::MakeStatus(*std::move(error));
  }

  absl::Status RunJobs(const Settings& target, const base::FileRegion& region) {
    if (!globals_.roles_sql.empty()) {
      RETURN_IF_ERROR(session_.Execute(context_, globals_.roles_sql));
    }
    ASSIGN_OR_RETURN(ToolCall call, Call(target));
    call.options.environment[std::string(kOffsetVariable)] = absl::StrCat(region.offset);
    call.options.arguments.push_back(absl::StrCat("--jobs=", options_.jobs));
    // The jobs read the archive itself, which still holds the statistics.
    if (!takes_statistics() && tool_.version.major >= kFirstWithStatistics) {
      call.options.arguments.push_back("--no-statistics");
    }
    call.options.arguments.push_back(region.path);
    ASSIGN_OR_RETURN(const std::unique_ptr<driver::ToolRun> run,
                     driver::ToolRun::Start(context_, std::move(call.options)));
    return ExplainFailure(run->Wait());
  }

  absl::Status ExplainFailure(const absl::Status& ended) const {
    return ExplainOlderServer(ExplainToolFailure(ended), *archive_, session_.server_major());
  }

  // Restores the state of the target before the restore.
  absl::Status CleanUp(const absl::Status& status, bool parallel) {
    if (session_.broken()) return status;
    // The server may not have noticed yet that pg_restore has ended.
    EndSessions(session_, application_);
    if (options_.create.empty() && !parallel && single_transaction()) return status;
    absl::Status undone;
    if (!options_.create.empty()) {
      undone = DropDatabase(session_, options_.create);
    } else if (!options_.clean && !options_.data_only && options_.tables.empty()) {
      // The target was empty.
      const base::Context briefly =
          base::Context().WithDeadline(std::chrono::steady_clock::now() + kCleanUpLimit);
      undone = session_.Execute(briefly, absl::StrCat("BEGIN;", WipeSql({}), "COMMIT"));
    } else {
      undone = absl::UnknownError("it did not run in one transaction");
    }
    if (undone.ok()) return status;
    std::optional<errs::Error> error = errs::GetError(status);
    if (!error.has_value()) return status;
    error->code = errs::Code::kPartial;
    error->hint = absl::StrCat("the target holds a part of the dump: ", undone.message());
    return errs::MakeStatus(*std::move(error));
  }

  const base::Context& context_;
  Session& session_;
  const profile::ConnectionProfile& profile_;
  const verbs::RestoreOptions& options_;
  const RestoreKind kind_;
  base::Reader& body_;
  ArchiveReader reader_;
  const std::string application_;
  const Archive* archive_ = nullptr;
  RestorePlan plan_;
  Globals globals_;
  Findings findings_;
  Frame frame_;
  driver::Tool tool_;
};

absl::Status Contradiction(std::string_view a, std::string_view b, std::string_view why) {
  return errs::UserError(kOp, errs::kInvalidArgument,
                         absl::StrCat(a, " and ", b, " contradict each other"), why);
}

}  // namespace

absl::Status CheckOptions(const verbs::RestoreOptions& options) {
  if (options.schema_only && options.data_only) {
    return Contradiction("schema-only", "data-only", "");
  }
  if (!options.create.empty() && options.clean) {
    return Contradiction("--create", "--clean", "a new database has nothing to replace");
  }
  if (!options.create.empty() && options.data_only) {
    return Contradiction("--create", "--data-only", "a new database has no tables for the rows");
  }
  if (options.jobs <= 1) return absl::OkStatus();
  if (options.single_transaction.value_or(false)) {
    return Contradiction("--jobs", "--single-transaction", "each job has its own transaction");
  }
  if (options.clean) {
    return Contradiction(
        "--jobs", "--clean",
        "replacing needs a single transaction; restore into an empty database, or use"
        " --create");
  }
  if (!options.tables.empty() || options.schema_only || options.data_only) {
    return Contradiction("--jobs", "--table, --schema-only or --data-only",
                         "jobs restore a whole dump");
  }
  return absl::OkStatus();
}

absl::Status Restore(const base::Context& context, Session& session,
                     const profile::ConnectionProfile& profile,
                     const verbs::RestoreOptions& options, RestoreKind kind, base::Reader& body) {
  RETURN_IF_ERROR(CheckOptions(options));
  return Restorer(context, session, profile, options, kind, body).Run();
}

}  // namespace siphon::postgres
