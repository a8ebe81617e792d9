// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_RECOVER_H_
#define DRIVERS_MYSQLCOMMON_RECOVER_H_

#include "absl/status/status.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// Looks on the session's server for what a siphon has left that was killed while tables changed
// places, and brings it to an end: where the tables had not moved yet, what had been dropped before
// is made again; where they had, what is missing of the dump is made, and the replaced tables go.
// Nothing that is there is dropped or changed. Tells what it did, or why it could not, as a
// warning; an error only when the context has stopped.
absl::Status RecoverSwaps(const base::Context& context, Session& session);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_RECOVER_H_
