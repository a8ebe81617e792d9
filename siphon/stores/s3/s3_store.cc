// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/s3/s3_store.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/storage/store.h"
#include "siphon/stores/s3/address.h"
#include "siphon/stores/s3/bucket.h"
#include "siphon/stores/s3/object_reader.h"
#include "siphon/stores/s3/object_writer.h"
#include "siphon/stores/s3/pending.h"
#include "siphon/stores/s3/transport.h"

namespace siphon::s3 {
namespace {

// The beginning of the keys of objects that show what the bucket can do.
constexpr std::string_view kProbeFolder = ".siphon/probe/";

class S3Store : public storage::Store {
 public:
  S3Store(StoreOptions options, Address address)
      : bucket_(options.address.bucket, options.prefix,
                std::make_unique<Transport>(std::move(address), std::move(options.credentials),
                                            std::move(options.http), options.retries,
                                            std::move(options.timing))),
        pending_(&bucket_, options.lifetime) {
    writers_.bucket = &bucket_;
    writers_.pending = &pending_;
    writers_.parts = options.parts;
    writers_.has_conditions = [this](const base::Context& context) {
      return HasConditions(context);
    };
  }

  std::string Description() const override { return bucket_.Description(); }
  absl::StatusOr<std::unique_ptr<storage::ObjectWriter>> Create(
      const base::Context& context, std::string_view key,
      const storage::CreateOptions& options) override {
    RETURN_IF_ERROR(Check(context, key));
    return CreateObject(context, writers_, std::string(key), options);
  }
  absl::StatusOr<std::unique_ptr<base::Reader>> Open(const base::Context& context,
                                                     std::string_view key) override {
    RETURN_IF_ERROR(Check(context, key));
    return OpenObject(context, &bucket_, std::string(key));
  }
  absl::StatusOr<std::unique_ptr<base::RandomAccess>> OpenAt(const base::Context& context,
                                                             std::string_view key) override {
    RETURN_IF_ERROR(Check(context, key));
    return OpenObjectAt(context, &bucket_, std::string(key));
  }
  absl::StatusOr<std::optional<uint64_t>> Stat(const base::Context& context,
                                               std::string_view key) override {
    RETURN_IF_ERROR(Check(context, key));
    ASSIGN_OR_RETURN(const std::optional<Bucket::Info> info, bucket_.Head(context, key));
    if (!info.has_value()) return std::nullopt;
    return info->size;
  }
  absl::StatusOr<std::optional<absl::Time>> LockedUntil(const base::Context& context,
                                                        std::string_view key) override {
    RETURN_IF_ERROR(Check(context, key));
    ASSIGN_OR_RETURN(const std::optional<Bucket::Info> info, bucket_.Head(context, key));
    if (!info.has_value()) return std::optional<absl::Time>();
    return info->locked_until;
  }
  absl::Status Delete(const base::Context& context, std::string_view key) override {
    RETURN_IF_ERROR(Check(context, key));
    return bucket_.Delete(context, key);
  }
  absl::StatusOr<std::vector<std::string>> List(const base::Context& context) override;
  absl::StatusOr<std::vector<std::string>> ListUncommitted(const base::Context& context) override;
  absl::Status RemoveStale(const base::Context& context, const StaleVisitor& visit) override;

 private:
  static absl::Status Check(const base::Context& context, std::string_view key) {
    RETURN_IF_ERROR(context.Check());
    return storage::ValidateKey(key);
  }
  // True if the bucket checks "If-None-Match: *". Tries it once.
  absl::StatusOr<bool> HasConditions(const base::Context& context);

  Bucket bucket_;
  PendingObjects pending_;
  WriterSettings writers_;
  absl::Mutex mutex_;
  std::optional<bool> has_conditions_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::vector<std::string>> S3Store::List(const base::Context& context) {
  RETURN_IF_ERROR(context.Check());
  ASSIGN_OR_RETURN(Bucket::Listing listing, bucket_.List(context, ""));
  std::vector<std::string> keys;
  for (ListedObject& object : listing.objects) {
    if (storage::ValidateKey(object.key).ok()) keys.push_back(std::move(object.key));
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

absl::StatusOr<std::vector<std::string>> S3Store::ListUncommitted(const base::Context& context) {
  RETURN_IF_ERROR(context.Check());
  ASSIGN_OR_RETURN(const std::vector<PendingObjects::Record> records, pending_.List(context));
  std::set<std::string> keys;
  for (const PendingObjects::Record& record : records) keys.insert(record.key);
  return std::vector<std::string>(keys.begin(), keys.end());
}

absl::Status S3Store::RemoveStale(const base::Context& context, const StaleVisitor& visit) {
  RETURN_IF_ERROR(context.Check());
  ASSIGN_OR_RETURN(const std::vector<PendingObjects::Record> records, pending_.List(context));
  std::set<std::string> living;
  for (const PendingObjects::Record& record : records) {
    if (!record.stale) living.insert(record.key);
  }
  for (const PendingObjects::Record& record : records) {
    if (!record.stale) continue;
    RETURN_IF_ERROR(context.Check());
    RETURN_IF_ERROR(visit(record.key));
    // An upload of a living writer of the same key is left alone.
    if (!living.contains(record.key)) {
      ASSIGN_OR_RETURN(const std::vector<std::string> ids, bucket_.Uploads(context, record.key));
      for (const std::string& id : ids) {
        RETURN_IF_ERROR(bucket_.Abort(context, record.key, id));
      }
    }
    RETURN_IF_ERROR(bucket_.Delete(context, record.name));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> S3Store::HasConditions(const base::Context& context) {
  const absl::MutexLock lock(&mutex_);
  if (has_conditions_.has_value()) return *has_conditions_;
  const std::string key = absl::StrCat(kProbeFolder, RandomNumber());
  RETURN_IF_ERROR(bucket_.Put(context, key, ""));
  const absl::Status again = bucket_.Put(context, key, "", {.if_absent = true});
  RETURN_IF_ERROR(bucket_.Delete(context, key));
  RETURN_IF_ERROR(context.Check());
  // Some services do not know the condition, and refuse it (501) or ignore it.
  if (errs::Is(again, errs::kConnectionFailed)) return again;
  has_conditions_ = errs::Is(again, errs::kAlreadyExists);
  return *has_conditions_;
}

}  // namespace

absl::StatusOr<std::unique_ptr<storage::Store>> MakeS3Store(StoreOptions options) {
  ASSIGN_OR_RETURN(Address address, Address::Make(options.address));
  return std::make_unique<S3Store>(std::move(options), std::move(address));
}

}  // namespace siphon::s3
