// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/sync.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/confirm.h"
#include "siphon/app/notify.h"
#include "siphon/app/part_tally.h"
#include "siphon/app/sync_channel.h"
#include "siphon/base/excerpt.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/driver/copying.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/part_copier.h"
#include "siphon/driver/registry.h"
#include "siphon/driver/restoration.h"
#include "siphon/driver/snapshot.h"

namespace siphon::app {
namespace {

using Access = driver::Driver::Access;

constexpr std::string_view kOp = "sync";
constexpr int kMaxJobs = 64;
// Large enough for short pauses of either side, small enough that siphon stays below 64 MiB.
constexpr size_t kPipeBytes = size_t{8} << 20;
// How many losses the error lists.
constexpr size_t kListedLosses = 5;

// Reports the bytes that pass and the fill level of the pipe.
class SyncReader : public base::Reader {
 public:
  SyncReader(base::Reader* next, const SyncChannel* channel, base::Stage* stage)
      : next_(next), channel_(channel), stage_(stage) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    absl::StatusOr<size_t> count = next_->Read(out);
    if (!count.ok()) return count;
    stage_->SetFill(channel_->fill());
    stage_->Progress(bytes_ += *count);
    return count;
  }
  uint64_t bytes() const { return bytes_; }

 private:
  base::Reader* next_;
  const SyncChannel* channel_;
  base::Stage* stage_;
  uint64_t bytes_ = 0;
};

class Syncer {
 public:
  Syncer(const base::Context& context, Session& session, const SyncRequest& request,
         base::Stage& stage)
      : context_(context),
        session_(session),
        request_(request),
        stage_(stage),
        on_stop_(context.stop_token(), [this] { source_stop_.request_stop(); }),
        channel_(context, kPipeBytes) {}

  absl::StatusOr<SyncResult> Run() {
    const absl::Time started = session_.clock().Now();
    RETURN_IF_ERROR(Prepare());
    RETURN_IF_ERROR(Copy());
    return SyncResult{.from = from_.name,
                      .to = to_.name,
                      .driver = to_.driver,
                      .tables = static_cast<int>(tables_),
                      .bytes = bytes_,
                      .jobs = used_jobs_,
                      .left_out = left_out_,
                      .elapsed = session_.clock().Now() - started};
  }

 private:
  // Makes all checks that are possible before the target changes.
  absl::Status Prepare() {
    ASSIGN_OR_RETURN(from_, session_.FindProfile(request_.from));
    ASSIGN_OR_RETURN(to_, session_.FindProfile(request_.to));
    ASSIGN_OR_RETURN(driver_, driver::Get(to_.driver));
    ASSIGN_OR_RETURN(source_driver_, driver::Get(from_.driver));
    if (crosses() && !driver_->Crosses(from_.driver)) {
      return errs::UserError(kOp, errs::kDriverUnsupported,
                             absl::StrCat("profile \"", from_.name, "\" is of ", from_.driver,
                                          " and \"", to_.name, "\" of ", to_.driver),
                             "use --cross-engine to copy tables and rows between engines; --plan"
                             " shows what that changes");
    }
    if (request_.cross_engine && !crosses()) {
      return errs::UserError(kOp, errs::kInvalidArgument,
                             "--cross-engine is for copies between different engines",
                             "leave it out: both databases are of one engine");
    }
    RETURN_IF_ERROR(driver::RequireCapability(*driver_, &driver::Capabilities::native_stream));
    RETURN_IF_ERROR(driver::RequireFeature(*driver_, request_.tools.has_value(),
                                           &driver::Features::tools, "--tools"));
    FillOptions();
    RETURN_IF_ERROR(source_driver_->CheckBackupOptions(backup_));
    RETURN_IF_ERROR(driver::RequireFor(*driver_, restore_));
    RETURN_IF_ERROR(session_.ConfirmDestructive(to_, kOp, request_.assume_yes));
    ASSIGN_OR_RETURN(const profile::ConnectionProfile from,
                     session_.Resolve(from_, request_.tools));
    ASSIGN_OR_RETURN(resolved_to_, session_.Resolve(to_, request_.tools));
    ASSIGN_OR_RETURN(source_, source_driver_->Connect(context_, from, Access::kRead));
    ASSIGN_OR_RETURN(target_, driver_->Connect(context_, resolved_to_, Access::kCreate));
    ASSIGN_OR_RETURN(const driver::Identity source_identity, source_->Identity(context_));
    ASSIGN_OR_RETURN(const driver::Identity target_identity, target_->Identity(context_));
    if (driver::IsSameDatabase(source_identity, target_identity)) {
      return errs::UserError(
          kOp, errs::kInvalidArgument,
          absl::StrCat("\"", from_.name, "\" and \"", to_.name, "\" are the same database"),
          "choose another target");
    }
    RETURN_IF_ERROR(target_->CheckTarget(context_, restore_));
    if (crosses()) RETURN_IF_ERROR(CheckCrossing());
    if (!request_.clean) return absl::OkStatus();
    const CleanTarget clean{.profile = to_,
                            .connection = TellsItsContents() ? target_.get() : nullptr,
                            .tables = request_.tables,
                            .exclude_tables = request_.exclude_tables};
    return ConfirmClean(context_, session_, kOp, clean, request_.assume_yes);
  }

