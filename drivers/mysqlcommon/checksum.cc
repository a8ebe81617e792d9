// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/checksum.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/table_dump.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {

absl::StatusOr<std::string> TableChecksum(const base::Context& context, Session& session,
                                          const Table& table) {
  // MariaDB sums up whatever stands in the row's buffer for a virtual column.
  const auto is_virtual = [](const Column& column) { return column.is_virtual; };
  if (session.is_mariadb() && std::any_of(table.columns.begin(), table.columns.end(), is_virtual)) {
    return std::string();
  }
  if (table.versioned) {
    ASSIGN_OR_RETURN(
        const Rows left_out,
        session.Query(context, absl::StrCat("SELECT 1", FromUndumped(table), " LIMIT 1")));
    if (!left_out.empty()) return std::string();
  }
  ASSIGN_OR_RETURN(const Rows rows,
                   session.Query(context, absl::StrCat("CHECKSUM TABLE ", QuoteName(table.name)),
                                 absl::StrCat("checksum of table ", ToUtf8(table.name))));
  if (rows.empty() || Text(rows[0], 1).empty()) return std::string();
  return absl::StrCat(session.flavour().people, " ", session.version().major, ".",
                      session.version().minor, ":", Text(rows[0], 1));
}

}  // namespace siphon::mysqlcommon
