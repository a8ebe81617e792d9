// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/s3/pending.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "openssl/rand.h"
#include "siphon/base/context.h"
#include "siphon/domain/storage/store.h"
#include "siphon/stores/s3/bucket.h"

namespace siphon::s3 {
namespace {

constexpr std::string_view kOp = "storage.s3";
constexpr size_t kDigits = 16;
// For writing one record again: removals wait for it.
constexpr std::chrono::seconds kRenewal{30};

// The key of the object in "<folder><key>.<number>"; nothing for other names.
std::optional<std::string> KeyOf(std::string_view record) {
  if (!absl::ConsumePrefix(&record, kPendingFolder)) return std::nullopt;
  const size_t dot = record.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view digits = record.substr(dot + 1);
  const bool right =
      digits.size() == kDigits && std::all_of(digits.begin(), digits.end(), [](char c) {
        return absl::ascii_isxdigit(static_cast<unsigned char>(c));
      });
  const std::string_view key = record.substr(0, dot);
  if (!right || !storage::ValidateKey(key).ok()) return std::nullopt;
  return std::string(key);
}

}  // namespace

std::string RandomNumber() {
  uint64_t number = 0;
  RAND_bytes(reinterpret_cast<uint8_t*>(&number), sizeof number);
  return absl::StrFormat("%016x", number);
}

PendingObjects::PendingObjects(Bucket* bucket, absl::Duration lifetime)
    : bucket_(bucket), lifetime_(lifetime) {}

PendingObjects::~PendingObjects() {
  stop_.request_stop();
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<std::string> PendingObjects::Add(const base::Context& context,
                                                std::string_view key) {
  std::string record = absl::StrCat(kPendingFolder, key, ".", RandomNumber());
  RETURN_IF_ERROR(bucket_->Put(context, record, ""));
  const absl::MutexLock lock(&mutex_);
  records_.insert(record);
  if (!thread_.joinable()) RETURN_IF_ERROR(StartThread());
  return record;
}

absl::Status PendingObjects::StartThread() {
  try {
    thread_ = std::thread([this] { RenewAll(); });
  } catch (const std::system_error& error) {
    return errs::ErrnoError(kOp, "start a thread", error.code().value());
  }
  return absl::OkStatus();
}

void PendingObjects::RenewAll() {
  while (true) {
    std::set<std::string> records;
    {
      const absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), lifetime_ / 3)) return;
      records = records_;
    }
    for (const std::string& record : records) Renew(record);
  }
}

void PendingObjects::Renew(const std::string& record) {
  const absl::MutexLock renewal(&renewal_);
  {
    const absl::MutexLock lock(&mutex_);
    if (!records_.contains(record)) return;
  }
  const base::Context context = base::Context(stop_.get_token(), nullptr)
                                    .WithDeadline(std::chrono::steady_clock::now() + kRenewal);
  // A failure is no error yet: the next time comes before the record is stale. A record that
  // another process removed stays away, so that Check() fails.
  const absl::StatusOr<std::optional<Bucket::Info>> info = bucket_->Head(context, record);
  if (info.ok() && !info->has_value()) {
    Forget(record);
  } else {
    bucket_->Put(context, record, "").IgnoreError();
  }
}

absl::Status PendingObjects::Check(const base::Context& context, std::string_view record) {
  ASSIGN_OR_RETURN(const std::optional<Bucket::Info> info, bucket_->Head(context, record));
  if (info.has_value()) return absl::OkStatus();
  return errs::SystemError(
      kOp, errs::kIo,
      absl::StrCat(bucket_->Description(), "/", record,
                   " is gone: another siphon took this one for dead and removed its objects"),
      "start again");
}

void PendingObjects::Forget(const std::string& record) {
  const absl::MutexLock lock(&mutex_);
  records_.erase(record);
}

absl::Status PendingObjects::Remove(const base::Context& context, const std::string& record) {
  const absl::MutexLock renewal(&renewal_);
  Forget(record);
  return bucket_->Delete(context, record);
}

absl::StatusOr<std::vector<PendingObjects::Record>> PendingObjects::List(
    const base::Context& context) {
  ASSIGN_OR_RETURN(const Bucket::Listing listing, bucket_->List(context, kPendingFolder));
  std::vector<Record> records;
  for (const ListedObject& object : listing.objects) {
    std::optional<std::string> key = KeyOf(object.key);
    if (!key.has_value()) continue;
    // A record without a time is not stale.
    const bool stale =
        object.modified != absl::InfinitePast() && listing.now - object.modified > lifetime_;
    records.push_back({.name = object.key, .key = *std::move(key), .stale = stale});
  }
  return records;
}

}  // namespace siphon::s3
