// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/stream_snapshot.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/io.h"

namespace siphon::driver {
namespace {

constexpr std::string_view kOp = "backup";

// Two threads take turns: that of the backup runs until it has called Begin(), and while Read()
// waits.
class StreamSnapshot : public Snapshot, private BackupTarget, private base::Writer {
 public:
  StreamSnapshot(const base::Context& context, Connection* connection, const BackupOptions& options)
      : context_(context), connection_(connection), options_(options) {}

  ~StreamSnapshot() override {
    {
      const absl::MutexLock lock(&mutex_);
      abandoned_ = true;
      changed_.SignalAll();
    }
    if (thread_.joinable()) thread_.join();
  }

  // Starts the backup and waits until it has begun.
  absl::Status Start() {
    try {
      thread_ = std::thread([this] { Run(); });
    } catch (const std::system_error& error) {
      return errs::SystemError(kOp, errs::kIo,
                               absl::StrCat("cannot start a thread: ", error.code().message()),
                               "raise the limit of processes (ulimit -u)");
    }
    const absl::MutexLock lock(&mutex_);
    while (phase_ == Phase::kStarting) changed_.Wait(&mutex_);
    if (phase_ == Phase::kBegun) {
      contents_ = next_contents_;
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(status_);
    return errs::InternalError(kOp, "the backup has written nothing");
  }

  const dumps::Contents& contents() const override { return contents_; }
  std::shared_ptr<const frames::BodyLayout> layout() const override { return nullptr; }

  absl::StatusOr<std::optional<frames::Part>> NextPart(const base::Context& context) override {
    RETURN_IF_ERROR(context.Check());
    if (given_) return std::nullopt;
    given_ = true;
    frames::Part part;
    part.ends_item = true;
    return part;
  }

  absl::Status Read(const base::Context&, int /*worker*/, const frames::Part&,
                    frames::PartSink& sink) override {
    const absl::MutexLock lock(&mutex_);
    if (phase_ != Phase::kBegun) return errs::InternalError(kOp, "the stream was read before");
    sink_ = &sink;
    phase_ = Phase::kReading;
    changed_.SignalAll();
    while (phase_ == Phase::kReading) changed_.Wait(&mutex_);
    sink_ = nullptr;
    if (phase_ == Phase::kEnded) return status_;
    lost_ = true;
    return errs::SystemError(kOp, errs::kBusy, "the database has changed while it was being read");
  }

  absl::StatusOr<std::vector<dumps::TableInfo>> Finish(const base::Context&) override {
    const absl::MutexLock lock(&mutex_);
    if (phase_ != Phase::kEnded) return errs::InternalError(kOp, "the stream was not read");
    RETURN_IF_ERROR(status_);
    if (tables_.has_value()) return *tables_;
    return contents_.rows_estimated ? std::vector<dumps::TableInfo>() : contents_.tables;
  }

  bool lost() const override { return lost_; }

  absl::Status Reopen(const base::Context& context) override {
    RETURN_IF_ERROR(context.Check());
    const absl::MutexLock lock(&mutex_);
    if (!lost_) return errs::InternalError(kOp, "the snapshot was not lost");
    lost_ = false;
    given_ = false;
    tables_.reset();
    contents_ = next_contents_;
    phase_ = Phase::kBegun;
    return absl::OkStatus();
  }

 private:
  enum class Phase {
    kStarting,
    kBegun,    // The backup waits in Begin().
    kReading,  // Read() waits.
    kAgain,    // The backup waits in another Begin().
    kEnded,
  };

  // These run in the thread of the backup.
  void Run() {
    absl::Status status = connection_->Backup(context_, options_, *this);
    const absl::MutexLock lock(&mutex_);
    status_ = std::move(status);
    phase_ = Phase::kEnded;
    changed_.SignalAll();
  }

  absl::StatusOr<base::Writer*> Begin(const dumps::Contents& contents) override {
    const absl::MutexLock lock(&mutex_);
    next_contents_ = contents;
    phase_ = phase_ == Phase::kStarting ? Phase::kBegun : Phase::kAgain;
    changed_.SignalAll();
    while (phase_ != Phase::kReading && !abandoned_) changed_.Wait(&mutex_);
    if (abandoned_) return errs::InternalError(kOp, "the snapshot was given up");
    base::Writer* const writer = this;  // A private base.
    return writer;
  }

  void SetTables(std::vector<dumps::TableInfo> tables) override {
    const absl::MutexLock lock(&mutex_);
    tables_ = std::move(tables);
  }

  absl::Status Write(std::string_view data) override {
    frames::PartSink* sink = nullptr;
    {
      const absl::MutexLock lock(&mutex_);
      sink = sink_;
    }
    return sink->Write(context_, data);
  }

  absl::Status Finish() override {
    return errs::InternalError(kOp, "a driver called Finish() of its target");
  }

  const base::Context context_;
  Connection* const connection_;
  const BackupOptions options_;
  std::thread thread_;
  // Of the application's threads, which call one function at a time.
  dumps::Contents contents_;
  bool given_ = false;
  bool lost_ = false;

  absl::Mutex mutex_;
  absl::CondVar changed_;
  Phase phase_ ABSL_GUARDED_BY(mutex_) = Phase::kStarting;
  bool abandoned_ ABSL_GUARDED_BY(mutex_) = false;
  frames::PartSink* sink_ ABSL_GUARDED_BY(mutex_) = nullptr;
  dumps::Contents next_contents_ ABSL_GUARDED_BY(mutex_);
  std::optional<std::vector<dumps::TableInfo>> tables_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);  // Of the backup, when it has ended.
};

}  // namespace

absl::StatusOr<std::unique_ptr<Snapshot>> OpenStreamSnapshot(const base::Context& context,
                                                             Connection& connection,
                                                             const BackupOptions& options) {
  auto snapshot = std::make_unique<StreamSnapshot>(context, &connection, options);
  RETURN_IF_ERROR(snapshot->Start());
  return std::unique_ptr<Snapshot>(std::move(snapshot));
}

}  // namespace siphon::driver
