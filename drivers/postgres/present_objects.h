// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_PRESENT_OBJECTS_H_
#define DRIVERS_POSTGRES_PRESENT_OBJECTS_H_

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

// What stands in the way of a restore in a target.
namespace siphon::postgres {

// Up to four objects that do not belong to an extension, for people ("table public.t"); none in a
// target that counts as empty.
absl::StatusOr<std::vector<std::string>> SomeContent(const base::Context& context,
                                                     Session& session);

// The kinds, as in archives ("EVENT TRIGGER"), and names of the objects that belong to no schema
// and that a restore creates under the condition that they do not exist.
using NamedObjects = std::set<std::pair<std::string, std::string>>;
absl::StatusOr<NamedObjects> ObjectsOfDatabase(const base::Context& context, Session& session);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_PRESENT_OBJECTS_H_
