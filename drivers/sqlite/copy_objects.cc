// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/copy_objects.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/sqlite/row_scan.h"
#include "drivers/sqlite/schema.h"
#include "drivers/sqlite/selection.h"
#include "drivers/sqlite/sql_text.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::sqlite {
namespace {

// Number of rows between two checks of the context.
constexpr int kRowsPerCheck = 256;
// Number of messages after which "PRAGMA quick_check" ends.
constexpr int64_t kMostMessages = 100;
constexpr std::string_view kStatisticsTables[] = {"sqlite_stat1", "sqlite_stat4"};

// Runs the definition of an object in `source`.
absl::Status Define(const Database& source, std::string_view name, const std::string& sql,
                    Database& target) {
  RETURN_IF_ERROR(CheckDefinition(source, name, sql));
  return target.Execute(sql);
}

// Inserts virtual tables into the schema without calling their modules.
absl::Status EnterVirtualTables(const Database& source, const std::vector<const Table*>& tables,
                                Database& target) {
  if (tables.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(target.Execute("PRAGMA writable_schema = ON"));
  for (const Table* const table : tables) {
    RETURN_IF_ERROR(CheckDefinition(source, table->name, table->sql));
    ASSIGN_OR_RETURN(Statement insert,
                     target.Prepare("INSERT INTO main.sqlite_schema(type, name, tbl_name, rootpage,"
                                    " sql) VALUES('table', ?1, ?1, 0, ?2)"));
    insert.BindText(1, table->name);
    insert.BindText(2, table->sql);
    RETURN_IF_ERROR(insert.Run());
  }
  // Every connection reads the schema again when this number changes.
  ASSIGN_OR_RETURN(const int64_t version, target.QueryInt("PRAGMA main.schema_version"));
  return target.Execute(
      absl::StrCat("PRAGMA main.schema_version = ", version + 1, "; PRAGMA writable_schema = OFF"));
}

class Copier {
 public:
  Copier(const base::Context& context, Database& source, Database& target, const CopyPlan& plan)
      : context_(context), source_(source), target_(target), plan_(plan) {}

  absl::Status Run() {
    ASSIGN_OR_RETURN(from_, ReadCatalog(source_));
    if (plan_.held.has_value()) KeepHeld(*plan_.held);
    ASSIGN_OR_RETURN(selection_, SelectForRestore(from_, plan_.tables, plan_.exclude_tables,
                                                  target_.operation()));
    // From here on under the lock: the content that is checked is the content that is changed.
    RETURN_IF_ERROR(target_.Execute("BEGIN IMMEDIATE"));
    ASSIGN_OR_RETURN(to_, ReadCatalog(target_));
    ASSIGN_OR_RETURN(from_encoding_, ReadEncoding(source_));
    ASSIGN_OR_RETURN(to_encoding_, ReadEncoding(target_));
    RETURN_IF_ERROR(plan_.schema ? CheckNames() : CheckTables());
    if (plan_.schema) RETURN_IF_ERROR(DefineTables());
    if (plan_.rows) {
      for (const SelectedTable& selected : selection_.tables) {
        RETURN_IF_ERROR(CopyRowsOf(*selected.table));
      }
    }
    // After the rows: indexes are built faster, and triggers do not fire.
    if (plan_.schema) RETURN_IF_ERROR(DefineObjects());
    RETURN_IF_ERROR(CopyStatistics());
    RETURN_IF_ERROR(CheckForeignKeys());
    return CheckConstraints();
  }

 private:
  void KeepHeld(const std::set<std::string>& names) {
    std::set<std::string> held;
    for (const Table& table : from_.tables) {
      if (!names.contains(table.name)) continue;
      held.insert(table.owner.empty() ? table.name : table.owner);
    }
    std::erase_if(from_.tables, [&](const Table& table) {
      const bool chooseable =
          table.kind == Table::Kind::kOrdinary || table.kind == Table::Kind::kVirtual;
      return chooseable && !held.contains(table.name);
    });
  }

  absl::Status NotEmpty(std::string_view detail) {
    return errs::UserError(target_.operation(), errs::kTargetNotEmpty,
                           absl::StrCat(target_.path(), ": ", detail),
                           "use --clean to replace it, or select other tables");
  }

  // When definitions are copied: drops objects with their names, or refuses.
  absl::Status CheckNames() {
    std::vector<std::string> drops;
    const auto check = [&](const std::string& name) -> absl::Status {
      const Table* const table = to_.FindTable(name);
      const Object* const view = to_.FindView(name);
      if (table == nullptr && view == nullptr) return absl::OkStatus();
      if (!plan_.clean) return NotEmpty(absl::StrCat("\"", name, "\" exists"));
      drops.push_back(absl::StrCat("DROP ", table != nullptr ? "TABLE" : "VIEW", " main.",
                                   QuoteIdentifier(table != nullptr ? table->name : view->name)));
      return absl::OkStatus();
    };
    for (const SelectedTable& selected : selection_.tables) {
      RETURN_IF_ERROR(check(selected.table->name));
    }
    for (const Object* const object : selection_.objects) {
      if (object->type == "view") RETURN_IF_ERROR(check(object->name));
    }
    for (const std::string& drop : drops) RETURN_IF_ERROR(target_.Execute(drop));
    return absl::OkStatus();
  }

  // When rows alone are copied: the tables must exist, and be empty or are emptied.
  absl::Status CheckTables() {
    for (const SelectedTable& selected : selection_.tables) {
      const Table* const table = to_.FindTable(selected.table->name);
      if (table == nullptr) {
        return errs::UserError(target_.operation(), errs::kNotFound,
                               absl::StrCat(target_.path(), " has no table \"",
                                            selected.table->name, "\" for the rows"),
                               "restore the definitions, too: omit --data-only");
      }
      RETURN_IF_ERROR(CheckKind(*selected.table, *table));
      const Table* const counted = to_.FindTable(RowSource(to_, *table));
      if (!plan_.clean && counted != nullptr) {
        ASSIGN_OR_RETURN(const int64_t row,
                         target_.QueryInt(absl::StrCat("SELECT EXISTS(SELECT 1 FROM main.",
                                                       QuoteIdentifier(counted->name), ")")));
        if (row != 0) return NotEmpty(absl::StrCat("\"", table->name, "\" holds rows"));
      }
      // Shadow tables are not empty even if the virtual table is.
      for (const std::string& name : Stores(from_, *selected.table)) {
        RETURN_IF_ERROR(target_.Execute(absl::StrCat("DELETE FROM main.", QuoteIdentifier(name))));
      }
    }
    return absl::OkStatus();
  }

  // Refuses rows that the target's virtual table could not read: those of a virtual table are
  // copied as the content of its shadow tables.
  absl::Status CheckKind(const Table& from, const Table& to) {
    if (to.kind == Table::Kind::kShadow) {
      return RefuseOtherDefinition(target_.operation(), to.owner);
    }
    if (from.kind != Table::Kind::kVirtual || Stores(from_, from).empty()) return absl::OkStatus();
    if (to.kind == Table::Kind::kVirtual &&
        ModuleAndArguments(from.sql) == ModuleAndArguments(to.sql)) {
      return absl::OkStatus();
    }
    return RefuseOtherDefinition(target_.operation(), from.name);
  }

  // The tables that contain a table's rows.
  static std::vector<std::string> Stores(const Catalog& catalog, const Table& table) {
    if (table.kind != Table::Kind::kVirtual) return {table.name};
    std::vector<std::string> names;
    for (const std::string& shadow : table.shadows) {
      if (catalog.FindTable(shadow) != nullptr) names.push_back(shadow);
    }
    return names;
  }

  absl::Status DefineTables() {
    std::vector<const Table*> as_they_stand;
    for (const SelectedTable& selected : selection_.tables) {
      const Table& table = *selected.table;
      // The definition of a virtual table that is copied with its content is inserted directly: its
      // module would fill the shadow tables itself.
      if (table.kind != Table::Kind::kVirtual || !plan_.rows) {
        RETURN_IF_ERROR(Define(source_, table.name, table.sql, target_));
        continue;
      }
      for (const std::string& name : table.shadows) {
        RETURN_IF_ERROR(Define(source_, name, from_.FindTable(name)->sql, target_));
      }
      as_they_stand.push_back(&table);
    }
    return EnterVirtualTables(source_, as_they_stand, target_);
  }

  absl::Status DefineObjects() {
    for (const std::string_view type : {"index", "view", "trigger"}) {
      for (const Object* const object : selection_.objects) {
        if (object->type != type) continue;
        RETURN_IF_ERROR(Define(source_, object->name, object->sql, target_));
      }
    }
    return absl::OkStatus();
  }

  absl::Status CopyRowsOf(const Table& table) {
    for (const std::string& name : Stores(from_, table)) {
      const Table* const store = from_.FindTable(name);
      RETURN_IF_ERROR(CopyRows(*store));
      if (!store->autoincrement) continue;
      ASSIGN_OR_RETURN(const int64_t counts,
                       target_.QueryInt("SELECT count(*) FROM main.sqlite_schema"
                                        " WHERE name = 'sqlite_sequence'"));
      if (counts != 0) RETURN_IF_ERROR(CopySequence(name));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Statement> PrepareInsert(const Table& table,
                                          const std::vector<std::string>& columns) {
    std::vector<std::string> marks;
    for (size_t i = 1; i <= columns.size(); ++i) marks.push_back(absl::StrCat("?", i));
    return target_.Prepare(absl::StrCat("INSERT OR ABORT INTO main.", QuoteIdentifier(table.name),
                                        "(", absl::StrJoin(columns, ", "), ") VALUES(",
                                        absl::StrJoin(marks, ", "), ")"));
  }

  // Refuses texts that would change, because the target has another encoding.
  absl::Status CheckTexts(const Table& table, const std::vector<std::string>& columns,
                          const Statement& row) {
    if (from_encoding_ == to_encoding_) return absl::OkStatus();
    for (int i = 0; i < static_cast<int>(columns.size()); ++i) {
      if (row.Type(i) != SQLITE_TEXT) continue;
      if (ConvertsExactly(row.Bytes(i), from_encoding_, to_encoding_)) continue;
      return errs::UserError(
          target_.operation(), errs::kInvalidArgument,
          absl::StrCat(target_.path(), ": table \"", table.name, "\", column ", columns[i],
                       ": a text cannot be converted from ", EncodingName(from_encoding_), " to ",
                       EncodingName(to_encoding_), ", the encoding of this database"),
          absl::StrCat("restore into a database with the encoding ", EncodingName(from_encoding_),
                       ", or correct the text in the source"));
    }
    return absl::OkStatus();
  }

  static absl::Status InsertRow(const Statement& row, size_t columns, Statement& insert) {
    for (int i = 0; i < static_cast<int>(columns); ++i) insert.BindValue(i + 1, row.Value(i));
    return insert.Run();
  }

  absl::Status CopyRows(const Table& table) {
    const std::vector<std::string> columns = StoredColumns(table);
    ASSIGN_OR_RETURN(Statement insert, PrepareInsert(table, columns));
    RowScan scan(&source_, &table, columns);
    for (int64_t rows = 0;; ++rows) {
      if (rows % kRowsPerCheck == 0) RETURN_IF_ERROR(target_.CheckContext());
      ASSIGN_OR_RETURN(const bool row, scan.Next());
      if (!row) return absl::OkStatus();
      RETURN_IF_ERROR(CheckTexts(table, columns, scan.row()));
      RETURN_IF_ERROR(InsertRow(scan.row(), columns.size(), insert));
    }
  }

  absl::Status CopySequence(const std::string& table) {
    ASSIGN_OR_RETURN(Statement read,
                     source_.Prepare("SELECT seq FROM main.sqlite_sequence WHERE name = ?1"));
    read.BindText(1, table);
    ASSIGN_OR_RETURN(Statement remove,
                     target_.Prepare("DELETE FROM main.sqlite_sequence WHERE name = ?1"));
    remove.BindText(1, table);
    RETURN_IF_ERROR(remove.Run());
    ASSIGN_OR_RETURN(const bool row, read.Step());
    if (!row) return absl::OkStatus();
    ASSIGN_OR_RETURN(Statement insert,
                     target_.Prepare("INSERT INTO main.sqlite_sequence(name, seq) VALUES(?1, ?2)"));
    insert.BindText(1, table);
    insert.BindValue(2, read.Value(0));
    return insert.Run();
  }

  // The planner's statistics, if both databases have them.
  absl::Status CopyStatistics() {
    if (!plan_.rows) return absl::OkStatus();
    for (const std::string_view name : kStatisticsTables) {
      const Table* const from = from_.FindTable(name);
      if (from == nullptr) continue;
      ASSIGN_OR_RETURN(const bool known, HasStatistics(name));
      if (!known) continue;
      for (const SelectedTable& selected : selection_.tables) {
        for (const std::string& store : Stores(from_, *selected.table)) {
          RETURN_IF_ERROR(CopyStatisticsOf(*from, store));
        }
      }
    }
    return absl::OkStatus();
  }

  // True if the target has this table of statistics.
  absl::StatusOr<bool> HasStatistics(std::string_view name) {
    if (to_.FindTable(name) != nullptr) return true;
    if (!plan_.statistics) return false;
    ASSIGN_OR_RETURN(const int64_t made,
                     target_.QueryInt(absl::StrCat("SELECT count(*) FROM main.sqlite_schema"
                                                   " WHERE name = '",
                                                   name, "'")));
    if (made != 0) return true;
    // It also makes the tables of statistics that this SQLite knows. The rows are replaced.
    RETURN_IF_ERROR(target_.Execute("ANALYZE main.sqlite_schema"));
    ASSIGN_OR_RETURN(const int64_t now,
                     target_.QueryInt(absl::StrCat("SELECT count(*) FROM main.sqlite_schema"
                                                   " WHERE name = '",
                                                   name, "'")));
    return now != 0;
  }

  absl::Status CopyStatisticsOf(const Table& statistics, const std::string& table) {
    const std::string name = QuoteIdentifier(statistics.name);
    ASSIGN_OR_RETURN(Statement remove,
                     target_.Prepare(absl::StrCat("DELETE FROM main.", name, " WHERE tbl = ?1")));
    remove.BindText(1, table);
    RETURN_IF_ERROR(remove.Run());
    std::vector<std::string> columns;
    for (const std::string& column : statistics.columns) columns.push_back(QuoteIdentifier(column));
    ASSIGN_OR_RETURN(Statement read,
                     source_.Prepare(absl::StrCat("SELECT ", absl::StrJoin(columns, ", "),
                                                  " FROM main.", name, " WHERE tbl = ?1")));
    read.BindText(1, table);
    ASSIGN_OR_RETURN(Statement insert, PrepareInsert(statistics, columns));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, read.Step());
      if (!row) return absl::OkStatus();
      RETURN_IF_ERROR(InsertRow(read, columns.size(), insert));
    }
  }

  absl::Status CheckForeignKeys() {
    if (!plan_.rows) return absl::OkStatus();
    for (const SelectedTable& selected : selection_.tables) {
      if (selected.table->kind != Table::Kind::kOrdinary) continue;
      const absl::Status status = CheckForeignKeysOf(selected.table->name);
      RETURN_IF_ERROR(target_.CheckContext());
      // A parent table that is missing or has no suitable key ends the check, but not the restore.
      if (!status.ok()) {
        context_.Warn("restore", absl::StrCat("foreign keys of \"", selected.table->name,
                                              "\" cannot be checked: ", status.message()));
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckForeignKeysOf(const std::string& table) {
    ASSIGN_OR_RETURN(Statement check, target_.Prepare(absl::StrCat("PRAGMA main.foreign_key_check(",
                                                                   QuoteIdentifier(table), ")")));
    int64_t broken = 0;
    std::string parent;
    while (true) {
      ASSIGN_OR_RETURN(const bool row, check.Step());
      if (!row) break;
      if (broken++ == 0) parent = check.Text(2);
    }
    if (broken > 0) {
      context_.Warn("restore", absl::StrCat(broken, " rows of \"", table, "\" refer to rows of \"",
                                            parent, "\" that do not exist"));
    }
    return absl::OkStatus();
  }

  // Rows alone need not meet the CHECK constraints of the target's tables.
  absl::Status CheckConstraints() {
    if (!plan_.rows || plan_.schema) return absl::OkStatus();
    RETURN_IF_ERROR(target_.Execute("PRAGMA ignore_check_constraints = OFF"));
    for (const SelectedTable& selected : selection_.tables) {
      const Table* const table = to_.FindTable(selected.table->name);
      if (table->kind != Table::Kind::kOrdinary) continue;
      if (!absl::StrContainsIgnoreCase(table->sql, "check")) continue;
      const absl::Status status = CheckConstraintsOf(table->name);
      RETURN_IF_ERROR(target_.CheckContext());
      if (!status.ok()) {
        context_.Warn("restore", absl::StrCat("CHECK constraints of \"", table->name,
                                              "\" cannot be checked: ", status.message()));
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckConstraintsOf(const std::string& table) {
    ASSIGN_OR_RETURN(Statement check, target_.Prepare(absl::StrCat("PRAGMA main.quick_check(",
                                                                   QuoteIdentifier(table), ")")));
    int64_t broken = 0;
    while (true) {
      ASSIGN_OR_RETURN(const bool row, check.Step());
      if (!row) break;
      if (absl::StartsWith(check.Text(0), "CHECK constraint failed")) ++broken;
    }
    if (broken == 0) return absl::OkStatus();
    context_.Warn("restore",
                  absl::StrCat(broken >= kMostMessages ? "at least " : "", broken, " rows of \"",
                               table, "\" break a CHECK constraint of the target"));
    return absl::OkStatus();
  }

  const base::Context& context_;
  Database& source_;
  Database& target_;
  const CopyPlan& plan_;
  Catalog from_;
  Catalog to_;
  Encoding from_encoding_ = Encoding::kUtf8;
  Encoding to_encoding_ = Encoding::kUtf8;
  Selection selection_;
};

}  // namespace

absl::Status CopyObjects(const base::Context& context, Database& source, Database& target,
                         const CopyPlan& plan) {
  // The rows were valid in the source: no constraints are checked, and no triggers fire.
  sqlite3_db_config(target.handle(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  // Shadow tables are filled directly.
  target.SetDefensive(false);
  RETURN_IF_ERROR(target.Execute("PRAGMA ignore_check_constraints = ON"));
  absl::Status status = Copier(context, source, target, plan).Run();
  if (status.ok()) status = target.Execute("COMMIT");
  if (sqlite3_get_autocommit(target.handle()) == 0) {
    target.Execute("ROLLBACK").IgnoreError();
    if (sqlite3_get_autocommit(target.handle()) == 0) target.Execute("ROLLBACK").IgnoreError();
  }
  target.Execute("PRAGMA writable_schema = RESET; PRAGMA ignore_check_constraints = OFF")
      .IgnoreError();
  target.SetDefensive(true);
  sqlite3_db_config(target.handle(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, nullptr);
  return status;
}

absl::Status CopyTableDefinitions(Database& source, Database& target) {
  ASSIGN_OR_RETURN(const Catalog catalog, ReadCatalog(source));
  std::vector<const Table*> virtual_tables;
  for (const Table& table : catalog.tables) {
    if (table.kind == Table::Kind::kVirtual) virtual_tables.push_back(&table);
    if (table.kind == Table::Kind::kOrdinary || table.kind == Table::Kind::kShadow) {
      RETURN_IF_ERROR(Define(source, table.name, table.sql, target));
    }
  }
  return EnterVirtualTables(source, virtual_tables, target);
}

}  // namespace siphon::sqlite
