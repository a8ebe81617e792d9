// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SEQUENCES_H_
#define DRIVERS_MYSQLCOMMON_SEQUENCES_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/selection.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/tokens.h"
#include "siphon/base/context.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// A sequence of MariaDB that an expression uses.
struct SequenceUse {
  std::string schema;  // The qualifier; empty when there is none.
  std::string name;
  size_t begin = 0;  // Where the name, with its qualifier, begins.
};
// The sequences in NEXTVAL(s), LASTVAL(s), SETVAL(s, ...), NEXT VALUE FOR s and PREVIOUS VALUE FOR
// s, in order. Accepts any bytes.
std::vector<SequenceUse> SequencesIn(std::string_view sql, const Syntax& syntax = {});

// Adds the sequences to the selection that defaults of its tables use, because a table cannot be
// created without them, and reports them. Warns of those that the options exclude. The pointers of
// the selection lead into `catalog`, which is the session's database.
absl::Status TakeSequences(const base::Context& context, Session& session, const Catalog& catalog,
                           const driver::BackupOptions& options, Selection& chosen);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SEQUENCES_H_
