// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/database.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "errs/status_macros.h"
#include "siphon/base/sha256.h"

namespace siphon::testing {
namespace {

std::string_view TextOf(sqlite3_stmt* statement, int column) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_blob(statement, column));
  return {text == nullptr ? "" : text,
          static_cast<size_t>(sqlite3_column_bytes(statement, column))};
}

// Adds every row of `sql` to the hash: each value's type, length and bytes.
absl::Status HashRows(const Database& database, std::string_view sql, base::Sha256& hash) {
  ASSIGN_OR_RETURN(const Statement statement, Prepare(database, sql));
  std::string row;
  int result = SQLITE_ROW;
  while ((result = sqlite3_step(statement.get())) == SQLITE_ROW) {
    row.clear();
    for (int i = 0; i < sqlite3_column_count(statement.get()); ++i) {
      const std::string_view value = TextOf(statement.get(), i);
      absl::StrAppend(&row, sqlite3_column_type(statement.get(), i), ":", value.size(), ":", value);
    }
    row.push_back('\n');
    hash.Update(row);
  }
  return result == SQLITE_DONE ? absl::OkStatus() : database.Error(sql);
}

}  // namespace

absl::StatusOr<Database> Database::Open(const std::string& path, bool must_exist) {
  sqlite3* db = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | (must_exist ? 0 : SQLITE_OPEN_CREATE);
  const int result = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  Database database(db);
  if (result != SQLITE_OK) return database.Error(absl::StrCat("opening ", path));
  sqlite3_busy_timeout(db, 5000);
  RETURN_IF_ERROR(database.Execute("PRAGMA cache_size = -2048"));
  return database;
}

absl::Status Database::Error(std::string_view what) const {
  return absl::InternalError(absl::StrCat(what, ": ", sqlite3_errmsg(db_.get())));
}

absl::Status Database::Execute(std::string_view sql) {
  if (sqlite3_exec(db_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return Error(sql);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Database::QueryText(std::string_view sql) {
  ASSIGN_OR_RETURN(const Statement statement, Prepare(*this, sql));
  if (sqlite3_step(statement.get()) != SQLITE_ROW) return Error(absl::StrCat("no row: ", sql));
  return std::string(TextOf(statement.get(), 0));
}

absl::StatusOr<int64_t> Database::QueryInteger(std::string_view sql) {
  ASSIGN_OR_RETURN(const Statement statement, Prepare(*this, sql));
  if (sqlite3_step(statement.get()) != SQLITE_ROW) return Error(absl::StrCat("no row: ", sql));
  return sqlite3_column_int64(statement.get(), 0);
}

absl::StatusOr<Statement> Prepare(const Database& database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v2(database.get(), sql.data(), static_cast<int>(sql.size()),
                                        &statement, nullptr);
  if (result != SQLITE_OK) return database.Error(sql);
  return Statement(statement);
}

absl::StatusOr<std::string> Fingerprint(const std::string& path) {
  ASSIGN_OR_RETURN(Database database, Database::Open(path, true));
  ASSIGN_OR_RETURN(const std::string check, database.QueryText("PRAGMA integrity_check"));
  if (check != "ok") return absl::DataLossError(absl::StrCat(path, ": ", check));
  base::Sha256 hash;
  RETURN_IF_ERROR(HashRows(
      database, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name", hash));
  ASSIGN_OR_RETURN(const Statement tables,
                   Prepare(database,
                           "SELECT name FROM sqlite_schema WHERE type = 'table' AND "
                           "name NOT LIKE 'sqlite~_stat%' ESCAPE '~' ORDER BY name"));
  while (sqlite3_step(tables.get()) == SQLITE_ROW) {
    const std::string name(TextOf(tables.get(), 0));
    hash.Update(name);
    RETURN_IF_ERROR(HashRows(
        database,
        absl::StrCat("SELECT * FROM \"", absl::StrReplaceAll(name, {{"\"", "\"\""}}), "\""), hash));
  }
  return hash.Digest();
}

}  // namespace siphon::testing
