// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_STORAGE_REGISTRY_H_
#define SIPHON_DOMAIN_STORAGE_REGISTRY_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "siphon/base/clock.h"
#include "siphon/base/environment.h"
#include "siphon/domain/storage/leases.h"
#include "siphon/domain/storage/store.h"

namespace siphon::storage {

// What a store is opened with.
struct Settings {
  // The directory for dumps on this machine. A store elsewhere has only its leases there.
  std::string directory;
  // The settings of the configuration by their keys: "bucket", "region". Those that are not set are
  // missing or empty.
  std::map<std::string, std::string, std::less<>> values = {};
  // Resolves a reference to a secret (siphon/domain/secrets). `subject` names the setting.
  std::function<absl::StatusOr<std::string>(std::string_view reference, std::string_view subject)>
      resolve_secret = {};
  const base::Environment* environment = nullptr;  // Both must outlive the store.
  const base::Clock* clock = nullptr;

  // The value of a setting; "" if it is not set.
  std::string Value(std::string_view key) const;
};

// An opened store.
struct Place {
  std::unique_ptr<Store> store;
  std::unique_ptr<Leases> leases;
};

// A kind of stores: a folder siphon/stores/<kind>.
class StoreKind {
 public:
  virtual ~StoreKind() = default;
  // The value of storage.type in the configuration.
  virtual std::string_view name() const = 0;
  // Checks the settings: errs::kConfigInvalid. Connects to nothing and resolves no secret, because
  // commands that need no dumps open the store, too.
  virtual absl::StatusOr<Place> Open(const Settings& settings) const = 0;
};

// Adds a kind to the process-wide registry. A name that exists already is a fault of the build: the
// process ends with a message that names it.
void RegisterStoreKind(std::unique_ptr<StoreKind> kind);

// The kind of that name; errs::kConfigInvalid with the known names as the hint.
absl::StatusOr<const StoreKind*> GetStoreKind(std::string_view name);

// The names of all kinds, sorted.
std::vector<std::string> StoreKinds();

// A static object of this type in siphon/stores/<kind>/register.cc registers the kind.
class StoreRegistration {
 public:
  explicit StoreRegistration(std::unique_ptr<StoreKind> kind) {
    RegisterStoreKind(std::move(kind));
  }
};

}  // namespace siphon::storage

#endif  // SIPHON_DOMAIN_STORAGE_REGISTRY_H_
