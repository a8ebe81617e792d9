// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_TABLE_LOADER_H_
#define DRIVERS_SQLITE_TABLE_LOADER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "drivers/sqlite/database.h"
#include "drivers/sqlite/target.h"
#include "siphon/base/context.h"
#include "siphon/domain/schema/ddl.h"
#include "siphon/driver/table_copy.h"

namespace siphon::sqlite {

const schema::Dialect& TableDialect();

// A load of tables of another engine, in a file next to the target, which Publish() puts in its
// place. `database` is the open target, or null if it does not exist; Publish() closes it. All must
// outlive the load.
absl::StatusOr<std::unique_ptr<driver::TableLoad>> OpenTableLoad(
    const base::Context& context, const Target& target, std::unique_ptr<Database>& database);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_TABLE_LOADER_H_
