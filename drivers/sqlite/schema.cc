// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/schema.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/sqlite/script_splitter.h"
#include "drivers/sqlite/sql_text.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::sqlite {
namespace {

// The columns of a table, from "PRAGMA table_xinfo". `hidden` is 2 or 3 for a generated column.
constexpr std::string_view kColumns =
    "SELECT name, pk, hidden FROM pragma_table_xinfo(?1, 'main') ORDER BY cid";
// The primary key's index of a WITHOUT ROWID table: key columns only.
constexpr std::string_view kPrimaryKey =
    "SELECT x.name, x.\"desc\", x.coll FROM pragma_index_list(?1, 'main') AS l,"
    " pragma_index_xinfo(l.name, 'main') AS x WHERE l.origin = 'pk' AND x.key ORDER BY x.seqno";

// `names` are all columns, including generated ones; `key` is the column of the primary key, ""
// when there is none or more than one.
absl::Status ReadRowid(Database& database, const std::vector<std::string>& names,
                       const std::string& key, Table& table) {
  for (const char* const alias : {"rowid", "_rowid_", "oid"}) {
    const bool hidden = std::any_of(names.begin(), names.end(), [&](const std::string& column) {
      return SameName(column, alias);
    });
    if (hidden) continue;
    table.rowid = alias;
    break;
  }
  if (key.empty()) return absl::OkStatus();
  // A primary key without an index is an alias of the rowid.
  ASSIGN_OR_RETURN(Statement index, database.Prepare("SELECT 1 FROM pragma_index_list(?1, 'main')"
                                                     " WHERE origin = 'pk'"));
  index.BindText(1, table.name);
  ASSIGN_OR_RETURN(const bool has_index, index.Step());
  if (has_index) return absl::OkStatus();
  table.rowid_is_column = true;
  if (table.rowid.empty()) table.rowid = QuoteIdentifier(key);
  int autoincrement = 0;
  sqlite3_table_column_metadata(database.handle(), "main", table.name.c_str(), key.c_str(), nullptr,
                                nullptr, nullptr, nullptr, &autoincrement);
  table.autoincrement = autoincrement != 0;
  return absl::OkStatus();
}

absl::Status ReadPrimaryKey(Database& database, Table& table) {
  ASSIGN_OR_RETURN(Statement statement, database.Prepare(kPrimaryKey));
  statement.BindText(1, table.name);
  bool simple = true;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, statement.Step());
    if (!row) break;
    const std::string column = statement.Text(0);
    const char* collation = nullptr;
    const int found =
        sqlite3_table_column_metadata(database.handle(), "main", table.name.c_str(), column.c_str(),
                                      nullptr, &collation, nullptr, nullptr, nullptr);
    simple = simple && found == SQLITE_OK && statement.Int(1) == 0 && collation != nullptr &&
             SameName(collation, statement.Text(2));
    table.simple_key.push_back(column);
  }
  if (!simple) table.simple_key.clear();
  return absl::OkStatus();
}

absl::Status ReadColumns(Database& database, Table& table) {
  ASSIGN_OR_RETURN(Statement statement, database.Prepare(kColumns));
  statement.BindText(1, table.name);
  std::vector<std::string> names, keys;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, statement.Step());
    if (!row) break;
    const int64_t hidden = statement.Int(2);
    names.push_back(statement.Text(0));
    if (statement.Int(1) > 0) keys.push_back(names.back());
    table.virtual_columns = table.virtual_columns || hidden == 2;
    if (hidden != 2 && hidden != 3) table.columns.push_back(names.back());
  }
  if (table.without_rowid) return ReadPrimaryKey(database, table);
  return ReadRowid(database, names, keys.size() == 1 ? keys[0] : "", table);
}

bool IsWordCharacter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return absl::ascii_isalnum(byte) || c == '_' || c == '$' || byte >= 0x80;
}

// The end of the quoted token at the beginning of `sql`. A doubled quote does not end it.
size_t EndOfQuoted(std::string_view sql) {
  const char quote = sql[0] == '[' ? ']' : sql[0];
  for (size_t i = 1; i < sql.size(); ++i) {
    if (sql[i] != quote) continue;
    if (quote == ']' || i + 1 >= sql.size() || sql[i + 1] != quote) return i + 1;
    ++i;
  }
  return sql.size();
}

