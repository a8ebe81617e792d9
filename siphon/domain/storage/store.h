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
#include "siphon/base/context.h"
#include "siphon/base/io.h"

namespace siphon::storage {

// An object that is being written. Write() and Finish() (content durable, not yet visible), then
// Commit() (visible under its key, atomically; replaces what was there). Destroyed before Commit(),
// it leaves nothing.
class ObjectWriter : public base::Writer {
 public:
  virtual absl::Status Commit() = 0;
};

// Where dumps live: flat keys, objects that appear whole or not at all.
class Store {
 public:
  virtual ~Store() = default;

  // Names the place in messages, as in "/var/lib/siphon/dumps".
  virtual std::string Description() const = 0;
  virtual absl::StatusOr<std::unique_ptr<ObjectWriter>> Create(const base::Context& context,
                                                               std::string_view key) = 0;
  // errs::kNotFound when there is none.
  virtual absl::StatusOr<std::unique_ptr<base::Reader>> Open(const base::Context& context,
                                                             std::string_view key) = 0;
  // The size in bytes, or nothing when there is no such object.
  virtual absl::StatusOr<std::optional<uint64_t>> Stat(const base::Context& context,
                                                       std::string_view key) = 0;
  // OK also when there is none.
  virtual absl::Status Delete(const base::Context& context, std::string_view key) = 0;
  // All keys, sorted; objects that were never committed are not among them.
  virtual absl::StatusOr<std::vector<std::string>> List(const base::Context& context) = 0;
  // The keys, sorted, of objects that were begun and not committed, whether their writer lives or
  // not.
  virtual absl::StatusOr<std::vector<std::string>> ListUncommitted(
      const base::Context& context) = 0;

  // Called with the key of an uncommitted object whose writer no longer lives.
  using StaleVisitor = std::function<absl::Status(const std::string& key)>;
  // Removes what such writers left behind. `visit` is called for each one first, and no second
  // caller has the same one meanwhile; where it fails, the object stays and its error is returned.
  virtual absl::Status RemoveStale(const base::Context& context, const StaleVisitor& visit) = 0;
};

// What the name of an object that is not committed begins with: ".tmp-<key>-<random>".
inline constexpr std::string_view kTemporaryPrefix = ".tmp-";

// errs::kInvalidArgument for a key that is empty, ".", "..", begins with ".tmp-", or holds '/',
// '\\', "..", NUL or control characters (docs/contracts.md#dump-ids).
absl::Status ValidateKey(std::string_view key);

}  // namespace siphon::storage

#endif  // SIPHON_DOMAIN_STORAGE_STORE_H_
