// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_SCHEMA_H_
#define DRIVERS_SQLITE_SCHEMA_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/sqlite/database.h"

namespace siphon::sqlite {

// A table in sqlite_schema, of any kind.
struct Table {
  enum class Kind {
    kOrdinary,
    kVirtual,
    kShadow,    // Contains the content of the virtual table `owner`.
    kInternal,  // sqlite_sequence, sqlite_stat1, ...
  };

  std::string name;
  Kind kind = Kind::kOrdinary;
  std::string sql;
  bool without_rowid = false;
  std::string owner;                 // kShadow: the virtual table.
  std::vector<std::string> shadows;  // kVirtual, in the schema's order.
  std::string module;                // kVirtual, lower case.

  // The columns to copy: those that are not generated. Empty for kVirtual.
  std::vector<std::string> columns;
  // An expression for the rowid: "rowid", "_rowid_", "oid" or a quoted column. Empty when the table
  // has no rowid, or when columns hide all its names.
  std::string rowid;
  // A column is the rowid (INTEGER PRIMARY KEY), so that copying the columns copies it.
  bool rowid_is_column = false;
  bool autoincrement = false;
  // Has generated columns that are not stored (VIRTUAL).
  bool virtual_columns = false;
  // WITHOUT ROWID: the primary key's columns, when all are in ascending order and compared by the
  // column's own collation; else empty.
  std::vector<std::string> simple_key;
};

// An index, trigger or view with an SQL definition.
struct Object {
  std::string type;
  std::string name;
  std::string table;  // The table of an index or trigger; for a view its own name.
  std::string sql;
};

// The content of sqlite_schema, in its order.
struct Catalog {
  std::vector<Table> tables;
  std::vector<Object> objects;

  // Compare names as SQLite does, ignoring ASCII case. Null when there is none.
  const Table* FindTable(std::string_view name) const;
  const Object* FindView(std::string_view name) const;
};

absl::StatusOr<Catalog> ReadCatalog(Database& database);

// The module and its arguments in the definition of a virtual table, the same for every spelling:
// tokens that are separated by single spaces, without comments, the module in lower case.
std::string ModuleAndArguments(std::string_view sql);

// Refuses rows for the shadow tables of the virtual table `name`, whose meaning only tables of the
// same definition know.
absl::Status RefuseOtherDefinition(std::string_view operation, std::string_view name);

// errs::kIntegrity unless `sql`, the definition of `name` in sqlite_schema, is one CREATE
// statement. SQLite reads only the first statement of a definition; what follows would run where
// the definition is executed, or stands in a script.
absl::Status CheckDefinition(const Database& database, std::string_view name, std::string_view sql);

// errs::kIntegrity for rows of sqlite_schema that SQLite does not write: of unknown types, with NUL
// in names, or two of one b-tree.
absl::Status CheckSchema(Database& database);

// True for SQLite's message about a function, collation, module or tokenizer that it does not know,
// because only another program has it. The error's code is that of many others.
bool NeedsOtherProgram(std::string_view message);

// True when SQLite treats two names as the same.
bool SameName(std::string_view a, std::string_view b);

// The name of the table to count for the number of rows of `table`: the table itself, or the shadow
// table of a full-text or R*Tree table that has one row for each of its rows. "" when unknown.
std::string RowSource(const Catalog& catalog, const Table& table);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_SCHEMA_H_