// Removes the first token from `sql` and returns it; "" at the end. Skips comments.
std::string_view TakeToken(std::string_view& sql) {
  while (!sql.empty()) {
    size_t size = 1;
    bool blank = absl::ascii_isspace(static_cast<unsigned char>(sql[0]));
    if (absl::StartsWith(sql, "--") || absl::StartsWith(sql, "/*")) {
      const std::string_view end = sql[0] == '-' ? "\n" : "*/";
      const size_t found = sql.find(end, 2);
      size = found == std::string_view::npos ? sql.size() : found + end.size();
      blank = true;
    } else if (absl::StrContains("'\"`[", sql[0])) {
      size = EndOfQuoted(sql);
    } else if (IsWordCharacter(sql[0])) {
      while (size < sql.size() && IsWordCharacter(sql[size])) ++size;
    }
    const std::string_view token = sql.substr(0, size);
    sql.remove_prefix(size);
    if (!blank) return token;
  }
  return "";
}

// The module's name, as "CREATE VIRTUAL TABLE x USING fts5(...)" has it. Every stored definition
// has this form, and the word USING can be part of the name only in quotes. `sql` begins after the
// module then.
std::string TakeModule(std::string_view& sql) {
  while (true) {
    const std::string_view token = TakeToken(sql);
    if (token.empty()) return "";
    if (absl::EqualsIgnoreCase(token, "using")) break;
  }
  std::string_view module = TakeToken(sql);
  if (module.size() > 2 && !IsWordCharacter(module[0])) {
    module = module.substr(1, module.size() - 2);
  }
  return absl::AsciiStrToLower(module);
}

struct Kinds {
  std::string type;
  bool without_rowid = false;
};

absl::StatusOr<std::map<std::string, Kinds>> ReadKinds(Database& database) {
  ASSIGN_OR_RETURN(Statement statement,
                   database.Prepare("SELECT name, type, wr FROM pragma_table_list"
                                    " WHERE schema = 'main'"));
  std::map<std::string, Kinds> kinds;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, statement.Step());
    if (!row) break;
    kinds[statement.Text(0)] = {statement.Text(1), statement.Int(2) != 0};
  }
  return kinds;
}

// Assigns each shadow table to the virtual table with the longest matching name.
void AssignShadows(Catalog& catalog) {
  for (Table& shadow : catalog.tables) {
    if (shadow.kind != Table::Kind::kShadow) continue;
    Table* owner = nullptr;
    for (Table& table : catalog.tables) {
      if (table.kind != Table::Kind::kVirtual || shadow.name.size() <= table.name.size()) continue;
      if (!absl::StartsWithIgnoreCase(shadow.name, absl::StrCat(table.name, "_"))) continue;
      if (owner == nullptr || table.name.size() > owner->name.size()) owner = &table;
    }
    if (owner == nullptr) {
      shadow.kind = Table::Kind::kOrdinary;
    } else {
      shadow.owner = owner->name;
      owner->shadows.push_back(shadow.name);
    }
  }
}

}  // namespace

bool SameName(std::string_view a, std::string_view b) { return absl::EqualsIgnoreCase(a, b); }

const Table* Catalog::FindTable(std::string_view name) const {
  for (const Table& table : tables) {
    if (SameName(table.name, name)) return &table;
  }
  return nullptr;
}

const Object* Catalog::FindView(std::string_view name) const {
  for (const Object& object : objects) {
    if (object.type == "view" && SameName(object.name, name)) return &object;
  }
  return nullptr;
}

