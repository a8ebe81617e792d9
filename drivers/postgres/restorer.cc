// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/restorer.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/entry_names.h"
#include "drivers/postgres/lock_memory.h"
#include "drivers/postgres/monetary_locale.h"
#include "drivers/postgres/new_database.h"
#include "drivers/postgres/older_server.h"
#include "drivers/postgres/sql_error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.restore";
constexpr std::string_view kStage = "restore";
constexpr std::string_view kOffsetVariable = "SIPHON_ARCHIVE_OFFSET";
constexpr std::chrono::seconds kCleanUpLimit{60};
// A part of the built-in pg_restore's message for a dump that begins or ends a transaction
// (0012-transaction-control.patch).
constexpr std::string_view kEndedByDump = "the archive began or ended a transaction";
// Creates large objects.
constexpr std::string_view kObjectsKind = "BLOB METADATA";
constexpr std::string_view kViewContent = "MATERIALIZED VIEW DATA";
// pg_restore takes the settings of its session from entries of these kinds.
constexpr std::string_view kSettings[] = {"ENCODING", "STDSTRINGS", "SEARCHPATH"};
// The most entries for one transaction, which holds some locks for each object that it creates.
constexpr size_t kMostEntries = 800;
// The locks that the server must have for each of them: an entry takes at most four or five, and
// others need some, too.
constexpr int64_t kLocksOfEntry = 8;

// The pass in which pg_restore runs an entry (PostgreSQL 18, pg_backup_archiver.c,
// _tocEntryRestorePass()): 0 objects, 1 grants, 2 what may run code with these grants. `contents`
// are the entries of the kind kViewContent.
int PassOf(const EntryIds& contents, const ArchiveEntry& entry) {
  constexpr std::string_view kGrants[] = {"ACL", "ACL LANGUAGE", "DEFAULT ACL"};
  constexpr std::string_view kLast[] = {"EVENT TRIGGER", kViewContent};
  if (IsOneOf(entry.kind, kGrants)) return 1;
  if (IsOneOf(entry.kind, kLast)) return 2;
  if (entry.kind == "COMMENT" || entry.kind == "SECURITY LABEL") {
    return absl::StartsWith(entry.tag, "EVENT TRIGGER ") ? 2 : 0;
  }
  // The statistics of a materialized view follow its content.
  return entry.kind == kStatisticsKind && DependsOn(entry, contents) ? 2 : 0;
}

}  // namespace

absl::Status Restorer::Run() {
  RETURN_IF_ERROR(CheckTarget(context_, session_, options_));
  const std::optional<base::FileRegion> region = body_.region();
  ASSIGN_OR_RETURN(archive_, ReadHeadWithNames(context_, session_, reader_));
  RETURN_IF_ERROR(Plan());
  const bool parallel = options_.jobs > 1 && CanRunJobs(region);
  // Jobs commit one by one, so the whole body is checked before they begin.
  if (parallel) RETURN_IF_ERROR(ReadRest());
  RETURN_IF_ERROR(CreateTarget());
  const absl::Status status = parallel ? RunJobs(*region) : RunStream();
  return status.ok() ? status : CleanUp(status, parallel);
}

absl::Status Restorer::Prepare() {
  RETURN_IF_ERROR(CheckTarget(context_, session_, options_));
  ASSIGN_OR_RETURN(archive_, ReadHeadWithNames(context_, session_, reader_));
  RETURN_IF_ERROR(Plan());
  return CreateTarget();
}

absl::Status Restorer::RunStep(Step step) {
  step_ = step;
  ASSIGN_OR_RETURN(const int64_t locks, LockMemory(context_, session_));
  std::vector<Slice> slices = SlicesOf(
      step, std::clamp<size_t>(static_cast<size_t>(locks / kLocksOfEntry), 1, kMostEntries));
  for (size_t i = 0; i < slices.size(); ++i) {
    slice_ = std::move(slices[i]);
    first_slice_ = i == 0;
    last_slice_ = i + 1 == slices.size();
    begun_ = permitted_ = false;
    failure_ = FailureReport();
    RETURN_IF_ERROR(RunStream());
  }
  return absl::OkStatus();
}

std::vector<Restorer::Slice> Restorer::SlicesOf(Step step, size_t most) const {
  EntryIds contents;
  for (const ArchiveEntry* entry : plan_.entries) {
    if (entry->kind == kViewContent) contents.insert(entry->id);
  }
  std::vector<Slice> slices(1);
  bool data = false;  // The entry before has data.
  for (const int pass : {0, 1, 2}) {
    for (const ArchiveEntry* entry : plan_.entries) {
      // Large objects are created with the tables; their content comes with the rows.
      const bool before = entry->section == Section::kPreData || entry->kind == kObjectsKind;
      if (before != (step == Step::kBeforeRows) || done_.contains(entry)) continue;
      if (IsOneOf(entry->kind, kSettings) || PassOf(contents, *entry) != pass) continue;
      // The body is read once, so all large objects go together.
      if (slices.back().size() >= most && !(data && entry->has_data)) slices.emplace_back();
      slices.back().insert(entry);
      data = entry->has_data;
    }
  }
  return slices;
}

bool Restorer::InStep(const ArchiveEntry& entry) const {
  return step_ == Step::kWhole || IsOneOf(entry.kind, kSettings) || slice_.contains(&entry);
}

