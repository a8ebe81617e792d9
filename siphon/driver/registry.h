// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_REGISTRY_H_
#define SIPHON_DRIVER_REGISTRY_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "siphon/driver/driver.h"

namespace siphon::driver {

// Adds `driver` to the process-wide registry. A name that exists already is a fault of the build:
// the process ends with a message that names it.
void Register(std::unique_ptr<Driver> driver);

// The driver of that name; errs::kDriverUnsupported with the known names as the hint.
absl::StatusOr<Driver*> Get(std::string_view name);

// All drivers, sorted by name.
std::vector<Driver*> All();

// A static object of this type in drivers/<engine>/register.cc registers the engine.
class Registration {
 public:
  explicit Registration(std::unique_ptr<Driver> driver) { Register(std::move(driver)); }
};

// Replaces or adds a driver for the object's lifetime. For tests; not thread-safe.
class ScopedOverride {
 public:
  explicit ScopedOverride(std::unique_ptr<Driver> driver);
  ~ScopedOverride();
  ScopedOverride(const ScopedOverride&) = delete;
  ScopedOverride& operator=(const ScopedOverride&) = delete;

 private:
  std::string name_;
  std::unique_ptr<Driver> previous_;
};

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_REGISTRY_H_
