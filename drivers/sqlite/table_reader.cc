// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/table_reader.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/sqlite/column_type.h"
#include "drivers/sqlite/schema.h"
#include "drivers/sqlite/sql_text.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "sqlite3.h"

namespace siphon::sqlite {
namespace {

using schema::Kind;
using schema::Value;

constexpr std::string_view kOp = "sqlite.copy";
constexpr std::string_view kColumns =
    "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1, 'main')"
    " ORDER BY cid";
constexpr std::string_view kIndexes =
    "SELECT name, \"unique\", origin, partial FROM pragma_index_list(?1, 'main') ORDER BY name";
constexpr std::string_view kIndexColumns =
    "SELECT cid, \"desc\", coll FROM pragma_index_xinfo(?1, 'main') WHERE key ORDER BY seqno";
constexpr std::string_view kForeignKeys =
    "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete"
    " FROM pragma_foreign_key_list(?1, 'main') ORDER BY id, seq";

// A value of the row as SQLite stores it, with texts in UTF-8.
Value StoredValue(sqlite3_stmt* row, int column) {
  const auto bytes = [&](const void* data) {
    const auto size = static_cast<size_t>(sqlite3_column_bytes(row, column));
    return data == nullptr ? std::string_view()
                           : std::string_view(static_cast<const char*>(data), size);
  };
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
      return Value::Integer(sqlite3_column_int64(row, column));
    case SQLITE_FLOAT:
      return Value::Real(sqlite3_column_double(row, column));
    case SQLITE_TEXT:
      return Value::Text(bytes(sqlite3_column_text(row, column)));
    case SQLITE_BLOB:
      return Value::Bytes(bytes(sqlite3_column_blob(row, column)));
    default:
      return Value::Null();
  }
}

std::string SelectSql(const std::vector<std::string>& columns, const std::string& table) {
  return absl::StrCat("SELECT ", absl::StrJoin(columns, ", "), " FROM main.",
                      QuoteIdentifier(table));
}

class SqliteRows : public driver::RowReader {
 public:
  SqliteRows(Database* database, Statement statement, std::vector<Kind> kinds)
      : database_(database), statement_(std::move(statement)), kinds_(std::move(kinds)) {}

  absl::StatusOr<bool> Next(const base::Context& context, schema::Row& row) override {
    // Another step after the last row would begin again.
    if (ended_) return false;
    Database::Scope scope(*database_, context, kOp);
    ASSIGN_OR_RETURN(const bool more, statement_.Step());
    ended_ = !more;
    if (!more) return false;
    row.resize(kinds_.size());
    texts_.resize(kinds_.size());
    for (size_t i = 0; i < kinds_.size(); ++i) {
      row[i] = InForm(StoredValue(statement_.raw(), static_cast<int>(i)), i);
    }
    return true;
  }

 private:
  // Numbers have the form of the column's kind, whatever SQLite stores.
  Value InForm(const Value& stored, size_t i) {
    const bool number = stored.form == Value::Form::kInteger || stored.form == Value::Form::kReal;
    if (!number) return stored;
    const bool is_integer = stored.form == Value::Form::kInteger;
    if (kinds_[i] == Kind::kDouble) {
      return Value::Real(is_integer ? static_cast<double>(stored.integer) : stored.real);
    }
    if (kinds_[i] != Kind::kDecimal) return stored;
    texts_[i] = is_integer ? absl::StrCat(stored.integer) : schema::DecimalText(stored.real);
    return Value::Text(texts_[i]);
  }

  Database* database_;
  Statement statement_;
  std::vector<Kind> kinds_;
  std::vector<std::string> texts_;
  bool ended_ = false;
};

schema::Action ParseAction(std::string_view text) {
  if (text == "CASCADE") return schema::Action::kCascade;
  if (text == "SET NULL") return schema::Action::kSetNull;
  if (text == "SET DEFAULT") return schema::Action::kSetDefault;
  if (text == "RESTRICT") return schema::Action::kRestrict;
  return schema::Action::kNoAction;
}

// Reads the definition of a table.
class Definition {
 public:
  Definition(Database& database, const Table& table) : database_(database), source_(table) {
    table_.name = table.name;
  }

  absl::StatusOr<schema::Table> Read() {
    RETURN_IF_ERROR(ReadColumns());
    RETURN_IF_ERROR(ReadIndexes());
    RETURN_IF_ERROR(ReadForeignKeys());
    RETURN_IF_ERROR(FindViolations());
    if (source_.autoincrement) RETURN_IF_ERROR(ReadCounter());
    if (HasWord(source_.sql, "CHECK")) table_.checks.push_back("constraints of its definition");
    if (HasWord(source_.sql, "CONFLICT")) {
      table_.notes.push_back("loses what its definition says about conflicts (ON CONFLICT)");
    }
    return std::move(table_);
  }

