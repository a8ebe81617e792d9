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

// The statements of a migration, grouped by transaction.
struct Script {
  struct Statement {
    std::string_view text;  // A part of `body`.
    uint64_t line = 1;      // Of its beginning, counted from 1.
    uint64_t offset = 0;    // Of its beginning, in bytes.
  };
  struct Group {
    // The statement that opens the transaction. Empty for a statement outside a transaction, and
    // for the statements from LOCK TABLES to UNLOCK TABLES (MySQL, MariaDB).
    std::string begin;
    size_t first = 0;  // Index in `statements`.
    size_t count = 0;
  };
  std::string name;  // Of the file.
  std::string body;
  std::string sha256;  // The digest of `body`: "sha256:" and 64 hex digits.
  std::vector<Statement> statements;
  std::vector<Group> groups;

  Script() = default;
  // Not movable: `statements` point into `body`, and moving a short string moves its bytes.
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  // True if all statements and the version can commit in one transaction.
  bool atomic() const { return groups.empty() || (groups.size() == 1 && !groups[0].begin.empty()); }
  // The group of statement `index`; null if there is no such statement.
  const Group* GroupOf(size_t index) const;
  // The text before statement `count`, and its digest.
  std::string_view TextBefore(size_t count) const;
  std::string DigestBefore(size_t count) const;
};

// True if `digest` is that of `text`, or of `text` with the other kind of line ends (LF, CR LF).
bool HasDigest(std::string_view text, std::string_view digest);

struct ScriptOptions {
  sql::Dialect dialect = sql::Dialect::kPostgres;
  std::string begin = "BEGIN";  // Opens a transaction around statements of the file.
  bool wrap = true;             // False: only a BEGIN in the file opens a transaction.
  sql::Quoting quoting;         // MySQL, MariaDB: the quoting at the beginning of the script.
};

// Splits a migration into statements and groups them. A statement that cannot run in a transaction
// is a group of its own. A BEGIN ... COMMIT of the file is a group; if it contains all statements,
// the version commits with it. On MySQL and MariaDB a statement that commits implicitly also ends a
// transaction of the file, and a new one begins after it. A file that begins with the comment
// "-- siphon: no-transaction" is not wrapped. errs::kInvalidArgument, with file and line, for
// errors of sql::Splitter, a BEGIN without COMMIT, a LOCK TABLES without UNLOCK TABLES, and a
// ROLLBACK.
absl::StatusOr<std::unique_ptr<Script>> ParseScript(std::string name, std::string body,
                                                    const ScriptOptions& options);

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_SCRIPT_H_
