// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_DATABASES_H_
#define SIPHON_DRIVER_DATABASES_H_

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::driver {

// The databases with data of users on the server of a profile, whatever database the profile names;
// without those of the server itself and siphon's scratch databases. A database that the user may
// not read is part of the list.
using DatabaseLister = std::function<absl::StatusOr<std::vector<std::string>>(
    const base::Context& context, const profile::ConnectionProfile& profile)>;

// Adds the lister of an engine whose servers have several databases. An engine that exists already
// is a fault of the build: the process ends with a message that names it.
void RegisterDatabases(std::string_view engine, DatabaseLister lister);

// A static object of this type in drivers/<engine>/register.cc registers the engine.
class DatabasesRegistration {
 public:
  DatabasesRegistration(std::string_view engine, DatabaseLister lister) {
    RegisterDatabases(engine, std::move(lister));
  }
};

// Calls the lister of `profile.driver` and sorts the names. errs::kDriverUnsupported for an engine
// without one.
absl::StatusOr<std::vector<std::string>> ListDatabases(const base::Context& context,
                                                       const profile::ConnectionProfile& profile);

// errs::kDriverUnsupported, as ListDatabases().
absl::Status RequireDatabases(std::string_view engine);

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_DATABASES_H_
