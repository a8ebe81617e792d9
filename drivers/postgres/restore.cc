// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/restore.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/archive_reader.h"
#include "drivers/postgres/archive_sql.h"
#include "drivers/postgres/clean.h"
#include "drivers/postgres/commit_gate.h"
#include "drivers/postgres/entry_names.h"
#include "drivers/postgres/exclude.h"
#include "drivers/postgres/failure_report.h"
#include "drivers/postgres/foreign_owners.h"
#include "drivers/postgres/function_path.h"
#include "drivers/postgres/globals.h"
#include "drivers/postgres/kept_rights.h"
#include "drivers/postgres/monetary_locale.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/new_database.h"
#include "drivers/postgres/older_server.h"
#include "drivers/postgres/plain_role.h"
#include "drivers/postgres/preflight.h"
#include "drivers/postgres/relations.h"
#include "drivers/postgres/restore_options.h"
#include "drivers/postgres/restore_plan.h"
#include "drivers/postgres/schemas.h"
#include "drivers/postgres/scratch_place.h"
#include "drivers/postgres/session_settings.h"
#include "drivers/postgres/statistics.h"
#include "drivers/postgres/tools.h"
#include "drivers/postgres/transaction_watch.h"
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
// A part of the built-in pg_restore's message for a dump that begins or ends a transaction
// (0012-transaction-control.patch).
constexpr std::string_view kEndedByDump = "the archive began or ended a transaction";
// pg_restore runs entries of this kind last.
constexpr std::string_view kLastKind = "EVENT TRIGGER";

class Restorer {
 public:
  Restorer(const base::Context& context, Session& session,
           const profile::ConnectionProfile& profile, const verbs::RestoreOptions& options,
           ScratchRestore* scratch, base::Reader& body)
      : context_(context),
        session_(session),
        profile_(profile),
        options_(options),
        scratch_(scratch),
        body_(body),
        reader_(&body),
        application_(UniqueApplicationName(session.settings())) {}

  absl::Status Run() {
    RETURN_IF_ERROR(CheckTarget(context_, session_, options_));
    const std::optional<base::FileRegion> region = body_.region();
    ASSIGN_OR_RETURN(archive_, ReadHeadWithNames(context_, session_, reader_));
    RETURN_IF_ERROR(Plan());
    const bool parallel = options_.jobs > 1 && CanRunJobs(region);
    // Jobs commit one by one, so the whole body is checked before they begin.
    if (parallel) RETURN_IF_ERROR(ReadRest());
    Settings target = session_.settings();
    if (!options_.create.empty()) RETURN_IF_ERROR(CreateTarget(target));
    const absl::Status status = parallel ? RunJobs(target, *region) : RunStream(target);
    return status.ok() ? status : CleanUp(status, parallel);
  }

  // The objects that Run() left out.
  std::vector<verbs::LeftOut> TakeLeftOut() { return std::move(left_out_); }

