// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_TABLE_LOADER_H_
#define DRIVERS_POSTGRES_TABLE_LOADER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/schema/ddl.h"
#include "siphon/driver/table_copy.h"

namespace siphon::postgres {

const schema::Dialect& TableDialect();

// A load of tables of another engine into the schema public, in one transaction. The session must
// outlive the load.
absl::StatusOr<std::unique_ptr<driver::TableLoad>> OpenTableLoad(const base::Context& context,
                                                                 Session& session);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_TABLE_LOADER_H_
