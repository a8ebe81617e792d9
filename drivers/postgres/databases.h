// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_DATABASES_H_
#define DRIVERS_POSTGRES_DATABASES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::postgres {

// See driver::DatabaseLister. Connects to the database of the profile, or to "postgres" if that
// does not exist. Leaves out templates and databases that accept no connections.
absl::StatusOr<std::vector<std::string>> ListDatabases(const base::Context& context,
                                                       const profile::ConnectionProfile& profile);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_DATABASES_H_
