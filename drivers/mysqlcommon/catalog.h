// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_CATALOG_H_
#define DRIVERS_MYSQLCOMMON_CATALOG_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

struct Column {
  std::string name;
  std::string data_type;    // "varchar"
  std::string column_type;  // "varchar(10)"
  std::string charset;      // Empty where it has none.
  int64_t octets = 0;       // The most bytes of a text or of binary data.
  enum class Role {
    kStored,
    kGenerated,  // Computed from others, stored or virtual.
    kRowStart,   // MariaDB: start and end of the period in which the row is valid.
    kRowEnd
  };
  Role role = Role::kStored;
  bool is_virtual = false;  // Generated, and not stored.
  bool invisible = false;
  bool ambiguous = false;  // An ENUM or SET whose texts do not tell its values apart (members.h).
};

struct Table {
  std::string name;
  enum class Kind { kTable, kView, kSequence };
  Kind kind = Kind::kTable;
  // Of a view: preparing its text, or opening it, runs code with the user's rights (view_calls.h).
  bool text_calls = false, opening_calls = false;
  bool versioned = false;  // MariaDB's WITH SYSTEM VERSIONING.
  std::string engine;
  std::string row_format;  // "Dynamic"
  bool transactional = true;
  int64_t rows = 0;  // An estimate.
  int64_t data_bytes = 0, index_bytes = 0;
  std::vector<Column> columns;
};

// True when INSERT statements of a dump contain the column.
inline bool IsWritten(const Table& table, const Column& column) {
  return column.role == Column::Role::kStored ||
         (table.versioned && column.role != Column::Role::kGenerated);
}

// A routine, trigger or event.
struct StoredObject {
  enum class Kind { kProcedure, kFunction, kPackage, kPackageBody, kTrigger, kEvent };
  Kind kind = Kind::kProcedure;
  std::string name;
  std::string table;  // The table of a trigger; else empty.
};
// "PROCEDURE", "PACKAGE BODY", ...
std::string_view SqlWord(StoredObject::Kind kind);

// The content of a database. Each kind of object is sorted by name, except for triggers, which are
// in the order in which they fire.
struct Catalog {
  std::string database;
  std::vector<Table> tables;  // Tables, views and sequences.
  std::vector<StoredObject> objects;
  std::vector<std::string> libraries;  // MySQL's, of code for routines. A dump has none.
  bool empty() const { return tables.empty() && objects.empty(); }
  std::set<std::string> closed_views;  // MariaDB's views, which queries must not open.
};

// Reads the catalogue of `database`, with the tables' columns if `with_columns`. Does not open the
// views of MariaDB (view_calls.h), which have a name and a kind only.
absl::StatusOr<Catalog> ReadCatalog(const base::Context& context, Session& session,
                                    const std::string& database, bool with_columns);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_CATALOG_H_