 private:
  ScratchPlace* place() const { return scratch_ == nullptr ? nullptr : scratch_->place; }
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
    if (left_out == 0 || scratch_ != nullptr) return;
    context_.Message(
        kStage,
        absl::StrCat("the planner's statistics are not restored, because PostgreSQL ",
                     session_.server_major(), " cannot take them; run ANALYZE after the restore"));
  }

  absl::Status LeaveOut() {
    ASSIGN_OR_RETURN(const TargetObjects target, ReadTargetObjects(context_, session_, options_));
    ASSIGN_OR_RETURN(left_out_, postgres::LeaveOut(*archive_, options_, target, plan_));
    reader_.LeaveOut(plan_.left_out_large_objects);
    if (scratch_ != nullptr) AddLeftOut(KeepToTheDatabase(*archive_, plan_));
    return absl::OkStatus();
  }

  void AddLeftOut(std::vector<verbs::LeftOut> more) {
    std::move(more.begin(), more.end(), std::back_inserter(left_out_));
  }

  absl::Status Plan() {
    ASSIGN_OR_RETURN(plan_, PlanRestore(*archive_, options_));
    RETURN_IF_ERROR(LeaveOut());
    for (const std::string& remark : plan_.remarks) context_.Warn(kStage, remark);
    if (!takes_statistics()) LeaveOutStatistics();
    ASSIGN_OR_RETURN(monetary_, TakeMonetaryLocale(context_, session_, *archive_));
    if (options_.with_globals) {
      const auto text = options_.attachments.find(std::string(kGlobalsName));
      if (text == options_.attachments.end()) {
        return errs::UserError(kOp, errs::kNotFound, "the dump has no globals",
                               "only a backup with --with-globals has them");
      }
      ASSIGN_OR_RETURN(globals_, ParseGlobals(text->second));
    }
    if (!options_.data_only) {
      ASSIGN_OR_RETURN(schemas_, AddMissingSchemas(context_, session_, *archive_, options_, plan_));
    }
    adapted_ = !schemas_.empty();
    ASSIGN_OR_RETURN(findings_,
                     CheckNeeds(context_, session_, *archive_, plan_, options_, globals_.roles));
    if (options_.create.empty()) {
      const size_t planned = plan_.entries.size();
      ASSIGN_OR_RETURN(const std::vector<std::string> warnings,
                       LeaveToOwners(context_, session_, *archive_, options_, plan_));
      for (const std::string& warning : warnings) context_.Warn(kStage, warning);
      adapted_ = adapted_ || plan_.entries.size() != planned;
    }
    for (const std::string& warning : findings_.warnings) context_.Warn(kStage, warning);
    ASSIGN_OR_RETURN(tool_,
                     driver::Toolbox::Pick(context_, kTool, profile_.tools,
                                           std::max(session_.server_major(), ToolMajor(*archive_)),
                                           profile_.environment));
    return PlanFrame();
  }

  // What runs before and after the entries of the plan.
  absl::Status PlanFrame() {
    if (wipes()) RETURN_IF_ERROR(TellWhatGoes());
    if (options_.create.empty() && !options_.data_only && !replaces_held()) {
      const size_t planned = plan_.entries.size();
      ASSIGN_OR_RETURN(const std::string owners,
                       KeepSchemas(context_, session_, *archive_, wipes(), plan_));
      adapted_ = adapted_ || plan_.entries.size() != planned;
      if (!options_.no_owner) frame_.after = owners;
    }
    if (options_.data_only) {
      ASSIGN_OR_RETURN(frame_, FrameForRows(context_, session_, *archive_, plan_, options_.clean));
    } else if (replaces_chosen() || replaces_held()) {
      if (replaces_held()) {
        RETURN_IF_ERROR(KeepOccupiedSchemas(context_, session_, *archive_, plan_));
      }
      ASSIGN_OR_RETURN(const std::optional<Replacement> replacement,
                       PlanReplacement(context_, session_, profile_, application_, *archive_, plan_,
                                       replaces_held()));
      ASSIGN_OR_RETURN(
          frame_, FrameForRelations(context_, session_, *archive_, plan_.relations, replacement));
      ASSIGN_OR_RETURN(const std::string separate,
                       SeparateSubscriptions(context_, session_, plan_));
      absl::StrAppend(&frame_.before, ForArchive(*archive_, separate));
      if (options_.no_acl) return absl::OkStatus();
      ASSIGN_OR_RETURN(const Frame defaults, SetDefaultPrivilegesAside(context_, session_));
      absl::StrAppend(&frame_.before, ForArchive(*archive_, defaults.before));
      absl::StrAppend(&frame_.after, ForArchive(*archive_, defaults.after));
    }
    return absl::OkStatus();
  }

  absl::Status CreateTarget(Settings& target) {
    if (place() == nullptr) {
      target["dbname"] = options_.create;
      return CreateDatabase(context_, session_, options_.create, archive_);
    }
    RETURN_IF_ERROR(place()->Create(context_, *archive_, plan_));
    AddLeftOut(KeepToPlainRole(*archive_, place()->facts(), plan_));
    target = place()->session().settings();
    return absl::OkStatus();
  }

  // Warns about tables that --clean drops although the dump does not have them, and about rights
  // that stay although the dump does not grant them.
  absl::Status TellWhatGoes() {
    ASSIGN_OR_RETURN(const std::vector<std::string> others,
                     RightsOfOthers(context_, session_, options_));
    if (!others.empty()) {
      context_.Warn(kStage, absl::StrCat("--clean keeps the rights in the target that the user"
                                         " may not change: ",
                                         base::ListSome(others)));
    }
    ASSIGN_OR_RETURN(absent_providers_, AbsentProviders(context_, session_));
    if (!absent_providers_.empty()) {
      context_.Warn(kStage, absl::StrCat("--clean keeps the security labels on schemas whose"
                                         " provider the server has not loaded: ",
                                         base::ListSome(absent_providers_)));
    }
    ASSIGN_OR_RETURN(const std::vector<Relation> relations, ReadRelations(context_, session_));
    std::unordered_set<std::string> kept;
    for (const ArchiveEntry* entry : plan_.entries) kept.insert(EntryName(*archive_, *entry));
    std::vector<std::string> lost;
    for (const Relation& relation : relations) {
      std::string name = DisplayName(relation.schema, relation.name);
      if (relation.kind == 'r' && !kept.contains(name)) lost.push_back(std::move(name));
    }
    if (lost.empty()) return absl::OkStatus();
    const size_t count = lost.size();
    context_.Warn(kStage, absl::StrCat("--clean also drops ", count,
                                       count == 1 ? " table that is" : " tables that are",
                                       " not restored: ", base::ListSome(lost)));
    return absl::OkStatus();
  }

  // Several jobs need the archive in a file, and a pg_restore that can skip the envelope in that
  // file, and a target that takes the archive as it is.
  bool CanRunJobs(const std::optional<base::FileRegion>& region) const {
    std::string_view why;
    if (!region.has_value()) {
      why = "several jobs need a dump in a local file";
    } else if (!tool_.builtin) {
      why = "the system's pg_restore cannot restore siphon's dumps with several jobs";
    } else if (adapted_) {
      why = "several jobs restore a dump unchanged, and this target needs changes";
    }
    if (why.empty()) return true;
    context_.Warn(kStage, absl::StrCat(why, "; using one job"));
    return false;
  }

  absl::Status ReadRest() {
    while (true) {
      ASSIGN_OR_RETURN(const std::optional<ArchiveReader::Piece> piece, reader_.Next(context_));
      if (!piece.has_value()) return absl::OkStatus();
    }
  }

  absl::StatusOr<ToolCall> Call(const Settings& target) {
    ASSIGN_OR_RETURN(ToolCall call, CallTool(tool_, target, application_, profile_.environment));
    std::vector<std::string>& arguments = call.options.arguments;
    arguments.push_back("--format=custom");
    arguments.push_back("--exit-on-error");
    const bool scratch = scratch_ != nullptr;
    if (options_.no_owner || scratch) arguments.push_back("--no-owner");
    if (options_.no_acl || scratch) arguments.push_back("--no-privileges");
    if (findings_.without_tablespaces || scratch) arguments.push_back("--no-tablespaces");
    call.options.stage = std::string(kStage);
    call.options.classify = [this](std::string_view line) { return failure_.Classify(line); };
    return call;
  }

  // The SQL that pg_restore runs before everything else.
  std::string Before() const {
    // pg_restore quotes the first line of a statement that fails; see ExplainFailure().
    std::string sql = "-- siphon prepares the target\n";
    absl::StrAppend(&sql, RestoreSettingsSql(session_.server_major()), SetMonetarySql(monetary_));
    if (watch_ != nullptr && !replaces_held()) absl::StrAppend(&sql, watch_->FirstSql());
    absl::StrAppend(&sql, ForArchive(*archive_, globals_.roles_sql), "\n");
    if (wipes()) absl::StrAppend(&sql, WipeSql(ExtensionTables(plan_)));
    absl::StrAppend(&sql, schemas_);
    if (wipes()) absl::StrAppend(&sql, ResetRightsSql(options_, absent_providers_));
    if (!replaces_held()) absl::StrAppend(&sql, frame_.before);
    return sql;
  }

  std::string Head() const {
    const int32_t id = UnusedId(*archive_);
    const std::string before =
        FormatEntry(archive_->header, {id, kCommandKind, "siphon prepares", Before()});
    // pg_restore --clean first runs the drop statements from the last entry to the first. It does
    // not add IF EXISTS to a statement that begins with a comment.
    std::string drop;
    if (replaces_held()) {
      drop =
          absl::StrCat("-- siphon\n", watch_ == nullptr ? "" : watch_->FirstSql(), frame_.before);
    }
    const std::string after =
        FormatEntry(archive_->header, {id + 1, kCommandKind, "siphon finishes", frame_.after});
    std::vector<std::string_view> entries = {before};
    // Each function has the search_path from its creation to the end.
    std::deque<std::string> paths;
    std::string last_sql = frame_.last;
    for (const ArchiveEntry* entry : plan_.entries) {
      entries.push_back(plan_.Bytes(*entry));
      if (options_.search_path.empty() || !FollowsSearchPath(*entry)) continue;
      const int32_t path_id = id + 3 + static_cast<int32_t>(paths.size());
      paths.push_back(FormatEntry(archive_->header, {path_id, kCommandKind, "siphon sets a path",
                                                     SetPathSql(*entry, options_.search_path)}));
      entries.push_back(paths.back());
      absl::StrAppend(&last_sql, ResetPathSql(*entry));
    }
    if (watch_ != nullptr) absl::StrAppend(&last_sql, watch_->LastSql());
    const std::string last =
        FormatEntry(archive_->header, {id + 2, kLastKind, "siphon commits", last_sql, drop});
    if (!frame_.after.empty()) entries.push_back(after);
    entries.push_back(last);
    return FormatArchiveHead(*archive_, entries);
  }

  absl::Status RunStream(const Settings& target) {
    ASSIGN_OR_RETURN(ToolCall call, Call(target));
    call.options.in = driver::ToolRun::Stream::kPipe;
    std::unique_ptr<CommitGate> gate;
    if (single_transaction()) {
      RETURN_IF_ERROR(BeginWatch(target));
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
    if (gate != nullptr) RETURN_IF_ERROR(PermitCommit(*run, *gate));
    return Committed(ExplainFailure(run->Wait()));
  }

  // Watches pg_restore's transaction from a session in the same database.
  absl::Status BeginWatch(const Settings& target) {
    Session* session = &session_;
    if (place() != nullptr) {
      session = &place()->session();
    } else if (!options_.create.empty()) {
      ASSIGN_OR_RETURN(new_database_, Session::Connect(context_, target));
      session = new_database_.get();
    }
    ASSIGN_OR_RETURN(watch_, TransactionWatch::Begin(context_, *session, application_));
    return absl::OkStatus();
  }

  // Waits until pg_restore has begun its transaction. Nothing of the dump has run yet.
  absl::Status AwaitBegin(driver::ToolRun& run) {
    if (watch_ == nullptr || begun_) return absl::OkStatus();
    ASSIGN_OR_RETURN(begun_, watch_->AwaitFirst(context_, [&] { return run.ended(); }));
    if (!begun_) return Gone(run);
    if (place() != nullptr) RETURN_IF_ERROR(place()->Close(context_));
    return watch_->LetBegin(context_);
  }

  // Waits until pg_restore has done everything, and lets it commit if its transaction is still the
  // one that it has begun.
  absl::Status PermitCommit(driver::ToolRun& run, CommitGate& gate) {
    ASSIGN_OR_RETURN(const bool done, watch_->AwaitLast(context_, [&] { return run.ended(); }));
    if (!done) return Gone(run);
    ASSIGN_OR_RETURN(const bool same, watch_->IsSameTransaction(context_));
    if (!same) {
      ended_by_dump_ = true;
      return errs::SystemError(kOp, errs::kDatabase,
                               "pg_restore is not in the transaction that it began");
    }
    permitted_ = true;
    // If pg_restore is gone, Wait() reports why.
    gate.Open().IgnoreError();
    const absl::Status permitted = watch_->LetCommit(context_);
    // Without the session pg_restore does not wait any more.
    return errs::Is(permitted, errs::kConnectionFailed) ? absl::OkStatus() : permitted;
  }

  // pg_restore ended by itself; returns its failure.
  absl::Status Gone(driver::ToolRun& run) {
    run.CloseIn();
    RETURN_IF_ERROR(ExplainFailure(run.Wait()));
    return errs::InternalError(kOp, "pg_restore ended without siphon's permission");
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
        // With its first byte pg_restore has the whole table of contents, and begins.
        RETURN_IF_ERROR(Handed(run, writer.Write(FormatBlockHeader(*piece->entry))));
        RETURN_IF_ERROR(AwaitBegin(run));
      }
      RETURN_IF_ERROR(Handed(run, writer.Write(piece->bytes)));
    }
    RETURN_IF_ERROR(errs::WithOp(context_.Check(), kOp));
    RETURN_IF_ERROR(Handed(run, writer.Finish()));
    run.CloseIn();
    return AwaitBegin(run);
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
        "the connection was lost during the commit; check whether the restore was committed before"
        " you try again; ",
        error->hint);
    return errs::MakeStatus(*std::move(error));
  }

  absl::Status RunJobs(const Settings& target, const base::FileRegion& region) {
    if (!globals_.roles_sql.empty()) {
      RETURN_IF_ERROR(session_.Execute(context_, globals_.roles_sql));
    }
    ASSIGN_OR_RETURN(ToolCall call, Call(WithMonetaryLocale(target, monetary_)));
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
    const absl::Status status = ExplainFailedCommand(
        ExplainOlderServer(ExplainToolFailure(WithoutOwnCommand(ended), failure_.command().state),
                           *archive_, session_.server_major()),
        *archive_, failure_.command(), scratch_ != nullptr);
    if (place() == nullptr || !errs::Is(status, errs::kDatabase) ||
        !NeedsRights(failure_.command(), *archive_, !left_out_.empty())) {
      return status;
    }
    std::optional<errs::Error> error = errs::GetError(status);
    absl::StrAppend(&error->hint, error->hint.empty() ? "" : "; ",
                    "a scratch restore has no rights at the server; for a dump that you trust, "
                    "--trust gives it yours");
    return errs::MakeStatus(*std::move(error));
  }

  // Restores the state of the target before the restore.
  absl::Status CleanUp(const absl::Status& status, bool parallel) {
    if (watch_ != nullptr) watch_->End();
    if (scratch_ != nullptr) return status;
    if (session_.given_up()) return status;
    const base::Context briefly =
        base::Context().WithDeadline(std::chrono::steady_clock::now() + kCleanUpLimit);
    Session* session = &session_;
    std::unique_ptr<Session> again;
    if (session_.broken()) {
      absl::StatusOr<std::unique_ptr<Session>> connected =
          Session::Connect(briefly, session_.settings());
      if (!connected.ok()) return status;
      again = *std::move(connected);
      session = again.get();
    }
    // The server may not have noticed yet that pg_restore has ended.
    EndSessions(*session, application_);
    if (watch_ != nullptr && absl::StrContains(status.message(), kEndedByDump)) {
      ended_by_dump_ = true;
    }
    if (watch_ != nullptr && !permitted_ && !ended_by_dump_) {
      ended_by_dump_ = watch_->WasCommitted(briefly, *session).value_or(false);
    }
    if (options_.create.empty() && !parallel && single_transaction() && !ended_by_dump_) {
      return status;
    }
    if (!single_transaction()) return Kept(status, briefly, *session);
    const absl::Status undone = Undo(briefly, *session);
    if (undone.ok() && !ended_by_dump_) return status;
    std::optional<errs::Error> error = errs::GetError(status);
    if (!error.has_value()) return status;
    error->code = errs::Code::kPartial;
    error->hint = undone.ok()
                      ? "siphon removed what the dump had put into the database"
                      : absl::StrCat("the target holds a part of the dump: ", undone.message());
    if (ended_by_dump_) AddWhatTheDumpDid(*error);
    return errs::MakeStatus(*std::move(error));
  }

  // Without a single transaction, what was restored before the error stays.
  absl::Status Kept(const absl::Status& status, const base::Context& briefly, Session& session) {
    const bool was_empty = options_.create.empty() && !options_.clean && !options_.data_only &&
                           options_.tables.empty();
    if (was_empty && CheckTarget(briefly, session, options_).ok()) return status;
    std::optional<errs::Error> error = errs::GetError(status);
    if (!error.has_value()) return status;
    error->code = errs::Code::kPartial;
    error->hint = absl::StrCat(
        "what was restored before the error stays, because the restore did not run in"
        " one transaction",
        error->hint.empty() ? "" : "; ", error->hint);
    return errs::MakeStatus(*std::move(error));
  }

  // Removes what jobs have left, and what a dump has committed.
  absl::Status Undo(const base::Context& briefly, Session& session) const {
    if (!options_.create.empty()) return DropDatabase(session, options_.create);
    if (!options_.clean && !options_.data_only && options_.tables.empty()) {
      // The target was empty.
      return session.Execute(briefly, absl::StrCat("BEGIN;", WipeSql({}), "COMMIT"));
    }
    return absl::UnknownError("what it committed cannot be told apart");
  }

  static void AddWhatTheDumpDid(errs::Error& error) {
    absl::StrAppend(&error.detail,
                    "; a part was committed before siphon permitted it, by a statement of the dump "
                    "(COMMIT, ROLLBACK, ...) or because siphon's session was ended");
    absl::StrAppend(
        &error.hint,
        "; what the dump's statements did elsewhere on the server (roles, settings, other "
        "databases) may remain; pg_dump writes no such statements: find out who changed "
        "the dump");
  }

  const base::Context& context_;
  Session& session_;
  const profile::ConnectionProfile& profile_;
  const verbs::RestoreOptions& options_;
  ScratchRestore* const scratch_;
  base::Reader& body_;
  ArchiveReader reader_;
  const std::string application_;
  const Archive* archive_ = nullptr;
  RestorePlan plan_;
  Globals globals_;
  Findings findings_;
  std::string schemas_;   // SQL that creates those that the dump does not.
  bool adapted_ = false;  // More is left out of the dump, or added, than the options say.
  std::vector<verbs::LeftOut> left_out_;
  std::string monetary_;  // The lc_monetary of amounts in the dump; empty if it records none.
  std::vector<std::string> absent_providers_;  // Of security labels in the target.
  Frame frame_;
  driver::Tool tool_;
  std::unique_ptr<Session> new_database_;  // In a new database.
  std::unique_ptr<TransactionWatch> watch_;
  FailureReport failure_;
  bool permitted_ = false;      // pg_restore may commit.
  bool begun_ = false;          // The watch has seen pg_restore's transaction.
  bool ended_by_dump_ = false;  // A statement of the dump ended that transaction.
};

}  // namespace

absl::StatusOr<std::vector<verbs::LeftOut>> Restore(const base::Context& context, Session& session,
                                                    const profile::ConnectionProfile& profile,
                                                    const verbs::RestoreOptions& options,
                                                    ScratchRestore* scratch, base::Reader& body) {
  RETURN_IF_ERROR(CheckOptions(options));
  Restorer restorer(context, session, profile, options, scratch, body);
  RETURN_IF_ERROR(restorer.Run());
  return restorer.TakeLeftOut();
}

}  // namespace siphon::postgres
