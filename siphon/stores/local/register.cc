// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "siphon/domain/storage/local_leases.h"
#include "siphon/domain/storage/local_store.h"
#include "siphon/domain/storage/registry.h"

namespace siphon::storage {
namespace {

// Dumps in a directory of this machine.
class LocalKind : public StoreKind {
 public:
  std::string_view name() const override { return "local"; }
  absl::StatusOr<Place> Open(const Settings& settings) const override {
    return Place{.store = MakeLocalStore(settings.directory),
                 .leases = MakeLocalLeases(settings.directory)};
  }
};

const StoreRegistration kRegistration(std::make_unique<LocalKind>());

}  // namespace
}  // namespace siphon::storage
