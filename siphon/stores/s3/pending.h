// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_S3_PENDING_H_
#define SIPHON_STORES_S3_PENDING_H_

#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "siphon/base/context.h"
#include "siphon/stores/s3/bucket.h"

namespace siphon::s3 {

// The folder of the records, next to the objects. No reader of dumps looks into it.
inline constexpr std::string_view kPendingFolder = ".siphon/pending/";

// The records of the objects that are being written: empty objects
// ".siphon/pending/<key>.<number>". A record is written again while its writer lives, so that a
// record that is older than the lifetime, by the clock of the server, has a dead writer.
class PendingObjects {
 public:
  // `bucket` must outlive the object.
  PendingObjects(Bucket* bucket, absl::Duration lifetime);
  // Stops the thread; the records of living writers stay until they are stale.
  ~PendingObjects();
  PendingObjects(const PendingObjects&) = delete;
  PendingObjects& operator=(const PendingObjects&) = delete;

  // Creates a record for an object. Returns its key, which Check() and Remove() take.
  absl::StatusOr<std::string> Add(const base::Context& context, std::string_view key);
  // An error if the record is gone: another process took the writer for dead.
  absl::Status Check(const base::Context& context, std::string_view record);
  absl::Status Remove(const base::Context& context, const std::string& record);
  // Lets the record become stale: what it stands for could not be removed.
  void Forget(const std::string& record);

  struct Record {
    std::string name;  // The key of the record.
    std::string key;   // That of the object.
    bool stale = false;
  };
  absl::StatusOr<std::vector<Record>> List(const base::Context& context);

 private:
  absl::Status StartThread() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The work of the thread.
  void RenewAll();
  void Renew(const std::string& record);

  Bucket* const bucket_;
  const absl::Duration lifetime_;
  std::stop_source stop_;  // Of the requests of the thread.
  // Held while a record is written again, so that it is not written after its removal.
  absl::Mutex renewal_ ABSL_ACQUIRED_BEFORE(mutex_);
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<std::string> records_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // Started by the first Add().
};

// Any 16 hexadecimal digits.
std::string RandomNumber();

}  // namespace siphon::s3

#endif  // SIPHON_STORES_S3_PENDING_H_
