// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/fixture.h"

#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "drivers/sqlite/driver.h"
#include "drivers/sqlite/schema.h"
#include "drivers/sqlite/sql_text.h"
#include "errs/status_macros.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "testing/contracts/driver_bodies.h"

namespace siphon::sqlite {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void Die(std::string_view what) {
  std::fprintf(stderr, "fixture: %s\n", std::string(what).c_str());
  std::abort();
}

}  // namespace

TempFolder::TempFolder() {
  std::string pattern = absl::StrCat(::testing::TempDir(), "/sqlite-XXXXXX");
  if (mkdtemp(pattern.data()) == nullptr) Die("no temporary folder");
  path_ = fs::canonical(pattern).string();
}

TempFolder::~TempFolder() {
  std::error_code error;
  fs::permissions(path_, fs::perms::owner_all, error);
  fs::remove_all(path_, error);
}

std::string TempFolder::File(std::string_view name) const { return absl::StrCat(path_, "/", name); }

std::vector<std::string> TempFolder::List() const {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

PlainConnection::PlainConnection(const std::string& path, int busy_milliseconds) {
  if (sqlite3_open(path.c_str(), &handle_) != SQLITE_OK) Die(sqlite3_errmsg(handle_));
  sqlite3_busy_timeout(handle_, busy_milliseconds);
  // Tests survive no power failure.
  Run("PRAGMA synchronous = OFF");
}

PlainConnection::~PlainConnection() { sqlite3_close(handle_); }

int PlainConnection::TryRun(const std::string& sql) {
  return sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
}

void PlainConnection::Run(const std::string& sql) {
  if (TryRun(sql) != SQLITE_OK)
    Die(absl::StrCat(sql.substr(0, 1000), ": ", sqlite3_errmsg(handle_)));
}

std::vector<std::string> PlainConnection::Rows(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
    Die(absl::StrCat(sql, ": ", sqlite3_errmsg(handle_)));
  }
  std::vector<std::string> rows;
  int result = sqlite3_step(statement);
  for (; result == SQLITE_ROW; result = sqlite3_step(statement)) {
    std::string row;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      if (i > 0) row.push_back('|');
      switch (sqlite3_column_type(statement, i)) {
        case SQLITE_INTEGER:
          absl::StrAppend(&row, sqlite3_column_int64(statement, i));
          break;
        case SQLITE_FLOAT: {
          const double value = sqlite3_column_double(statement, i);
          uint64_t bits = 0;
          std::memcpy(&bits, &value, sizeof(bits));
          absl::StrAppend(&row, "real:", absl::Hex(bits, absl::kZeroPad16));
          break;
        }
        case SQLITE_NULL:
          row.append("NULL");
          break;
        default: {
          const bool text = sqlite3_column_type(statement, i) == SQLITE_TEXT;
          const auto* data = static_cast<const char*>(sqlite3_column_blob(statement, i));
          const std::string_view bytes(data == nullptr ? "" : data,
                                       static_cast<size_t>(sqlite3_column_bytes(statement, i)));
          row.append(text ? "text:" : "blob:");
          AppendBlobLiteral(bytes, &row);
        }
      }
    }
    rows.push_back(std::move(row));
  }
  if (result != SQLITE_DONE) Die(absl::StrCat(sql, ": ", sqlite3_errmsg(handle_)));
  sqlite3_finalize(statement);
  return rows;
}

std::string PlainConnection::Value(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
    Die(absl::StrCat(sql, ": ", sqlite3_errmsg(handle_)));
  }
  std::string value;
  if (sqlite3_step(statement) == SQLITE_ROW) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    if (text != nullptr) value = text;
  }
  sqlite3_finalize(statement);
  return value;
}

std::vector<std::string> Fingerprint(const std::string& path) {
  PlainConnection connection(path);
  std::vector<std::string> out;
  const auto add = [&](std::string_view title, const std::vector<std::string>& rows) {
    out.push_back(absl::StrCat("== ", title));
    out.insert(out.end(), rows.begin(), rows.end());
  };
  for (const std::string_view setting :
       {"encoding", "page_size", "auto_vacuum", "user_version", "application_id"}) {
    add(setting, connection.Rows(absl::StrCat("PRAGMA ", setting)));
  }
  add("schema", connection.Rows("SELECT type, name, tbl_name, sql FROM sqlite_schema"
                                " WHERE name <> 'sqlite_stat4' ORDER BY type, name"));
  absl::StatusOr<std::unique_ptr<Database>> database =
      Database::Open(path, {.mode = Database::Mode::kRead});
  if (!database.ok()) Die(database.status().message());
  const absl::StatusOr<Catalog> catalog = ReadCatalog(**database);
  if (!catalog.ok()) Die(catalog.status().message());
  std::vector<const Table*> tables;
  for (const Table& table : catalog->tables) {
    if (table.kind != Table::Kind::kVirtual && table.name != "sqlite_stat4")
      tables.push_back(&table);
  }
  std::sort(tables.begin(), tables.end(),
            [](const Table* a, const Table* b) { return a->name < b->name; });
  for (const Table* table : tables) {
    // sqlite_sequence and sqlite_stat1 say nothing by their rowids.
    const bool rowid = table->kind != Table::Kind::kInternal && !table->rowid.empty();
    std::vector<std::string> rows = connection.Rows(absl::StrCat(
        "SELECT ", rowid ? table->rowid + ", " : "", "* FROM ", QuoteIdentifier(table->name)));
    std::sort(rows.begin(), rows.end());
    add(table->name, rows);
  }
  return out;
}

std::string Difference(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  constexpr size_t kMost = 400;
  std::string out;
  std::string title;
  for (size_t i = 0; i < std::max(a.size(), b.size()) && out.size() < 4 * kMost; ++i) {
    const std::string left = i < a.size() ? a[i].substr(0, kMost) : "(nothing)";
    const std::string right = i < b.size() ? b[i].substr(0, kMost) : "(nothing)";
    if (left.starts_with("== ")) title = left;
    if (i < a.size() && i < b.size() && a[i] == b[i]) continue;
    absl::StrAppend(&out, title, "\n  ", left, "\n  ", right, "\n");
  }
  return out;
}

profile::ConnectionProfile ProfileFor(const std::string& path) {
  profile::ConnectionProfile profile;
  profile.name = "test";
  profile.driver = "sqlite";
  profile.database = path;
  return profile;
}

SnapshotLimits SmallestSteps() {
  SnapshotLimits limits;
  limits.hold = limits.longest_hold = std::chrono::nanoseconds(0);
  limits.bytes = limits.most_bytes = 1;
  return limits;
}

std::string BackUp(const std::string& path, const driver::BackupOptions& options,
                   const SnapshotLimits& limits) {
  SqliteDriver driver(limits);
  auto connection =
      driver.Connect(base::Context(), ProfileFor(path), driver::Driver::Access::kRead);
  if (!connection.ok()) Die(connection.status().ToString());
  siphon::testing::MemoryTarget target;
  const absl::Status status = (*connection)->Backup(base::Context(), options, target);
  if (!status.ok()) Die(status.ToString());
  return target.data();
}

absl::Status TryRestore(const std::string& path, std::string_view body,
                        const driver::RestoreOptions& options) {
  SqliteDriver driver;
  ASSIGN_OR_RETURN(const auto connection, driver.Connect(base::Context(), ProfileFor(path),
                                                         driver::Driver::Access::kCreate));
  siphon::testing::PieceReader reader(body);
  RETURN_IF_ERROR(connection->Restore(base::Context(), options, reader));
  return connection->Close();
}

}  // namespace siphon::sqlite
