// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/sftp/living_files.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "siphon/base/context.h"
#include "siphon/stores/sftp/folder.h"

namespace siphon::sftp {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::string_view kOp = "storage.sftp";
// For setting the times of one file.
constexpr std::chrono::seconds kPatience{30};

}  // namespace

LivingFiles::~LivingFiles() {
  stop_.request_stop();
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

absl::Status LivingFiles::Add(const Folder& folder, const std::string& name, uint32_t modified) {
  const absl::MutexLock lock(&mutex_);
  files_.insert_or_assign(name,
                          File{.folder = folder, .modified = modified, .since = Steady::now()});
  return thread_.joinable() ? absl::OkStatus() : StartThread();
}

void LivingFiles::Remove(const std::string& name) {
  const absl::MutexLock lock(&mutex_);
  files_.erase(name);
}

absl::Status LivingFiles::StartThread() {
  try {
    thread_ = std::thread([this] { TouchAll(); });
  } catch (const std::system_error& error) {
    return errs::ErrnoError(kOp, "start a thread", error.code().value());
  }
  return absl::OkStatus();
}

void LivingFiles::TouchAll() {
  while (true) {
    std::map<std::string, File> files;
    {
      const absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), lifetime_ / 3)) return;
      files = files_;
    }
    for (auto& [name, file] : files) {
      // The clock of the server as it is now: its time at the beginning, and the time since then.
      const auto passed =
          std::chrono::duration_cast<std::chrono::seconds>(Steady::now() - file.since);
      const uint32_t now = file.modified + static_cast<uint32_t>(passed.count());
      const base::Context context =
          base::Context(stop_.get_token(), nullptr).WithDeadline(Steady::now() + kPatience);
      // A failure is no error yet: the next time comes before the file is taken for dead. A file
      // that is published meanwhile no longer has this name.
      file.folder.SetTimes(context, name, {.accessed = now, .modified = now}).IgnoreError();
    }
  }
}

}  // namespace siphon::sftp
