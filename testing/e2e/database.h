// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_DATABASE_H_
#define TESTING_E2E_DATABASE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sqlite3.h"

namespace siphon::testing {

// A SQLite connection for tests, independent of siphon's driver.
class Database {
 public:
  // Opens for reading and writing; creates the file unless `must_exist`. Waits up to five seconds
  // for locks. The page cache has 2 MiB.
  static absl::StatusOr<Database> Open(const std::string& path, bool must_exist = false);

  absl::Status Execute(std::string_view sql);
  // The first column of the first row as text; fails if there is no row.
  absl::StatusOr<std::string> QueryText(std::string_view sql);
  absl::StatusOr<int64_t> QueryInteger(std::string_view sql);

  sqlite3* get() const { return db_.get(); }
  // The last error of the connection, prefixed with `what`.
  absl::Status Error(std::string_view what) const;

 private:
  struct Closer {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  explicit Database(sqlite3* db) : db_(db) {}
  std::unique_ptr<sqlite3, Closer> db_;
};

// A prepared statement; null after a failed Prepare().
struct StatementCloser {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, StatementCloser>;
absl::StatusOr<Statement> Prepare(const Database& database, std::string_view sql);

// Opens the database as any program does (SQLite rolls back a hot journal and reads a WAL), runs
// PRAGMA integrity_check, and hashes the text of the schema and every row of every table, types
// included. Databases with equal fingerprints have equal contents.
absl::StatusOr<std::string> Fingerprint(const std::string& path);

}  // namespace siphon::testing

#endif  // TESTING_E2E_DATABASE_H_
