// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_VERIFY_H_
#define DRIVERS_MYSQLCOMMON_VERIFY_H_

#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

inline constexpr std::string_view kFormatSql = "sql";

// What driver::Driver promises of the same names: a body is read to its end, statement by
// statement.
absl::StatusOr<driver::VerifyReport> VerifyBody(const base::Context& context, base::Reader& body);
// And each statement is looked at: tables are made before rows come for them, rows are counted.
absl::StatusOr<driver::DeepReport> VerifyDeep(const base::Context& context, base::Reader& body);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_VERIFY_H_
