// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/checksum.h"

#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/names.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {

absl::StatusOr<std::string> TableChecksum(const base::Context& context, Session& session,
                                          const Table& table) {
  ASSIGN_OR_RETURN(const Rows rows,
                   session.Query(context, absl::StrCat("CHECKSUM TABLE ", QuoteName(table.name)),
                                 absl::StrCat("checksum of table ", ToUtf8(table.name))));
  if (rows.empty() || Text(rows[0], 1).empty()) return std::string();
  return absl::StrCat(session.flavour().people, " ", session.version().major, ".",
                      session.version().minor, ":", Text(rows[0], 1));
}

}  // namespace siphon::mysqlcommon
