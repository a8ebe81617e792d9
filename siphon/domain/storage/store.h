// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_STORAGE_STORE_H_
#define SIPHON_DOMAIN_STORAGE_STORE_H_

#include <cstdint>
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
  // Removes what writers that no longer live left behind; returns the keys they were writing.
  virtual absl::StatusOr<std::vector<std::string>> RemoveStale(const base::Context& context) = 0;
};

// errs::kInvalidArgument for a key that is empty, ".", "..", begins with ".tmp-", or holds '/',
// '\\', "..", NUL or control characters (contracts.md B2).
absl::Status ValidateKey(std::string_view key);

}  // namespace siphon::storage

#endif  // SIPHON_DOMAIN_STORAGE_STORE_H_
