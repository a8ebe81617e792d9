// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SCHEMA_DDL_H_
#define SIPHON_DOMAIN_SCHEMA_DDL_H_

#include <string>
#include <string_view>
#include <vector>

#include "siphon/domain/schema/plan.h"
#include "siphon/domain/schema/type.h"

namespace siphon::schema {

// How an engine quotes. Every name and text in a statement goes through these functions.
struct Dialect {
  Engine engine = Engine::kPostgres;
  std::string (*identifier)(std::string_view name) = nullptr;
  std::string (*literal)(std::string_view text) = nullptr;
};

// The statements that make the tables of a plan, without semicolons.
struct Ddl {
  std::vector<std::string> tables;  // Before the rows: one for each table of the plan.
  // After the rows: keys, indexes and foreign keys, as far as the engine makes them late.
  std::vector<std::string> finish;
};
Ddl WriteDdl(const Plan& plan, const Dialect& dialect);

// The name of a table in a statement: "public"."orders" in PostgreSQL.
std::string QuotedTable(const PlannedTable& table, const Dialect& dialect);
// The names of all columns: "id", "name".
std::string QuotedColumns(const PlannedTable& table, const Dialect& dialect);

}  // namespace siphon::schema

#endif  // SIPHON_DOMAIN_SCHEMA_DDL_H_
