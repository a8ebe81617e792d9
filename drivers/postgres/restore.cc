// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/restore.h"

#include "drivers/postgres/restore_options.h"
#include "drivers/postgres/restorer.h"
#include "errs/status_macros.h"

namespace siphon::postgres {

absl::StatusOr<std::vector<verbs::LeftOut>> Restore(const base::Context& context, Session& session,
                                                    const profile::ConnectionProfile& profile,
                                                    const verbs::RestoreOptions& options,
                                                    ScratchRestore* scratch, base::Reader& body) {
  RETURN_IF_ERROR(CheckOptions(options));
  Restorer restorer(context, session, profile, options, scratch, body);
  RETURN_IF_ERROR(restorer.Run());
  return restorer.TakeLeftOut();
}

}  // namespace siphon::postgres
