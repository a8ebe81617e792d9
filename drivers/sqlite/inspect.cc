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
#include "drivers/sqlite/btree_estimate.h"
#include "drivers/sqlite/schema.h"
#include "errs/status_macros.h"

namespace siphon::sqlite {
namespace {

struct Index {
  std::string name;
  int64_t root = 0;
};

// The key is the lower-case name of the table.
using Indexes = std::multimap<std::string, Index>;

// The root pages of tables, by their lower-case names, and the indexes.
struct Roots {
  std::map<std::string, int64_t> tables;
  Indexes indexes;
};

absl::StatusOr<Roots> ReadRoots(Database& database) {
  ASSIGN_OR_RETURN(Statement statement,
                   database.Prepare("SELECT type, tbl_name, name, rootpage"
                                    " FROM main.sqlite_schema WHERE rootpage > 0"));
  Roots roots;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, statement.Step());
    if (!row) return roots;
    const std::string table = absl::AsciiStrToLower(statement.Text(1));
    if (statement.Text(0) == "table") {
      roots.tables[table] = statement.Int(3);
    } else {
      roots.indexes.emplace(table, Index{statement.Text(2), statement.Int(3)});
    }
  }
}

class Inspector {
 public:
  Inspector(Database& database, const Catalog& catalog, Roots roots, bool exact)
      : database_(database), catalog_(catalog), roots_(std::move(roots)), exact_(exact) {}

  absl::StatusOr<verbs::TableSchema> Describe(const Table& table) {
    verbs::TableSchema out;
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
    out.indexes = 0;  // Indexes of shadow tables are not reported.
    return out;
  }

 private:
  // Adds a table's b-trees to `out`, and its rows if they are to be counted.
  absl::Status Add(const Table& table, bool rows, verbs::TableSchema& out) {
    ASSIGN_OR_RETURN(
        const BtreeSize size,
        SizeOf(table.name, roots_.tables[absl::AsciiStrToLower(table.name)], table.without_rowid));
    out.bytes += size.bytes;
    if (rows) {
      out.rows = size.rows;
      out.rows_exact = size.exact;
    }
    const auto [begin, end] = roots_.indexes.equal_range(absl::AsciiStrToLower(table.name));
    for (auto index = begin; index != end; ++index) {
      ASSIGN_OR_RETURN(const BtreeSize content,
                       SizeOf(index->second.name, index->second.root, true));
      out.index_bytes += content.bytes;
      ++out.indexes;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<BtreeSize> SizeOf(std::string_view name, int64_t root, bool rows_in_all_pages) {
    if (exact_ || root == 0) return MeasureBtree(database_, name, rows_in_all_pages);
    return EstimateBtree(database_, root);
  }

  Database& database_;
  const Catalog& catalog_;
  Roots roots_;
  bool exact_;
};

absl::Status ReadProperties(Database& database, verbs::Schema& schema) {
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

absl::StatusOr<verbs::Schema> Inspect(Database& database, const verbs::InspectOptions& options,
                                      int64_t estimate_above) {
  verbs::Schema schema;
  schema.engine = "sqlite";
  schema.engine_version = sqlite3_libversion();
  RETURN_IF_ERROR(ReadProperties(database, schema));
  ASSIGN_OR_RETURN(const int64_t pages, database.QueryInt("PRAGMA main.page_count"));
  ASSIGN_OR_RETURN(const int64_t page_size, database.QueryInt("PRAGMA main.page_size"));
  schema.bytes = pages * page_size;
  ASSIGN_OR_RETURN(const Catalog catalog, ReadCatalog(database));
  ASSIGN_OR_RETURN(Roots roots, ReadRoots(database));
  const bool exact = options.exact || schema.bytes <= estimate_above;
  Inspector inspector(database, catalog, std::move(roots), exact);
  for (const Table& table : catalog.tables) {
    if (table.kind != Table::Kind::kOrdinary && table.kind != Table::Kind::kVirtual) continue;
    ASSIGN_OR_RETURN(verbs::TableSchema described, inspector.Describe(table));
    schema.tables.push_back(std::move(described));
  }
  for (const Object& object : catalog.objects) {
    if (object.type != "view") continue;
    verbs::TableSchema view;
    view.name = object.name;
    view.kind = "view";
    schema.tables.push_back(std::move(view));
  }
  std::sort(
      schema.tables.begin(), schema.tables.end(),
      [](const verbs::TableSchema& a, const verbs::TableSchema& b) { return a.name < b.name; });
  return schema;
}

}  // namespace siphon::sqlite
