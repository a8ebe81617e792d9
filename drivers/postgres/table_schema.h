// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_TABLE_SCHEMA_H_
#define DRIVERS_POSTGRES_TABLE_SCHEMA_H_

#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/schema/tables.h"

namespace siphon::postgres {

// The tables of a database for a copy to another engine. Partitions are part of their table.
struct TableSchema {
  schema::Tables tables;
  // Schema and name of partitioned tables: their rows are read with those of their partitions.
  std::set<std::pair<std::string, std::string>> partitioned;
};
absl::StatusOr<TableSchema> ReadTableSchema(const base::Context& context, Session& session);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_TABLE_SCHEMA_H_
