// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_INCREMENT_H_
#define SIPHON_APP_INCREMENT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"
#include "siphon/driver/driver.h"

namespace siphon::app {

// The place of a new increment of `profile`: after the dump that `base` means (see FindDump()), or
// after the newest dump of the profile. errs::kNotFound if there is none; errs::kInvalidArgument
// for a dump of another profile, a partial one, and one whose chain is too long.
absl::StatusOr<dumps::ChainLink> PlanIncrement(const base::Context& context, Session& session,
                                               driver::Driver& driver,
                                               const profile::Profile& profile,
                                               const std::string& base);

// Writes the changes since the parent as the body of a dump that was created with `link`. The
// caller commits it. Reports the bytes of the parent that were compared to `stage`.
absl::Status WriteIncrement(const base::Context& context, driver::Connection& connection,
                            const verbs::BackupOptions& options, dumps::Catalog& catalog,
                            const dumps::ChainLink& link, dumps::PendingDump& dump,
                            base::Stage& stage);

// Removes a committed increment whose parents were removed while it was written, and then returns
// errs::kNotFound.
absl::Status CheckParents(const base::Context& context, dumps::Catalog& catalog,
                          const std::string& id);

}  // namespace siphon::app

#endif  // SIPHON_APP_INCREMENT_H_
