// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_TABLE_SCHEMA_H_
#define DRIVERS_MYSQLCOMMON_TABLE_SCHEMA_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/schema/tables.h"

namespace siphon::mysqlcommon {

// The tables of the session's database for a copy to another engine.
absl::StatusOr<schema::Tables> ReadTableSchema(const base::Context& context, Session& session);

// The labels in a type as information_schema.columns has it: "enum('a','it''s')".
std::vector<std::string> ParseLabels(std::string_view column_type);

// The default of a column. `text` is information_schema.columns.column_default: in MariaDB an
// expression; in MySQL the text itself, unless `generated` (an expression in `extra`).
schema::Default ParseDefault(std::string_view text, bool mariadb, bool generated, bool number);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_TABLE_SCHEMA_H_