absl::StatusOr<Catalog> ReadCatalog(Database& database) {
  ASSIGN_OR_RETURN(const auto kinds, ReadKinds(database));
  ASSIGN_OR_RETURN(Statement statement,
                   database.Prepare("SELECT type, name, tbl_name, sql FROM main.sqlite_schema"
                                    " WHERE sql IS NOT NULL ORDER BY rowid"));
  Catalog catalog;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, statement.Step());
    if (!row) break;
    const std::string type = statement.Text(0);
    if (type != "table") {
      catalog.objects.push_back({type, statement.Text(1), statement.Text(2), statement.Text(3)});
      continue;
    }
    Table table;
    table.name = statement.Text(1);
    table.sql = statement.Text(3);
    const auto kind = kinds.find(table.name);
    if (kind != kinds.end()) {
      table.without_rowid = kind->second.without_rowid;
      if (kind->second.type == "virtual") table.kind = Table::Kind::kVirtual;
      if (kind->second.type == "shadow") table.kind = Table::Kind::kShadow;
    }
    if (absl::StartsWithIgnoreCase(table.name, "sqlite_")) table.kind = Table::Kind::kInternal;
    if (table.kind == Table::Kind::kVirtual) {
      std::string_view sql = table.sql;
      table.module = TakeModule(sql);
    }
    catalog.tables.push_back(std::move(table));
  }
  for (Table& table : catalog.tables) {
    if (table.kind != Table::Kind::kVirtual) RETURN_IF_ERROR(ReadColumns(database, table));
  }
  AssignShadows(catalog);
  return catalog;
}

std::string ModuleAndArguments(std::string_view sql) {
  std::string text = TakeModule(sql);
  while (true) {
    const std::string_view token = TakeToken(sql);
    if (token.empty()) return text;
    absl::StrAppend(&text, " ", token);
  }
}

absl::Status RefuseOtherDefinition(std::string_view operation, std::string_view name) {
  return errs::UserError(
      operation, errs::kInvalidArgument,
      absl::StrCat("the virtual table \"", name,
                   "\" is defined in another way in the target: its"
                   " module cannot read the rows"),
      "restore the table with its definition (omit --data-only), or choose other tables");
}

absl::Status CheckDefinition(const Database& database, std::string_view name,
                             std::string_view sql) {
  int statements = 0;
  ScriptSplitter splitter;
  absl::Status status =
      splitter.Feed(TerminateStatement(sql), [&](const ScriptSplitter::Piece& piece) {
        if (piece.text != ";") ++statements;
        return absl::OkStatus();
      });
  if (status.ok()) status = splitter.Finish();
  if (status.ok() && statements == 1 && absl::StartsWithIgnoreCase(sql, "create ")) return status;
  return errs::IntegrityError(
      database.operation(),
      absl::StrCat(database.path(), ": the definition of \"", name,
                   "\" is not one CREATE statement"),
      "the schema was changed by hand; drop the object, or do not trust this database");
}

bool NeedsOtherProgram(std::string_view message) {
  constexpr std::string_view kUnknown[] = {"unknown function",           "no such function",
                                           "no such collation sequence", "no such module",
                                           "no such tokenizer",          "unknown tokenizer"};
  return std::any_of(std::begin(kUnknown), std::end(kUnknown), [message](std::string_view unknown) {
    return absl::StartsWith(message, unknown);
  });
}

absl::Status CheckSchema(Database& database) {
  constexpr std::string_view kRows =
      "SELECT 'a row of sqlite_schema is no table, index, view or trigger' FROM main.sqlite_schema"
      " WHERE type NOT IN ('table', 'index', 'view', 'trigger') OR typeof(name) <> 'text'"
      " OR instr(name, char(0)) > 0"
      " UNION ALL SELECT 'two tables or indexes have root page ' || rootpage"
      " FROM main.sqlite_schema WHERE rootpage > 0 GROUP BY rootpage HAVING count(*) > 1 LIMIT 1";
  ASSIGN_OR_RETURN(Statement rows, database.Prepare(kRows));
  ASSIGN_OR_RETURN(const bool found, rows.Step());
  if (!found) return absl::OkStatus();
  return errs::IntegrityError(database.operation(),
                              absl::StrCat(database.path(), ": ", rows.Text(0)),
                              "the database is damaged, or its schema was changed by hand");
}

std::string RowSource(const Catalog& catalog, const Table& table) {
  if (table.kind != Table::Kind::kVirtual) return table.name;
  std::vector<std::string> suffixes;
  if (table.module == "fts5") suffixes = {"_docsize", "_content"};
  if (table.module == "fts4" || table.module == "fts3") suffixes = {"_content", "_docsize"};
  if (absl::StartsWith(table.module, "rtree") || table.module == "geopoly") suffixes = {"_rowid"};
  for (const std::string& suffix : suffixes) {
    const Table* const shadow = catalog.FindTable(absl::StrCat(table.name, suffix));
    if (shadow != nullptr && shadow->owner == table.name) return shadow->name;
  }
  return "";
}

}  // namespace siphon::sqlite
