// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_STRICT_MODE_H_
#define DRIVERS_MYSQLCOMMON_STRICT_MODE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// Tables of InnoDB whose longest row does not fit into a page. A server makes them only with
// innodb_strict_mode=OFF, which on MySQL not every user may set.

// A lower bound of the bytes that the longest row of an InnoDB table needs in its page.
int64_t LeastRowBytes(const Table& table);

// The names of the tables that are too wide for innodb_strict_mode by this bound, joined by ", ",
// for an annotation of the dump; it may lack some.
absl::StatusOr<std::string> TooWide(const base::Context& context, Session& session,
                                    const std::vector<const Table*>& tables);
// The key of this annotation.
inline constexpr std::string_view kTooWide = "needs_innodb_strict_mode_off";

// For a restore in place, which drops tables before it reads the dump: errs::kDatabase, with the
// names, if the dump has such a table and the user may not make it.
absl::Status CheckMayRelax(const base::Context& context, Session& session,
                           const driver::RestoreOptions& options);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_STRICT_MODE_H_
