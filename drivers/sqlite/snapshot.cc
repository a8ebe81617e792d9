// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/snapshot.h"

#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::sqlite {
namespace {

// Number of attempts before the limits grow, so that steps stay short if there are few writers.
constexpr int kPatientAttempts = 2;
constexpr std::chrono::milliseconds kFirstPause{10};
constexpr std::chrono::milliseconds kLongestPause{500};
// The usual size of a row or page added to a full buffer.
constexpr size_t kBufferSlack = size_t{256} << 10;

// Differs after the file was changed, or a WAL was made.
std::string StateOf(const Database& database) {
  const std::string& path = database.rules() != nullptr ? database.rules()->path : database.path();
  struct stat file, wal;
  if (stat(path.c_str(), &file) != 0) return "gone";
  const bool has_wal = lstat(absl::StrCat(path, "-wal").c_str(), &wal) == 0;
  return absl::StrCat(file.st_dev, " ", file.st_ino, " ", file.st_size, " ", file.st_mtim.tv_sec,
                      " ", file.st_mtim.tv_nsec, has_wal ? " WAL" : "");
}

}  // namespace

Snapshot::Snapshot(Database* database, const SnapshotLimits& limits, int attempt)
    : database_(database), hold_(limits.hold), bytes_(limits.bytes) {
  if (attempt >= kPatientAttempts) {
    hold_ = limits.longest_hold;
    bytes_ = limits.most_bytes;
  }
}

Snapshot::~Snapshot() {
  if (held_) Pause().IgnoreError();
}

absl::Status Snapshot::Begin() {
  RETURN_IF_ERROR(database_->Execute("BEGIN"));
  held_ = true;
  since_ = std::chrono::steady_clock::now();
  // The first read acquires the lock.
  ASSIGN_OR_RETURN(version_, database_->QueryInt("PRAGMA data_version"));
  ASSIGN_OR_RETURN(const std::string mode, database_->QueryText("PRAGMA main.journal_mode"));
  stepping_ = mode != "wal";
  return absl::OkStatus();
}

bool Snapshot::Due() const {
  return stepping_ && std::chrono::steady_clock::now() - since_ >= hold_;
}

absl::Status Snapshot::Pause() {
  if (!held_) return absl::OkStatus();
  held_ = false;
  const absl::Status status = database_->Execute("ROLLBACK");
  // An interrupt of the previous statement may have hit this one.
  return status.ok() ? status : database_->Execute("ROLLBACK");
}

absl::Status Snapshot::Resume() {
  RETURN_IF_ERROR(database_->Execute("BEGIN"));
  held_ = true;
  since_ = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(const int64_t version, database_->QueryInt("PRAGMA data_version"));
  if (version == version_) return absl::OkStatus();
  lost_ = true;
  Pause().IgnoreError();  // The writers do not wait for the next attempt.
  return errs::SystemError(database_->operation(), errs::kBusy,
                           absl::StrCat(database_->path(), ": changed while it was being read"));
}

UnlockedCheck::UnlockedCheck(const Database* database)
    : database_(database), before_(database->immutable() ? StateOf(*database) : "") {}

absl::Status UnlockedCheck::Check() const {
  if (!database_->immutable() || StateOf(*database_) == before_) return absl::OkStatus();
  return errs::SystemError(
      database_->operation(), errs::kBusy,
      absl::StrCat(database_->path(), ": changed while it was being read without locks"),
      "a database in WAL mode can be read while others write if its folder may be written");
}

Attempts::Attempts(const Database* database, const SnapshotLimits& limits)
    : database_(database),
      limits_(limits),
      begin_(std::chrono::steady_clock::now()),
      pause_(kFirstPause) {}

absl::Status Attempts::Again(const base::Context& context) {
  const auto spent = std::chrono::steady_clock::now() - begin_;
  if (number_ + 1 >= limits_.attempts || spent >= limits_.patience) {
    return errs::SystemError(
        database_->operation(), errs::kBusy,
        absl::StrCat(database_->path(), ": it changed during each of ", number_ + 1,
                     " attempts to read it"),
        "back it up at a quieter time, or switch it to write-ahead logging (PRAGMA "
        "journal_mode=WAL), where writers and a backup do not disturb each other");
  }
  if (number_ == 0) {
    context.Message("backup", "the database is being written to; reading it again");
  }
  // Writers come in bursts: each attempt waits longer for a gap.
  RETURN_IF_ERROR(errs::WithOp(context.Sleep(pause_), database_->operation()));
  pause_ = std::min(pause_ * 2, kLongestPause);
  ++number_;
  return absl::OkStatus();
}

absl::Status WithSnapshot(Database& database, const base::Context& context,
                          const SnapshotLimits& limits,
                          absl::FunctionRef<absl::Status(Snapshot&)> attempt) {
  Attempts attempts(&database, limits);
  while (true) {
    {
      Snapshot snapshot(&database, limits, attempts.number());
      const UnlockedCheck unlocked(&database);
      absl::Status status = attempt(snapshot);
      if (status.ok()) status = unlocked.Check();
      if (!snapshot.lost()) return status;
    }
    RETURN_IF_ERROR(attempts.Again(context));
  }
}

BodyWriter::BodyWriter(Snapshot* snapshot, driver::BackupTarget* target)
    : snapshot_(snapshot), target_(target) {
  // Reserved at once: growing would need twice the memory, and unused pages are never touched.
  buffer_.reserve(kBufferSlack +
                  (snapshot->stepping() ? snapshot->step_bytes() : base::kCopyBufferSize));
}

absl::Status BodyWriter::Append(std::string_view data) {
  buffer_.append(data);
  return FlushIfFree();
}

absl::Status BodyWriter::FlushIfFree() {
  if (snapshot_->stepping() || buffer_.size() < base::kCopyBufferSize) return absl::OkStatus();
  return Flush();
}

bool BodyWriter::Due() const {
  return snapshot_->stepping() && (buffer_.size() >= snapshot_->step_bytes() || snapshot_->Due());
}

absl::Status BodyWriter::Yield() {
  RETURN_IF_ERROR(snapshot_->Pause());
  RETURN_IF_ERROR(Flush());
  return snapshot_->Resume();
}

absl::Status BodyWriter::Finish() {
  RETURN_IF_ERROR(snapshot_->Pause());
  return Flush();
}

absl::Status BodyWriter::Flush() {
  RETURN_IF_ERROR(snapshot_->database().CheckContext());
  if (writer_ == nullptr) {
    ASSIGN_OR_RETURN(writer_, target_->Begin(contents_));
  }
  if (!buffer_.empty()) RETURN_IF_ERROR(writer_->Write(buffer_));
  buffer_.clear();
  return snapshot_->database().CheckContext();
}

}  // namespace siphon::sqlite
