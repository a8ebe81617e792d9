// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_TABLE_READER_H_
#define DRIVERS_POSTGRES_TABLE_READER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/driver/table_copy.h"

namespace siphon::postgres {

// Opens a transaction that sees one state, and reads the definitions of the chosen tables. Rows are
// read by a thread of the reader. The session must outlive the snapshot.
absl::StatusOr<std::unique_ptr<driver::TableSnapshot>> OpenTables(
    const base::Context& context, Session& session, const driver::TableChoice& choice);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_TABLE_READER_H_
