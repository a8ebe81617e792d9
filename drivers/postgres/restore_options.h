// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_RESTORE_OPTIONS_H_
#define DRIVERS_POSTGRES_RESTORE_OPTIONS_H_

#include "absl/status/status.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::postgres {

// Refuses options that contradict each other, and objects to leave out that are misspelled.
absl::Status CheckOptions(const verbs::RestoreOptions& options);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_RESTORE_OPTIONS_H_
