// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_SFTP_LIVING_FILES_H_
#define SIPHON_STORES_SFTP_LIVING_FILES_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "siphon/stores/sftp/folder.h"

namespace siphon::sftp {

// The temporary files of living writers. A file that was not modified for the lifetime, by the
// clock of the server, has a dead writer; so this object sets their times from time to time. The
// lifetime is the one that a local store on the server gives to files without a lock.
class LivingFiles {
 public:
  explicit LivingFiles(absl::Duration lifetime) : lifetime_(lifetime) {}
  ~LivingFiles();
  LivingFiles(const LivingFiles&) = delete;
  LivingFiles& operator=(const LivingFiles&) = delete;

  absl::Duration lifetime() const { return lifetime_; }
  // `name` is a file of the folder; its time of modification, just now, was `modified`.
  absl::Status Add(const Folder& folder, const std::string& name, uint32_t modified);
  void Remove(const std::string& name);

 private:
  struct File {
    Folder folder;
    uint32_t modified;
    std::chrono::steady_clock::time_point since;
  };

  absl::Status StartThread() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The work of the thread.
  void TouchAll();

  const absl::Duration lifetime_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, File> files_ ABSL_GUARDED_BY(mutex_);
  std::stop_source stop_;  // Of the requests of the thread.
  std::thread thread_;     // Started by the first Add().
};

}  // namespace siphon::sftp

#endif  // SIPHON_STORES_SFTP_LIVING_FILES_H_
