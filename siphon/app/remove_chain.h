// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_REMOVE_CHAIN_H_
#define SIPHON_APP_REMOVE_CHAIN_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"

namespace siphon::app {

// A dump and the increments that stand on it, in the order in which they can be removed: `id` is
// the last one.
absl::StatusOr<std::vector<std::string>> DumpWithIncrements(const base::Context& context,
                                                            Session& session,
                                                            const std::string& id);

// Removes `ids` in their order. Removes nothing if one of them is pinned or locked by the store.
absl::Status RemoveDumps(const base::Context& context, Session& session,
                         const std::vector<std::string>& ids);

}  // namespace siphon::app

#endif  // SIPHON_APP_REMOVE_CHAIN_H_
