// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/inspect.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "drivers/sqlite/schema.h"
#include "errs/status_macros.h"

namespace siphon::sqlite {
namespace {

// What one b-tree takes and holds.
struct Btree {
  int64_t bytes = 0;
  int64_t leaf_cells = 0;
  int64_t cells = 0;
};

// dbstat reads every page of the b-tree, and with that counts its rows.
absl::StatusOr<Btree> Measure(Database& database, std::string_view name) {
  ASSIGN_OR_RETURN(Statement statement,
                   database.Prepare("SELECT sum(pgsize), sum(iif(pagetype = 'leaf', ncell, 0)),"
                                    " sum(ncell) FROM dbstat('main') WHERE name = ?1"));
  statement.BindText(1, name);
  ASSIGN_OR_RETURN(const bool row, statement.Step());
  if (!row) return Btree{};
  return Btree{statement.Int(0), statement.Int(1), statement.Int(2)};
}

absl::StatusOr<std::multimap<std::string, std::string>> ReadIndexes(Database& database) {
  ASSIGN_OR_RETURN(Statement statement,
                   database.Prepare("SELECT tbl_name, name FROM main.sqlite_schema"
                                    " WHERE type = 'index' AND rootpage > 0"));
  std::multimap<std::string, std::string> indexes;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, statement.Step());
    if (!row) return indexes;
    indexes.emplace(absl::AsciiStrToLower(statement.Text(0)), statement.Text(1));
  }
}

class Inspector {
 public:
  Inspector(Database& database, const Catalog& catalog,
            const std::multimap<std::string, std::string>& indexes)
      : database_(database), catalog_(catalog), indexes_(indexes) {}

  absl::StatusOr<job::TableSchema> Describe(const Table& table) {
    job::TableSchema out;
    out.name = table.name;
    out.kind = "table";
    if (table.kind != Table::Kind::kVirtual) {
      RETURN_IF_ERROR(Add(table, true, out));
      return out;
    }
    out.kind = "virtual";
    const std::string source = RowSource(catalog_, table);
    for (const std::string& name : table.shadows) {
      const Table* const shadow = catalog_.FindTable(name);
      if (shadow != nullptr) RETURN_IF_ERROR(Add(*shadow, name == source, out));
    }
    out.indexes = 0;  // Those of the shadow tables are nobody's to look at.
    return out;
  }

 private:
  // Adds a table's b-trees to `out`, and its rows where they are the rows that count.
  absl::Status Add(const Table& table, bool rows, job::TableSchema& out) {
    ASSIGN_OR_RETURN(const Btree btree, Measure(database_, table.name));
    out.bytes += btree.bytes;
    if (rows) {
      out.rows = table.without_rowid ? btree.cells : btree.leaf_cells;
      out.rows_exact = true;
    }
    const auto [begin, end] = indexes_.equal_range(absl::AsciiStrToLower(table.name));
    for (auto index = begin; index != end; ++index) {
      ASSIGN_OR_RETURN(const Btree content, Measure(database_, index->second));
      out.index_bytes += content.bytes;
      ++out.indexes;
    }
    return absl::OkStatus();
  }

  Database& database_;
  const Catalog& catalog_;
  const std::multimap<std::string, std::string>& indexes_;
};

absl::Status ReadProperties(Database& database, job::Schema& schema) {
  for (const std::string_view name : {"application_id", "auto_vacuum", "encoding", "freelist_count",
                                      "journal_mode", "page_count", "page_size", "user_version"}) {
    ASSIGN_OR_RETURN(std::string value, database.QueryText(absl::StrCat("PRAGMA main.", name)));
    if (name == "auto_vacuum") {
      value = value == "1" ? "full" : value == "2" ? "incremental" : "none";
    }
    schema.properties.emplace_back(name, std::move(value));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<job::Schema> Inspect(Database& database, const job::InspectOptions&) {
  job::Schema schema;
  schema.engine = "sqlite";
  schema.engine_version = sqlite3_libversion();
  RETURN_IF_ERROR(ReadProperties(database, schema));
  ASSIGN_OR_RETURN(const int64_t pages, database.QueryInt("PRAGMA main.page_count"));
  ASSIGN_OR_RETURN(const int64_t page_size, database.QueryInt("PRAGMA main.page_size"));
  schema.bytes = pages * page_size;
  ASSIGN_OR_RETURN(const Catalog catalog, ReadCatalog(database));
  ASSIGN_OR_RETURN(const auto indexes, ReadIndexes(database));
  Inspector inspector(database, catalog, indexes);
  for (const Table& table : catalog.tables) {
    if (table.kind != Table::Kind::kOrdinary && table.kind != Table::Kind::kVirtual) continue;
    ASSIGN_OR_RETURN(job::TableSchema described, inspector.Describe(table));
    schema.tables.push_back(std::move(described));
  }
  for (const Object& object : catalog.objects) {
    if (object.type != "view") continue;
    job::TableSchema view;
    view.name = object.name;
    view.kind = "view";
    schema.tables.push_back(std::move(view));
  }
  std::sort(schema.tables.begin(), schema.tables.end(),
            [](const job::TableSchema& a, const job::TableSchema& b) { return a.name < b.name; });
  return schema;
}

}  // namespace siphon::sqlite
