// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_UNQUALIFIED_NAMES_H_
#define DRIVERS_POSTGRES_UNQUALIFIED_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// Finds functions in SQL that a restore runs for an index, a check, a generated column or a
// materialized view, and that fail there because of names without a schema (see function_path.h).
// The server itself checks their bodies with an empty search_path, without running them. Returns a
// warning for each. Other languages have no such check. `session` must not be in a transaction.
absl::StatusOr<std::vector<std::string>> FindUnqualifiedNames(const base::Context& context,
                                                              Session& session);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_UNQUALIFIED_NAMES_H_
