// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SCHEMA_PLAN_H_
#define SIPHON_DOMAIN_SCHEMA_PLAN_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "siphon/domain/schema/matrix.h"
#include "siphon/domain/schema/tables.h"
#include "siphon/domain/schema/type.h"
#include "siphon/domain/schema/value.h"

namespace siphon::schema {

struct PlannedColumn {
  std::string name;
  Type type;           // Of the source.
  std::string target;  // The type there; {labels} stands for the quoted labels.
  Verdict verdict = Verdict::kExact;
  std::string reason;
  Checks checks = 0;  // That the values must pass, and that the source does not guarantee.
  bool not_null = false;
  bool identity = false;
  Default default_value = {};
  std::string comment = "";
};

struct PlannedForeignKey {
  std::string name = "";
  std::vector<size_t> columns;
  size_t table = 0;                     // In Plan::tables.
  std::vector<size_t> referenced = {};  // Columns of that table.
  Action on_delete = Action::kNoAction;
  Action on_update = Action::kNoAction;
};

struct PlannedTable {
  std::string source;  // As TableName().
  std::string name;
  // One for each column of the source, in the same order.
  std::vector<PlannedColumn> columns = {};
  std::string primary_key_name = "";
  std::vector<size_t> primary_key = {};
  std::vector<Index> indexes = {};  // With their names there.
  std::vector<PlannedForeignKey> foreign_keys = {};
  std::string comment = "";
};

// Something that is lost, or prevents the copy.
struct Finding {
  Verdict verdict = Verdict::kWarned;
  std::string object;  // "table t, index i"
  std::string text;    // What happens to it.
};

// How the tables of a database are copied to another engine.
struct Plan {
  Engine from = Engine::kSqlite, to = Engine::kSqlite;
  Tables source;
  std::vector<PlannedTable> tables;  // One for each table of `source`, in the same order.
  // All that is lost or refused, also of columns.
  std::vector<Finding> findings;

  bool Has(Verdict verdict) const;
};

// Makes the plan, which depends on nothing but its arguments.
Plan MakePlan(Tables source, Engine to);

// Removes the tables that are not chosen: `only` (empty: all), without `except`, by TableName().
// errs::kNotFound for a name that no table has.
absl::Status SelectTables(const std::vector<std::string>& only,
                          const std::vector<std::string>& except, Tables& tables);

}  // namespace siphon::schema

#endif  // SIPHON_DOMAIN_SCHEMA_PLAN_H_