  bool TellsItsContents() const { return driver_->features().connects_without_trace; }
  bool crosses() const { return from_.driver != to_.driver; }

  // Reports the objects that the other engine cannot take, before the target changes.
  absl::Status CheckCrossing() {
    ASSIGN_OR_RETURN(const driver::Crossing crossing,
                     target_->CheckCrossing(context_, *source_, backup_));
    for (const std::string& change : crossing.changes) context_.Message(kOp, change);
    for (const std::string& loss : crossing.losses) context_.Warn(kOp, loss);
    restore_.leave_out = crossing.leave_out;
    if (crossing.losses.empty() || request_.cross_engine) return absl::OkStatus();
    return errs::UserError(
        kOp, errs::kDriverUnsupported,
        absl::StrCat("the ", from_.driver, " database cannot be copied completely to ", to_.driver,
                     ": ", base::ListSome(crossing.losses, kListedLosses, "; ")),
        "use --cross-engine to copy it with these losses");
  }

  void FillOptions() {
    backup_.tables = request_.tables;
    backup_.exclude_tables = request_.exclude_tables;
    backup_.exclude_data = request_.exclude_data;
    backup_.schema_only = request_.schema_only;
    backup_.data_only = request_.data_only;
    backup_.no_owner = request_.no_owner;
    backup_.no_acl = request_.no_acl;
    backup_.compression = 0;  // The dump is not stored.
    backup_.definer = request_.definer;
    if (crosses()) {
      backup_.crossing_to = to_.driver;
      restore_.crossing_from = from_.driver;
    }
    restore_.definer = request_.definer;
    restore_.trust = request_.trust;
    restore_.tables = request_.tables;
    restore_.schema_only = request_.schema_only;
    restore_.data_only = request_.data_only;
    restore_.clean = request_.clean;
    restore_.no_owner = request_.no_owner;
    restore_.no_acl = request_.no_acl;
    restore_.exclude_objects = request_.exclude_objects;
    restore_.search_path = request_.search_path;
    NoteScope(restore_);
  }

  // --clean then replaces only the copied tables; --table tells it by itself.
  void NoteScope(verbs::RestoreOptions& options) const {
    if (request_.exclude_tables.empty()) return;
    options.annotations[std::string(dumps::kScopeAnnotation)] = dumps::kSomeTables;
  }

  absl::Status Copy() {
    const int configured = session_.config().config.jobs.value_or(1);
    const int jobs = std::clamp(request_.jobs.value_or(configured), 1, kMaxJobs);
    bool copied = false, many = false;
    if (jobs == 1) {
      ASSIGN_OR_RETURN(many, HasManyTables());
    }
    if (jobs > 1 || many) {
      std::string why;
      ASSIGN_OR_RETURN(copied, CopyInParts(jobs, why));
      if (!copied && (request_.jobs.has_value() || many)) {
        context_.Message(
            kOp,
            absl::StrCat(many ? "one transaction copies all tables: " : "one job copies: ", why));
      }
    }
    if (!copied) RETURN_IF_ERROR(CopyStream());
    // The target is complete, so an error from here on is only a warning.
    for (driver::Connection* const connection : {source_.get(), target_.get()}) {
      const absl::Status closed = connection->Close();
      if (!closed.ok()) context_.Warn(kOp, closed.message());
    }
    return absl::OkStatus();
  }

  // True if the target cannot restore the tables of the source at once, but in parts.
  absl::StatusOr<bool> HasManyTables() {
    auto* const target = dynamic_cast<driver::LimitedTarget*>(target_.get());
    if (target == nullptr || dynamic_cast<driver::SnapshotSource*>(source_.get()) == nullptr) {
      return false;
    }
    ASSIGN_OR_RETURN(const std::optional<uint64_t> most, target->MostTables(context_, restore_));
    if (!most.has_value()) return false;
    ASSIGN_OR_RETURN(const driver::Schema schema, source_->Inspect(context_, {}));
    return schema.tables.size() > *most;
  }

  // Copies the parts of a snapshot by several jobs. False, and the reason, if that is not possible;
  // nothing has changed then.
  absl::StatusOr<bool> CopyInParts(int jobs, std::string& why) {
    auto* const source = dynamic_cast<driver::SnapshotSource*>(source_.get());
    if (source == nullptr || dynamic_cast<driver::RestorationTarget*>(target_.get()) == nullptr) {
      why = absl::StrCat(to_.driver, " databases are not copied by several jobs");
      return false;
    }
    verbs::BackupOptions options = backup_;
    options.jobs = jobs;
    // The rows are not compressed, but the snapshot has parts as for frames.
    options.compression = 1;
    ASSIGN_OR_RETURN(const std::unique_ptr<driver::Snapshot> snapshot,
                     source->OpenSnapshot(context_, options));
    if (snapshot == nullptr || !driver::CanCopy(*snapshot)) {
      why = "the source can only be read as one stream";
      return false;
    }
    while (true) {
      const absl::StatusOr<bool> copied = CopySnapshot(*snapshot, jobs, why);
      if (copied.ok() || !snapshot->lost()) return copied;
      // A failed restore may have changed the state of the connection.
      target_.reset();
      RETURN_IF_ERROR(snapshot->Reopen(context_));
      ASSIGN_OR_RETURN(target_, driver_->Connect(context_, resolved_to_, Access::kCreate));
    }
  }

