// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_STORAGE_FORWARDING_STORE_H_
#define SIPHON_DOMAIN_STORAGE_FORWARDING_STORE_H_

#include <cstdint>
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
#include "siphon/domain/storage/store.h"

namespace siphon::storage {

// Passes every call to another store. Tests override the calls that they change.
class ForwardingStore : public Store {
 public:
  // `store` must outlive this one.
  explicit ForwardingStore(Store* store) : store_(store) {}

  std::string Description() const override { return store_->Description(); }
  absl::StatusOr<std::unique_ptr<ObjectWriter>> Create(const base::Context& context,
                                                       std::string_view key,
                                                       const CreateOptions& options) override {
    return store_->Create(context, key, options);
  }
  absl::StatusOr<std::unique_ptr<base::Reader>> Open(const base::Context& context,
                                                     std::string_view key) override {
    return store_->Open(context, key);
  }
  absl::StatusOr<std::unique_ptr<base::RandomAccess>> OpenAt(const base::Context& context,
                                                             std::string_view key) override {
    return store_->OpenAt(context, key);
  }
  absl::StatusOr<std::optional<uint64_t>> Stat(const base::Context& context,
                                               std::string_view key) override {
    return store_->Stat(context, key);
  }
  absl::StatusOr<std::optional<absl::Time>> LockedUntil(const base::Context& context,
                                                        std::string_view key) override {
    return store_->LockedUntil(context, key);
  }
  absl::Status Delete(const base::Context& context, std::string_view key) override {
    return store_->Delete(context, key);
  }
  absl::StatusOr<std::vector<std::string>> List(const base::Context& context) override {
    return store_->List(context);
  }
  absl::StatusOr<std::vector<std::string>> ListUncommitted(const base::Context& context) override {
    return store_->ListUncommitted(context);
  }
  absl::Status RemoveStale(const base::Context& context, const StaleVisitor& visit) override {
    return store_->RemoveStale(context, visit);
  }

 private:
  Store* store_;
};

}  // namespace siphon::storage

#endif  // SIPHON_DOMAIN_STORAGE_FORWARDING_STORE_H_
