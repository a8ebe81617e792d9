// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_STORAGE_STORE_H_
#define SIPHON_DOMAIN_STORAGE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"

namespace siphon::storage {

// An object that is being written. After Finish() its content is durable, or so small that the
// store keeps it in memory; Commit() makes it visible under its key atomically and, unless
// CreateOptions says otherwise, replaces an existing object. Without Commit() nothing is left.
class ObjectWriter : public base::Writer {
 public:
  virtual absl::Status Commit() = 0;
};

struct CreateOptions {
  // Commit() fails with errs::kAlreadyExists if an object of that key exists by then.
  bool if_absent = false;
  // About how many bytes will be written; 0 if that is unknown. A store that divides objects into
  // parts chooses the size of the parts by it.
  uint64_t expected_size = 0;
};

// A place for dumps: objects with flat keys, each of which is visible only when it is complete.
class Store {
 public:
  virtual ~Store() = default;

  // The place for messages, such as "/var/lib/siphon/dumps" or "s3://bucket/prefix".
  virtual std::string Description() const = 0;
  // The object is written within `context`.
  virtual absl::StatusOr<std::unique_ptr<ObjectWriter>> Create(const base::Context& context,
                                                               std::string_view key,
                                                               const CreateOptions& options) = 0;
  absl::StatusOr<std::unique_ptr<ObjectWriter>> Create(const base::Context& context,
                                                       std::string_view key) {
    return Create(context, key, CreateOptions());
  }
  // errs::kNotFound if there is no such object. If the object is replaced or deleted while it is
  // read, the reader returns its old bytes or an error, and never a mixture.
  virtual absl::StatusOr<std::unique_ptr<base::Reader>> Open(const base::Context& context,
                                                             std::string_view key) = 0;
  // The object for reads at any place, by several threads at once; errs::kNotFound. Null if this
  // store reads objects only from their beginning to their end. Open() says what happens if the
  // object is replaced.
  virtual absl::StatusOr<std::unique_ptr<base::RandomAccess>> OpenAt(const base::Context& context,
                                                                     std::string_view key);
  // The size in bytes; nothing if there is no such object.
  virtual absl::StatusOr<std::optional<uint64_t>> Stat(const base::Context& context,
                                                       std::string_view key) = 0;
  // The time until which the store lets nobody remove the object (object lock);
  // absl::InfiniteFuture() for a lock without an end. Nothing if there is no lock or no such
  // object, and from a store without locks.
  virtual absl::StatusOr<std::optional<absl::Time>> LockedUntil(const base::Context& context,
                                                                std::string_view key);
  // Succeeds also if there is no such object.
  virtual absl::Status Delete(const base::Context& context, std::string_view key) = 0;
  // The keys of all committed objects, sorted.
  virtual absl::StatusOr<std::vector<std::string>> List(const base::Context& context) = 0;
  // The keys of all uncommitted objects, sorted, no matter whether their writers live.
  virtual absl::StatusOr<std::vector<std::string>> ListUncommitted(
      const base::Context& context) = 0;

  // Called with the key of an uncommitted object whose writer has died.
  using StaleVisitor = std::function<absl::Status(const std::string& key)>;
  // Removes the objects of such writers. Calls `visit` for each object before it removes it. If
  // `visit` fails, keeps the object and returns the error. A store without locks may call the
  // visitors of two callers for the same object, so doing it twice must do no harm.
  virtual absl::Status RemoveStale(const base::Context& context, const StaleVisitor& visit) = 0;
};

// The beginning of the name of an uncommitted object: ".tmp-<key>-<random>".
inline constexpr std::string_view kTemporaryPrefix = ".tmp-";

// errs::kInvalidArgument for a key that is empty, ".", "..", begins with ".tmp-", or contains '/',
// '\\', "..", NUL or control characters (docs/contracts.md#dump-ids).
absl::Status ValidateKey(std::string_view key);

}  // namespace siphon::storage

#endif  // SIPHON_DOMAIN_STORAGE_STORE_H_