 private:
  absl::Status ReadColumns() {
    ASSIGN_OR_RETURN(Statement row, database_.Prepare(kColumns));
    row.BindText(1, source_.name);
    std::map<int64_t, size_t> key;  // By the place in the primary key.
    for (size_t number = 0;; ++number) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) break;
      schema::Column column{.name = row.Text(0), .type = {}, .native = row.Text(1)};
      if (row.Int(5) == 2 || row.Int(5) == 3) {
        table_.notes.push_back(absl::StrCat("loses its computed column ", column.name));
        continue;
      }
      column.not_null = row.Int(2) != 0;
      column.default_value = ParseDefault(row.Text(3));
      ReadCollation(column);
      if (row.Int(4) > 0) key[row.Int(4)] = table_.columns.size();
      places_[number] = table_.columns.size();
      table_.columns.push_back(std::move(column));
    }
    for (const auto& [place, column] : key) table_.primary_key.push_back(column);
    if (source_.rowid_is_column && table_.primary_key.size() == 1) {
      table_.columns[table_.primary_key[0]].identity = true;
    }
    return absl::OkStatus();
  }

  void ReadCollation(schema::Column& column) const {
    const char* collation = nullptr;
    if (sqlite3_table_column_metadata(database_.handle(), "main", source_.name.c_str(),
                                      column.name.c_str(), nullptr, &collation, nullptr, nullptr,
                                      nullptr) != SQLITE_OK) {
      return;
    }
    if (collation != nullptr && !SameName(collation, "BINARY")) {
      column.note = absl::StrCat("its collation ", collation);
    }
  }

  absl::Status ReadIndexes() {
    ASSIGN_OR_RETURN(Statement row, database_.Prepare(kIndexes));
    row.BindText(1, source_.name);
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) return absl::OkStatus();
      if (row.Text(2) == "pk") continue;
      schema::Index index{.name = row.Text(0), .parts = {}, .unique = row.Int(1) != 0};
      if (row.Int(3) != 0) index.obstacle = "it has only some rows (WHERE)";
      RETURN_IF_ERROR(ReadIndexColumns(index));
      table_.indexes.push_back(std::move(index));
    }
  }

  absl::Status ReadIndexColumns(schema::Index& index) {
    ASSIGN_OR_RETURN(Statement row, database_.Prepare(kIndexColumns));
    row.BindText(1, index.name);
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) return absl::OkStatus();
      const auto place = places_.find(static_cast<size_t>(row.Int(0)));
      if (row.Int(0) < 0 || place == places_.end()) {
        index.obstacle = "it is on an expression";
        continue;
      }
      if (!SameName(row.Text(2), "BINARY")) {
        index.obstacle = absl::StrCat("it has the collation ", row.Text(2));
      }
      index.parts.push_back({.column = place->second, .descending = row.Int(1) != 0});
    }
  }

  std::optional<size_t> FindColumn(std::string_view name) const {
    for (size_t i = 0; i < table_.columns.size(); ++i) {
      if (SameName(table_.columns[i].name, name)) return i;
    }
    return std::nullopt;
  }

  absl::Status ReadForeignKeys() {
    ASSIGN_OR_RETURN(Statement row, database_.Prepare(kForeignKeys));
    row.BindText(1, source_.name);
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) return absl::OkStatus();
      if (ids_.empty() || ids_.back() != row.Int(0)) {
        ids_.push_back(row.Int(0));
        schema::ForeignKey key{
            .name = "", .columns = {}, .schema = "", .table = row.Text(1), .referenced = {}};
        key.on_update = ParseAction(row.Text(4));
        key.on_delete = ParseAction(row.Text(5));
        if (HasWord(source_.sql, "DEFERRABLE")) key.note = "DEFERRABLE";
        table_.foreign_keys.push_back(std::move(key));
      }
      schema::ForeignKey& key = table_.foreign_keys.back();
      if (const std::optional<size_t> column = FindColumn(row.Text(2)); column.has_value()) {
        key.columns.push_back(*column);
        absl::StrAppend(&key.name, key.name.empty() ? absl::StrCat(source_.name, "_") : "_",
                        table_.columns[*column].name);
      } else {
        key.obstacle = "it is on a computed column";
      }
      if (row.Type(3) != SQLITE_NULL) key.referenced.push_back(row.Text(3));
    }
  }

  // SQLite checks foreign keys only for programs that ask for it.
  absl::Status FindViolations() {
    if (ids_.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(Statement row,
                     database_.Prepare(absl::StrCat("PRAGMA main.foreign_key_check(",
                                                    QuoteIdentifier(source_.name), ")")));
    while (true) {
      const absl::StatusOr<bool> more = row.Step();
      // A key to columns without a unique index cannot be checked; it is no key elsewhere, either.
      if (!more.ok()) return database_.CheckContext();
      if (!*more) return absl::OkStatus();
      const auto found = std::find(ids_.begin(), ids_.end(), row.Int(3));
      if (found == ids_.end()) continue;
      table_.foreign_keys[static_cast<size_t>(found - ids_.begin())].obstacle =
          "rows of the source violate it";
    }
  }

  absl::Status ReadCounter() {
    ASSIGN_OR_RETURN(Statement row,
                     database_.Prepare("SELECT seq FROM main.sqlite_sequence WHERE name = ?1"));
    row.BindText(1, source_.name);
    ASSIGN_OR_RETURN(const bool more, row.Step());
    if (more && row.Type(0) == SQLITE_INTEGER && row.Int(0) < INT64_MAX) {
      table_.next_identity = row.Int(0) + 1;
    }
    return absl::OkStatus();
  }

  Database& database_;
  const Table& source_;
  schema::Table table_;
  std::map<size_t, size_t> places_;  // In table_.columns, by the number in the table.
  std::vector<int64_t> ids_;         // Of the foreign keys.
};

