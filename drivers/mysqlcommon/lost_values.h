// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_LOST_VALUES_H_
#define DRIVERS_MYSQLCOMMON_LOST_VALUES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/tokens.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// Values of a dump's rows that a column of the target cannot hold. A restore runs without strict
// mode, because a source may hold zero dates and the error value of an ENUM. Without it, the server
// stores another value and a warning.

// The column and the row (from 1) that a server's warning about a value names, in any language: the
// last of `columns` in quotes, and the number after it. `row` is 0 where the message has none.
struct WarnedValue {
  size_t column = 0;  // Index into `columns`.
  int64_t row = 0;
};
std::optional<WarnedValue> FindWarnedValue(std::string_view message,
                                           const std::vector<std::string>& columns);

// After an INSERT into `table` of the session's database: errs::kDatabase with the server's message
// if it has stored a value otherwise than the statement has it. Values of generated columns do not
// count, nor does the error value of an ENUM ('' or 0), nor a number of a FLOAT(M,D) that is stored
// as it is (fixed_float.h). Warns if the server does not show all warnings (max_error_count).
absl::Status CheckStored(const base::Context& context, Session& session, std::string_view table,
                         std::string_view insert, const Syntax& syntax);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_LOST_VALUES_H_
