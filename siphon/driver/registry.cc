// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/registry.h"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "errs/error.h"

namespace siphon::driver {
namespace {

using Map = std::map<std::string, std::unique_ptr<Driver>, std::less<>>;

// Never destroyed, because a driver may be in use while static objects are destroyed.
Map& Drivers() {
  static Map* const drivers = new Map();
  return *drivers;
}

}  // namespace

void Register(std::unique_ptr<Driver> driver) {
  std::string name(driver->name());
  if (!Drivers().emplace(name, std::move(driver)).second) {
    std::fprintf(stderr, "siphon: the driver \"%s\" is registered twice\n", name.c_str());
    std::abort();
  }
}

absl::StatusOr<Driver*> Get(std::string_view name) {
  const auto found = Drivers().find(name);
  if (found != Drivers().end()) return found->second.get();
  std::string known = absl::StrJoin(All(), ", ", [](std::string* out, const Driver* driver) {
    absl::StrAppend(out, driver->name());
  });
  return errs::UserError("driver", errs::kDriverUnsupported,
                         absl::StrCat("no engine is named \"", name, "\""),
                         known.empty() ? "this build carries no engine"
                                       : absl::StrCat("engines of this build: ", known));
}

std::vector<Driver*> All() {
  std::vector<Driver*> drivers;
  for (const auto& [name, driver] : Drivers()) drivers.push_back(driver.get());
  return drivers;
}

ScopedOverride::ScopedOverride(std::unique_ptr<Driver> driver) : name_(driver->name()) {
  std::unique_ptr<Driver>& slot = Drivers()[name_];
  previous_ = std::exchange(slot, std::move(driver));
}

ScopedOverride::~ScopedOverride() {
  if (previous_ == nullptr) {
    Drivers().erase(name_);
  } else {
    Drivers()[name_] = std::move(previous_);
  }
}

}  // namespace siphon::driver