class SqliteTables : public driver::TableSnapshot {
 public:
  explicit SqliteTables(Database* database) : database_(database) {
    tables_.engine = schema::Engine::kSqlite;
  }
  ~SqliteTables() override { database_->Execute("ROLLBACK").IgnoreError(); }

  absl::Status Open(const driver::TableChoice& choice) {
    RETURN_IF_ERROR(database_->Execute("BEGIN"));
    ASSIGN_OR_RETURN(const Catalog catalog, ReadCatalog(*database_));
    for (const Table& table : catalog.tables) {
      if (table.kind == Table::Kind::kVirtual) {
        tables_.others.push_back(absl::StrCat("virtual table ", table.name));
      }
      if (table.kind != Table::Kind::kOrdinary) continue;
      ASSIGN_OR_RETURN(schema::Table read, Definition(*database_, table).Read());
      tables_.tables.push_back(std::move(read));
    }
    for (const Object& object : catalog.objects) {
      if (object.type == "index") continue;
      tables_.others.push_back(absl::StrCat(object.type, " ", object.name));
    }
    std::sort(tables_.tables.begin(), tables_.tables.end(),
              [](const schema::Table& a, const schema::Table& b) { return a.name < b.name; });
    std::sort(tables_.others.begin(), tables_.others.end());
    RETURN_IF_ERROR(schema::SelectTables(choice.only, choice.except, tables_));
    for (schema::Table& table : tables_.tables) RETURN_IF_ERROR(FindTypes(table));
    return absl::OkStatus();
  }

  const schema::Tables& tables() const override { return tables_; }

  absl::StatusOr<std::unique_ptr<driver::RowReader>> Read(
      const base::Context& context, const schema::Table& table,
      const std::vector<size_t>& columns) override {
    Database::Scope scope(*database_, context, kOp);
    std::vector<std::string> names;
    std::vector<Kind> kinds;
    for (const size_t column : columns) {
      names.push_back(QuoteIdentifier(table.columns[column].name));
      kinds.push_back(table.columns[column].type.kind);
    }
    ASSIGN_OR_RETURN(Statement statement, database_->Prepare(SelectSql(names, table.name)));
    return std::make_unique<SqliteRows>(database_, std::move(statement), std::move(kinds));
  }

 private:
  absl::Status FindTypes(schema::Table& table) {
    std::vector<std::string> names;
    for (const schema::Column& column : table.columns)
      names.push_back(QuoteIdentifier(column.name));
    if (names.empty()) return absl::OkStatus();
    std::vector<ColumnValues> values(names.size());
    ASSIGN_OR_RETURN(Statement row, database_->Prepare(SelectSql(names, table.name)));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, row.Step());
      if (!more) break;
      for (size_t i = 0; i < values.size(); ++i) {
        values[i].Add(StoredValue(row.raw(), static_cast<int>(i)));
      }
    }
    for (size_t i = 0; i < values.size(); ++i) {
      schema::Column& column = table.columns[i];
      std::string note;
      column.type = values[i].Type(column.native, note);
      if (!note.empty()) column.note = std::move(note);
    }
    return absl::OkStatus();
  }

  Database* database_;
  schema::Tables tables_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<driver::TableSnapshot>> OpenTables(
    const base::Context& context, Database& database, const driver::TableChoice& choice) {
  Database::Scope scope(database, context, kOp);
  auto tables = std::make_unique<SqliteTables>(&database);
  RETURN_IF_ERROR(tables->Open(choice));
  return tables;
}

}  // namespace siphon::sqlite