  // Copies the state that is open now.
  absl::StatusOr<bool> CopySnapshot(driver::Snapshot& snapshot, int jobs, std::string& why) {
    driver::SnapshotBody body(&snapshot);
    RETURN_IF_ERROR(body.ReadHead(context_));
    verbs::RestoreOptions options = restore_;
    options.annotations = snapshot.contents().annotations;
    NoteScope(options);
    options.jobs = jobs;
    ASSIGN_OR_RETURN(const std::unique_ptr<driver::Restoration> restoration,
                     dynamic_cast<driver::RestorationTarget&>(*target_).OpenRestoration(
                         context_, options, body, why));
    if (restoration == nullptr) return false;
    PartTally tally(&stage_, snapshot);
    RETURN_IF_ERROR(driver::CopyParts(context_, snapshot, body, *restoration, jobs, tally));
    tables_ = snapshot.contents().tables.size();
    bytes_ = tally.bytes();
    used_jobs_ = jobs;
    for (verbs::LeftOut& one : restoration->left_out()) left_out_.push_back(std::move(one.object));
    return true;
  }

  absl::Status CopyStream() {
    std::thread source;
    try {
      source = std::thread([this] {
        channel_.SourceEnded(
            source_->Backup(context_.WithStop(source_stop_.get_token()), backup_, channel_));
      });
    } catch (const std::system_error& error) {
      return errs::ErrnoError(kOp, "cannot start a thread", error.code().value());
    }
    if (!RestoreToItsEnd()) source_stop_.request_stop();
    source.join();
    tables_ = channel_.contents().tables.size();
    return channel_.status();
  }

  // Returns false if the source need not continue.
  bool RestoreToItsEnd() {
    while (true) {
      const absl::StatusOr<base::Reader*> body = channel_.Next();
      if (!body.ok()) return false;
      if (const uint64_t total = channel_.contents().estimated_bytes; total > 0) {
        stage_.SetTotal(total);
      }
      restore_.annotations = channel_.contents().annotations;
      NoteScope(restore_);
      SyncReader reader(*body, &channel_, &stage_);
      const absl::Status status = RestoreOnce(reader);
      bytes_ = reader.bytes();
      if (!channel_.TargetEnded(status)) return status.ok();
    }
  }

  // Uses a new connection each time, because a failed restore may have changed the state of the old
  // one.
  absl::Status RestoreOnce(base::Reader& body) {
    if (target_ == nullptr) {
      ASSIGN_OR_RETURN(target_, driver_->Connect(context_, resolved_to_, Access::kCreate));
    }
    const absl::Status status = target_->Restore(context_, restore_, body);
    left_out_.clear();
    if (status.ok()) {
      for (verbs::LeftOut& one : target_->left_out()) left_out_.push_back(std::move(one.object));
    } else {
      target_.reset();
    }
    return status;
  }

  const base::Context& context_;
  Session& session_;
  const SyncRequest& request_;
  base::Stage& stage_;
  std::stop_source source_stop_;
  std::stop_callback<std::function<void()>> on_stop_;
  SyncChannel channel_;
  profile::Profile from_, to_;
  profile::ConnectionProfile resolved_to_;
  driver::Driver* driver_ = nullptr;  // Of the target.
  driver::Driver* source_driver_ = nullptr;
  verbs::BackupOptions backup_;
  verbs::RestoreOptions restore_;
  std::unique_ptr<driver::Connection> source_, target_;
  uint64_t bytes_ = 0;
  size_t tables_ = 0;
  int used_jobs_ = 1;
  std::vector<std::string> left_out_;
};

}  // namespace

absl::StatusOr<SyncResult> Sync(const base::Context& command, Session& session,
                                const SyncRequest& request) {
  // Nothing starts for a profile that does not exist.
  ASSIGN_OR_RETURN(const profile::Profile from, session.FindProfile(request.from));
  ASSIGN_OR_RETURN(const profile::Profile to, session.FindProfile(request.to));
  const base::Context context = command.WithJob(absl::StrCat("sync ", from.name, " ", to.name));
  JobNotice notice(context, session, "sync", {from.name, to.name});
  base::Stage stage(context, kOp);
  absl::StatusOr<SyncResult> result = Syncer(context, session, request, stage).Run();
  const absl::Status status = stage.Finish(result.status());
  notice.Finish(status);
  RETURN_IF_ERROR(status);
  return result;
}

}  // namespace siphon::app