bool Restorer::CanRunJobs(const std::optional<base::FileRegion>& region) const {
  std::string_view why;
  if (options_.clean || !options_.tables.empty() || !options_.exclude_tables.empty() ||
      options_.schema_only || options_.data_only || !options_.exclude_objects.empty() ||
      !options_.search_path.empty()) {
    why = "several jobs restore a dump without an index unchanged, into an empty database";
  } else if (!region.has_value()) {
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

absl::Status Restorer::ReadRest() {
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<ArchiveReader::Piece> piece, reader_.Next(context_));
    if (!piece.has_value()) return absl::OkStatus();
  }
}

absl::Status Restorer::RunStream() {
  ASSIGN_OR_RETURN(ToolCall call, Call(target_));
  call.options.in = driver::ToolRun::Stream::kPipe;
  std::unique_ptr<CommitGate> gate;
  if (single_transaction()) {
    RETURN_IF_ERROR(BeginWatch());
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
  const absl::Status ended = ExplainFailure(run->Wait());
  return step_ == Step::kWhole ? Committed(ended) : ended;
}

absl::Status Restorer::BeginWatch() {
  watch_.reset();
  Session* session = &session_;
  if (place() != nullptr) {
    session = &place()->session();
  } else if (!options_.create.empty()) {
    ASSIGN_OR_RETURN(new_database_, Session::Connect(context_, target_));
    session = new_database_.get();
  }
  ASSIGN_OR_RETURN(watch_, TransactionWatch::Begin(context_, *session, application_));
  return absl::OkStatus();
}

absl::Status Restorer::AwaitBegin(driver::ToolRun& run) {
  if (watch_ == nullptr || begun_) return absl::OkStatus();
  ASSIGN_OR_RETURN(begun_, watch_->AwaitFirst(context_, [&] { return run.ended(); }));
  if (!begun_) return Gone(run);
  if (place() != nullptr) RETURN_IF_ERROR(place()->Close(context_));
  return watch_->LetBegin(context_);
}

absl::Status Restorer::PermitCommit(driver::ToolRun& run, CommitGate& gate) {
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

absl::Status Restorer::Gone(driver::ToolRun& run) {
  run.CloseIn();
  RETURN_IF_ERROR(ExplainFailure(run.Wait()));
  return errs::InternalError(kOp, "pg_restore ended without siphon's permission");
}

absl::Status Restorer::Feed(driver::ToolRun& run) {
  std::unordered_set<const ArchiveEntry*> wanted;
  for (const ArchiveEntry* entry : plan_.entries) {
    if (InStep(*entry)) wanted.insert(entry);
  }
  HoldingWriter writer(&run.in());
  RETURN_IF_ERROR(Handed(run, writer.Write(Head())));
  const bool reads =
      ends() || std::any_of(wanted.begin(), wanted.end(),
                            [](const ArchiveEntry* entry) { return entry->has_data; });
  while (reads) {
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

absl::Status Restorer::Handed(driver::ToolRun& run, const absl::Status& written) {
  if (written.ok()) return written;
  RETURN_IF_ERROR(errs::WithOp(context_.Check(), kOp));
  run.CloseIn();
  RETURN_IF_ERROR(ExplainFailure(run.Wait()));
  return written;
}

absl::Status Restorer::Committed(const absl::Status& status) {
  if (!single_transaction() || !errs::Is(status, errs::kConnectionFailed)) return status;
  std::optional<errs::Error> error = errs::GetError(status);
  error->hint = absl::StrCat(
      "the connection was lost during the commit; check whether the restore was committed before"
      " you try again; ",
      error->hint);
  return errs::MakeStatus(*std::move(error));
}

absl::Status Restorer::RunJobs(const base::FileRegion& region) {
  if (!globals_.roles_sql.empty()) {
    RETURN_IF_ERROR(session_.Execute(context_, globals_.roles_sql));
  }
  ASSIGN_OR_RETURN(ToolCall call, Call(WithMonetaryLocale(target_, monetary_)));
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

absl::Status Restorer::Explain(const absl::Status& status, const ArchiveEntry& entry) const {
  return ExplainFailedCommand(ExplainOlderServer(status, *archive_, session_.server_major()),
                              *archive_, {.entry = entry.id, .state = SqlState(status)},
                              /*scratch=*/false);
}

absl::Status Restorer::ExplainFailure(const absl::Status& ended) const {
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

absl::Status Restorer::CleanUp(const absl::Status& status, bool parallel) {
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

absl::Status Restorer::Kept(const absl::Status& status, const base::Context& briefly,
                            Session& session) {
  const bool was_empty =
      options_.create.empty() && !options_.clean && !options_.data_only && options_.tables.empty();
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

absl::Status Restorer::Undo(const base::Context& briefly, Session& session) const {
  if (!options_.create.empty()) return DropDatabase(session, options_.create);
  if (!options_.clean && !options_.data_only && options_.tables.empty()) {
    // The target was empty.
    return session.Execute(briefly, absl::StrCat("BEGIN;", WipeSql({}), "COMMIT"));
  }
  return absl::UnknownError("what it committed cannot be told apart");
}

void Restorer::AddWhatTheDumpDid(errs::Error& error) {
  absl::StrAppend(&error.detail,
                  "; a part was committed before siphon permitted it, by a statement of the dump "
                  "(COMMIT, ROLLBACK, ...) or because siphon's session was ended");
  absl::StrAppend(
      &error.hint,
      "; what the dump's statements did elsewhere on the server (roles, settings, other "
      "databases) may remain; pg_dump writes no such statements: find out who changed "
      "the dump");
}

}  // namespace siphon::postgres
