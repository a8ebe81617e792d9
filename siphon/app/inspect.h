// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_INSPECT_H_
#define SIPHON_APP_INSPECT_H_

#include <string>

#include "absl/status/statusor.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::app {

struct InspectResult {
  std::string profile;
  verbs::Schema schema;
};

// Describes the content of a database; `source` is the name of a profile, or a database URL.
absl::StatusOr<InspectResult> Inspect(const base::Context& context, Session& session,
                                      const std::string& source,
                                      const verbs::InspectOptions& options);

// Connects and closes the connection. Returns the engine with its version ("sqlite 3.46.1").
absl::StatusOr<std::string> TestConnection(const base::Context& context, Session& session,
                                           const std::string& source);

}  // namespace siphon::app

#endif  // SIPHON_APP_INSPECT_H_
