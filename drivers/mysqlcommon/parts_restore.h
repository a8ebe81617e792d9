// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_PARTS_RESTORE_H_
#define DRIVERS_MYSQLCOMMON_PARTS_RESTORE_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/restoration.h"

namespace siphon::mysqlcommon {

inline constexpr uint64_t kLargeTable = uint64_t{8} << 20;

// Checks the target as CheckTarget() does, and prepares a restore of a framed dump by options.jobs
// sessions, or as many as the server gives. It fills a scratch database, whose content then
// replaces that of the session's database, as in Restore(). The statements of the dump are judged
// as there.
//
// Define() loads the first and the last item of the body; the last one of a live body goes to
// Load(). The other items are tables, and their parts are loaded by several sessions at once. A
// part is read as if it followed the first item. The rows in its statements are counted. The
// secondary keys of tables with more than `large` bytes of the body are created after their rows,
// where that is possible. Arguments must outlive the restoration.
absl::StatusOr<std::unique_ptr<driver::Restoration>> OpenPartsRestore(
    const base::Context& context, Session& session, const driver::RestoreOptions& options,
    const driver::FramedBody& body, uint64_t large = kLargeTable);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_PARTS_RESTORE_H_
