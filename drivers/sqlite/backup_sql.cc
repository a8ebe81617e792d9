// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/backup_sql.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/sqlite/body.h"
#include "drivers/sqlite/page_check.h"
#include "drivers/sqlite/row_scan.h"
#include "drivers/sqlite/schema.h"
#include "drivers/sqlite/script_splitter.h"
#include "drivers/sqlite/selection.h"
#include "drivers/sqlite/sql_text.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"
#include "siphon/domain/dumps/contents.h"

namespace siphon::sqlite {
namespace {

// How many tables a warning names.
constexpr size_t kShown = 10;
// Creates and drops a table, so that SQLite creates sqlite_sequence.
constexpr std::string_view kMakeSequence =
    "CREATE TABLE siphon_sequence_maker(id INTEGER PRIMARY KEY AUTOINCREMENT);\n"
    "DROP TABLE siphon_sequence_maker;\n";

// Writes one script from one snapshot, which has begun.
class ScriptWriter {
 public:
  // Adds the tables that a restore could not make to `unknown`, see FindUnknown().
  ScriptWriter(Snapshot& snapshot, const verbs::BackupOptions& options,
               driver::BackupTarget& target, std::vector<std::string>* unknown)
      : snapshot_(snapshot),
        database_(snapshot.database()),
        options_(options),
        body_(&snapshot, &target),
        unknown_(unknown) {}

  absl::Status Run() {
    ASSIGN_OR_RETURN(catalog_, ReadCatalog(database_));
    ASSIGN_OR_RETURN(selection_, SelectForBackup(catalog_, options_, database_.operation()));
    ASSIGN_OR_RETURN(encoding_, ReadEncoding(database_));
    ASSIGN_OR_RETURN(ValueFormatter formatter, ValueFormatter::Create(&database_, encoding_));
    formatter_.emplace(std::move(formatter));
    RETURN_IF_ERROR(FindUnknown());
    RETURN_IF_ERROR(Describe());
    RETURN_IF_ERROR(WriteHead());
    RETURN_IF_ERROR(WriteTables());
    RETURN_IF_ERROR(WriteSequences());
    RETURN_IF_ERROR(WriteStatistics());
    RETURN_IF_ERROR(WriteObjects());
    RETURN_IF_ERROR(Write("COMMIT;\n"));
    return body_.Finish();
  }

 private:
  bool HasRows(const SelectedTable& selected) const {
    return selected.rows && !options_.schema_only;
  }
  bool FillsShadows(const SelectedTable& selected) const {
    return selected.table->kind == Table::Kind::kVirtual && HasRows(selected);
  }
  bool whole() const { return !selection_.partial && !options_.data_only; }

  absl::Status Write(std::string_view text) { return body_.Append(text); }
  absl::Status WriteDefinition(std::string_view name, std::string_view sql) {
    RETURN_IF_ERROR(CheckDefinition(database_, name, sql));
    return Write(absl::StrCat(TerminateStatement(sql), "\n"));
  }

