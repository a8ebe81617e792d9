// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_MIGRATE_SCRIPT_H_
#define SIPHON_DOMAIN_MIGRATE_SCRIPT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "siphon/domain/sql/dialect.h"
#include "siphon/domain/sql/statement.h"

namespace siphon::migrate {

// A migration's statements, and which of them share a transaction.
struct Script {
  struct Statement {
    std::string_view text;  // In `body`.
    uint64_t line = 1;      // Where it begins, from 1.
    uint64_t offset = 0;    // The same in bytes.
  };
  struct Group {
    // What opens its transaction. Empty for a statement that has none, or for all from LOCK TABLES
    // to UNLOCK TABLES (MySQL, MariaDB).
    std::string begin;
    size_t first = 0;  // In `statements`.
    size_t count = 0;
  };
  std::string name;  // The file's.
  std::string body;
  std::string sha256;  // "sha256:" and 64 hex digits, of `body`.
  std::vector<Statement> statements;
  std::vector<Group> groups;

  Script() = default;
  // `statements` point into `body`, which a move of a short text would move too.
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  // True when all of it and the version can commit in one transaction.
  bool atomic() const { return groups.empty() || (groups.size() == 1 && !groups[0].begin.empty()); }
  // The digest of everything before statement `count`.
  std::string DigestBefore(size_t count) const;
};

struct ScriptOptions {
  sql::Dialect dialect = sql::Dialect::kPostgres;
  std::string begin = "BEGIN";  // Opens a transaction that the file does not open itself.
  bool wrap = true;             // False: only the file's own BEGIN opens one.
  sql::Quoting quoting;         // MySQL's and MariaDB's, where the script begins.
};

// Splits a migration. Statements that no transaction takes stand in groups of their own; a file's
// own BEGIN ... COMMIT becomes a group, and where it is around everything the version commits with
// it. On MySQL and MariaDB a statement that commits ends a transaction of the file's, too, and a
// new one begins behind it. A file that begins with the comment "-- siphon: no-transaction" is not
// wrapped. errs::kInvalidArgument, with file and line, for what sql::Splitter refuses, a BEGIN
// without COMMIT, a LOCK TABLES without UNLOCK TABLES, and a ROLLBACK.
absl::StatusOr<std::unique_ptr<Script>> ParseScript(std::string name, std::string body,
                                                    const ScriptOptions& options);

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_SCRIPT_H_
