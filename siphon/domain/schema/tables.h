// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SCHEMA_TABLES_H_
#define SIPHON_DOMAIN_SCHEMA_TABLES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "siphon/domain/schema/type.h"

namespace siphon::schema {

// The value of a column that an INSERT does not name.
struct Default {
  enum class Kind {
    kNone,
    kNumber,     // `text` is a number.
    kText,       // `text` is the text itself, without quotes.
    kBoolean,    // `text` is "0" or "1".
    kNow,        // The time of the statement, in the session's time zone.
    kNowUtc,     // The same in UTC.
    kExpression  // `text` is an expression of the source's engine; it is not copied.
  };
  Kind kind = Kind::kNone;
  std::string text = "";
};

struct Column {
  std::string name;
  Type type;
  std::string native;  // The type as the source's engine writes it: "character varying(20)".
  bool not_null = false;
  Default default_value = {};
  bool identity = false;   // The engine numbers new rows.
  bool generated = false;  // Computed from other columns.
  // A property that no other engine has: "collation NOCASE". Of Kind::kUnknown the reason.
  std::string note = "";
  std::string comment = "";
};

struct IndexPart {
  size_t column = 0;
  bool descending = false;
};

// An index, or a constraint UNIQUE.
struct Index {
  std::string name;
  std::vector<IndexPart> parts;
  bool unique = false;
  // Why other engines have no such index: "partial". Empty for an ordinary one.
  std::string obstacle = "";
};

enum class Action { kNoAction, kRestrict, kCascade, kSetNull, kSetDefault };

struct ForeignKey {
  std::string name;
  std::vector<size_t> columns;
  std::string schema;  // Of the referenced table.
  std::string table;
  std::vector<std::string> referenced;  // Empty: its primary key.
  Action on_delete = Action::kNoAction;
  Action on_update = Action::kNoAction;
  std::string note = "";      // A property that is lost: "DEFERRABLE".
  std::string obstacle = "";  // Why it cannot be made: "rows of the source violate it".
};

struct Table {
  std::string schema = "";  // Of an engine with schemas.
  std::string name;
  std::vector<Column> columns;
  std::vector<size_t> primary_key = {};  // Columns.
  std::vector<Index> indexes = {};       // Without that of the primary key.
  std::vector<ForeignKey> foreign_keys = {};
  std::vector<std::string> checks = {};  // CHECK constraints, by name or text.
  // Other properties that are not copied: "row-level security".
  std::vector<std::string> notes = {};
  std::string comment = "";
  // The next number of the identity column; none: above the greatest number in it.
  std::optional<int64_t> next_identity = std::nullopt;
};

// The tables of a database, sorted by schema and name.
struct Tables {
  Engine engine = Engine::kSqlite;
  std::vector<Table> tables;
  // Objects that are not tables, for people: "view sales_by_store".
  std::vector<std::string> others = {};
};

// "orders", or "sales.orders" for a table outside of the schema public.
inline std::string TableName(const std::string& schema, const std::string& name) {
  return schema.empty() || schema == "public" ? name : schema + "." + name;
}
inline std::string TableName(const Table& table) { return TableName(table.schema, table.name); }

}  // namespace siphon::schema

#endif  // SIPHON_DOMAIN_SCHEMA_TABLES_H_