  // Finds tables that use a function or collation which only their own program has.
  absl::Status FindUnknown() {
    unknown_->clear();
    // Triggers can be made without what they use.
    sqlite3_db_config(database_.handle(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    for (const SelectedTable& selected : selection_.tables) {
      if (selected.table->kind == Table::Kind::kVirtual) continue;
      const std::string unknown = UnknownOf(*selected.table);
      RETURN_IF_ERROR(database_.CheckContext());
      if (unknown.empty()) continue;
      unknown_->push_back(absl::StrCat("\"", selected.table->name, "\" (", unknown, ")"));
    }
    sqlite3_db_config(database_.handle(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, nullptr);
    return absl::OkStatus();
  }

  // SQLite's message about what it does not know and needs to make the table; else "". To prepare a
  // row takes what constraints, stored columns and indexes use; to read it, the other columns; to
  // sort by a column, its collation.
  std::string UnknownOf(const Table& table) {
    const std::string name = absl::StrCat("main.", QuoteIdentifier(table.name));
    const std::vector<std::string> columns = StoredColumns(table);
    const std::vector<std::string_view> values(columns.size(), "NULL");
    const absl::StatusOr<Statement> all = database_.Prepare(absl::StrCat("SELECT * FROM ", name));
    if (!all.ok()) return Unknown();
    std::string order;
    for (int i = 1; i <= all->column_count(); ++i) absl::StrAppend(&order, i > 1 ? "," : "", i);
    for (const std::string& sql :
         {absl::StrCat("INSERT INTO ", name, "(", absl::StrJoin(columns, ","), ") VALUES(",
                       absl::StrJoin(values, ","), ")"),
          absl::StrCat("SELECT * FROM ", name, " ORDER BY ", order)}) {
      if (database_.Prepare(sql).ok()) continue;
      std::string unknown = Unknown();
      if (!unknown.empty()) return unknown;
    }
    return "";
  }

  // The message of the last error, if it is about something unknown.
  std::string Unknown() const {
    const std::string message = sqlite3_errmsg(database_.handle());
    return NeedsOtherProgram(message) ? message : "";
  }

  absl::Status Describe() {
    dumps::Contents contents;
    contents.engine_version = sqlite3_libversion();
    for (const SelectedTable& selected : selection_.tables) {
      const Table* const source = catalog_.FindTable(RowSource(catalog_, *selected.table));
      if (source == nullptr) continue;
      int64_t rows = 0;
      if (HasRows(selected)) {
        ASSIGN_OR_RETURN(rows, CountRows(snapshot_, *source));
      }
      contents.tables.push_back({selected.table->name, rows, 0});
    }
    if (whole() && !options_.schema_only && options_.exclude_data.empty()) {
      ASSIGN_OR_RETURN(const int64_t pages, database_.QueryInt("PRAGMA main.page_count"));
      ASSIGN_OR_RETURN(const int64_t page_size, database_.QueryInt("PRAGMA main.page_size"));
      contents.estimated_bytes = static_cast<uint64_t>(pages * page_size);
    }
    body_.SetContents(std::move(contents));
    return absl::OkStatus();
  }

  absl::Status WriteSetting(std::string_view name) {
    ASSIGN_OR_RETURN(const std::string value,
                     database_.QueryText(absl::StrCat("PRAGMA main.", name)));
    std::string literal;
    AppendTextLiteral(value, &literal);
    return Write(absl::StrCat("PRAGMA ", name, " = ", name == "encoding" ? literal : value, ";\n"));
  }

  absl::Status WriteHead() {
    const ScriptHeader header{selection_.partial, !options_.data_only, !options_.schema_only};
    RETURN_IF_ERROR(Write(FormatScriptHeader(header)));
    const bool fills_shadows =
        std::any_of(selection_.tables.begin(), selection_.tables.end(),
                    [&](const SelectedTable& selected) { return FillsShadows(selected); });
    if (fills_shadows) {
      RETURN_IF_ERROR(
          Write("-- It fills the shadow tables of virtual tables. Some sqlite3 shells permit this\n"
                "-- only after \".dbconfig defensive off\".\n"));
    }
    // The encoding says what the bytes in CAST(X'..' AS TEXT) mean.
    RETURN_IF_ERROR(WriteSetting("encoding"));
    if (!options_.data_only) {
      RETURN_IF_ERROR(WriteSetting("page_size"));
      RETURN_IF_ERROR(WriteSetting("auto_vacuum"));
    } else if (fills_shadows) {
      RETURN_IF_ERROR(NameDefinitions());
    }
    // The rows were valid in the source: they are not checked again.
    RETURN_IF_ERROR(
        Write("PRAGMA foreign_keys = OFF;\nPRAGMA ignore_check_constraints = ON;\n"
              "BEGIN;\n"));
    if (!whole()) return absl::OkStatus();
    RETURN_IF_ERROR(WriteSetting("user_version"));
    return WriteSetting("application_id");
  }

  // A restore compares the definitions with the target's.
  absl::Status NameDefinitions() {
    for (const SelectedTable& selected : selection_.tables) {
      if (!FillsShadows(selected)) continue;
      const Table& table = *selected.table;
      RETURN_IF_ERROR(CheckDefinition(database_, table.name, table.sql));
      std::string line = absl::StrCat("PRAGMA ", kVirtualTablePragma, " = ");
      AppendTextLiteral(table.name, &line);
      absl::StrAppend(&line, ";\nPRAGMA ", kDefinitionPragma, " = ");
      AppendTextLiteral(table.sql, &line);
      line.append(";\n");
      RETURN_IF_ERROR(Write(line));
    }
    return absl::OkStatus();
  }

  absl::Status WriteTables() {
    for (const SelectedTable& selected : selection_.tables) {
      if (selected.table->kind == Table::Kind::kVirtual) continue;
      if (options_.data_only) {
        // Deletes nothing; names the table even when it has no rows.
        RETURN_IF_ERROR(Write(
            absl::StrCat("DELETE FROM ", QuoteIdentifier(selected.table->name), " WHERE 0;\n")));
      } else {
        RETURN_IF_ERROR(WriteDefinition(selected.table->name, selected.table->sql));
      }
      if (HasRows(selected)) RETURN_IF_ERROR(WriteRows(*selected.table));
    }
    for (const SelectedTable& selected : selection_.tables) {
      if (FillsShadows(selected)) {
        RETURN_IF_ERROR(WriteVirtualTable(*selected.table));
      }
    }
    return absl::OkStatus();
  }

  // Inserts a virtual table's definition into the schema directly; its shadow tables are written
  // like any other table. Its module would fill them itself.
  absl::Status WriteVirtualTable(const Table& table) {
    if (!options_.data_only) {
      RETURN_IF_ERROR(CheckDefinition(database_, table.name, table.sql));
      std::string row =
          "PRAGMA writable_schema = ON;\n"
          "INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql) VALUES('table',";
      AppendTextLiteral(table.name, &row);
      row.push_back(',');
      AppendTextLiteral(table.name, &row);
      row.append(",0,");
      AppendTextLiteral(table.sql, &row);
      row.append(");\nPRAGMA writable_schema = OFF;\n");
      RETURN_IF_ERROR(Write(row));
    }
    for (const std::string& name : table.shadows) {
      const Table* const shadow = catalog_.FindTable(name);
      if (shadow == nullptr) continue;
      if (options_.data_only) {
        // Shadow tables are not empty even if the virtual table is.
        RETURN_IF_ERROR(Write(absl::StrCat("DELETE FROM ", QuoteIdentifier(name), ";\n")));
      } else {
        RETURN_IF_ERROR(WriteDefinition(shadow->name, shadow->sql));
      }
      RETURN_IF_ERROR(WriteRows(*shadow));
    }
    return absl::OkStatus();
  }

  absl::Status WriteRows(const Table& table) {
    const std::vector<std::string> columns = StoredColumns(table);
    // OR ABORT: a constraint of the table may say that a conflict drops rows (ON CONFLICT IGNORE).
    const std::string head = absl::StrCat("INSERT OR ABORT INTO ", QuoteIdentifier(table.name), "(",
                                          absl::StrJoin(columns, ","), ") VALUES(");
    RowScan scan(&database_, &table, columns);
    while (true) {
      if (body_.Due()) {
        RETURN_IF_ERROR(scan.Suspend());
        RETURN_IF_ERROR(body_.Yield());
      }
      ASSIGN_OR_RETURN(const bool row, scan.Next());
      if (!row) return absl::OkStatus();
      RETURN_IF_ERROR(WriteRow(table, head, scan.row(), static_cast<int>(columns.size())));
    }
  }

  absl::Status WriteRow(const Table& table, std::string_view head, const Statement& row,
                        int columns) {
    // Upper bound for the size of the values: hexadecimal digits, or doubled quotes.
    size_t length = head.size();
    for (int i = 0; i < columns; ++i) {
      const int type = row.Type(i);
      length += type == SQLITE_TEXT || type == SQLITE_BLOB ? 2 * row.Bytes(i).size() + 32 : 64;
    }
    if (length > ScriptSplitter::kMaxStatement) {
      return errs::UserError(database_.operation(), errs::kInvalidArgument,
                             absl::StrCat("table \"", table.name,
                                          "\" contains a row that is too long for an SQL script"),
                             "back the database up as an image (--format image)");
    }
    std::string& out = body_.buffer();
    out.append(head);
    for (int i = 0; i < columns; ++i) {
      if (i > 0) out.push_back(',');
      RETURN_IF_ERROR(formatter_->Append(row, i, &out));
    }
    out.append(");\n");
    return body_.FlushIfFree();
  }

  // AUTOINCREMENT's counters. The inserted rows have changed them.
  absl::Status WriteSequences() {
    const Table* const sequence = catalog_.FindTable("sqlite_sequence");
    if (sequence == nullptr || options_.schema_only) return absl::OkStatus();
    bool made = options_.data_only;
    for (const SelectedTable& selected : selection_.tables) {
      made = made || selected.table->autoincrement;
    }
    if (whole()) {
      if (!made) RETURN_IF_ERROR(Write(kMakeSequence));
      RETURN_IF_ERROR(Write("DELETE FROM sqlite_sequence;\n"));
    }
    ASSIGN_OR_RETURN(Statement read,
                     database_.Prepare("SELECT name, seq FROM main.sqlite_sequence"));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, read.Step());
      if (!row) return absl::OkStatus();
      std::string name;
      RETURN_IF_ERROR(formatter_->Append(read, 0, &name));
      const SelectedTable* const selected = FindSelected(read.Text(0));
      if (!whole() && selected == nullptr) continue;
      if (selected != nullptr && !HasRows(*selected)) continue;
      std::string line;
      if (!whole()) absl::StrAppend(&line, "DELETE FROM sqlite_sequence WHERE name=", name, ";\n");
      absl::StrAppend(&line, "INSERT INTO sqlite_sequence(name,seq) VALUES(", name, ",");
      RETURN_IF_ERROR(formatter_->Append(read, 1, &line));
      line.append(");\n");
      RETURN_IF_ERROR(Write(line));
    }
  }

  const SelectedTable* FindSelected(std::string_view name) const {
    for (const SelectedTable& selected : selection_.tables) {
      if (SameName(selected.table->name, name)) return &selected;
    }
    return nullptr;
  }

  // The planner's statistics. sqlite_stat4 is left out: most sqlite3 shells are built without it,
  // and ANALYZE creates it again.
  absl::Status WriteStatistics() {
    const Table* const statistics = catalog_.FindTable("sqlite_stat1");
    if (statistics == nullptr || !whole() || options_.schema_only) return absl::OkStatus();
    // Creates the table; the schema table itself has no statistics.
    RETURN_IF_ERROR(Write("ANALYZE sqlite_master;\n"));
    return WriteRows(*statistics);
  }

  absl::Status WriteObjects() {
    if (options_.data_only) return absl::OkStatus();
    RETURN_IF_ERROR(WriteObjectsOf("index"));
    RETURN_IF_ERROR(WriteObjectsOf("view"));
    // Virtual tables without content are created by their modules, which may read the tables and
    // views that they index.
    for (const SelectedTable& selected : selection_.tables) {
      if (selected.table->kind == Table::Kind::kVirtual && !HasRows(selected)) {
        RETURN_IF_ERROR(WriteDefinition(selected.table->name, selected.table->sql));
      }
    }
    return WriteObjectsOf("trigger");
  }

  absl::Status WriteObjectsOf(std::string_view type) {
    for (const Object* const object : selection_.objects) {
      if (object->type != type || OfEmptyVirtualTable(*object)) continue;
      RETURN_IF_ERROR(WriteDefinition(object->name, object->sql));
    }
    return absl::OkStatus();
  }

  // True for objects on the shadow tables of a virtual table that is created by its module.
  bool OfEmptyVirtualTable(const Object& object) const {
    const Table* const table = catalog_.FindTable(object.table);
    if (table == nullptr || table->owner.empty()) return false;
    const SelectedTable* const selected = FindSelected(table->owner);
    return selected != nullptr && !HasRows(*selected);
  }

  Snapshot& snapshot_;
  Database& database_;
  const verbs::BackupOptions& options_;
  BodyWriter body_;
  std::vector<std::string>* unknown_;
  Catalog catalog_;
  Selection selection_;
  Encoding encoding_ = Encoding::kUtf8;
  std::optional<ValueFormatter> formatter_;
};

}  // namespace

absl::Status BackupSql(Database& database, const base::Context& context,
                       const verbs::BackupOptions& options, const SnapshotLimits& limits,
                       driver::BackupTarget& target) {
  if (!options.schema_only) RETURN_IF_ERROR(CheckPages(database, options, limits));
  std::vector<std::string> unknown;
  RETURN_IF_ERROR(WithSnapshot(database, context, limits, [&](Snapshot& snapshot) -> absl::Status {
    RETURN_IF_ERROR(snapshot.Begin());
    return ScriptWriter(snapshot, options, target, &unknown).Run();
  }));
  if (unknown.empty()) return absl::OkStatus();
  context.Warn("backup",
               absl::StrCat("siphon cannot restore this script, because tables use what only the"
                            " database's own program has: ",
                            base::ListSome(unknown, kShown),
                            "; back the whole database up as an image (--format image), leave the"
                            " tables out (--exclude-table), or run the script in that program"));
  return absl::OkStatus();
}

}  // namespace siphon::sqlite
