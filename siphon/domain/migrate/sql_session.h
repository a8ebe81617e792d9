// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_MIGRATE_SQL_SESSION_H_
#define SIPHON_DOMAIN_MIGRATE_SQL_SESSION_H_

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/domain/migrate/script.h"

namespace siphon::migrate {

// An engine's SQL for the version table (docs/contracts.md#version-table) and the history, and its
// way to run transactions. Names of tables are quoted and qualified.
struct SqlDialect {
  std::string table;
  std::string create_table;  // One or more statements.
  std::string history;
  std::string create_history;
  // An expression for the history's column "started" as RFC 3339 text.
  std::string started = "started";
  std::string begin = "BEGIN";
  // Follows `begin` of a transaction that is retried when it meets the locks of other sessions:
  // "; SET LOCAL ...".
  std::string begin_patiently;
  // A boolean expression: this connection holds the lock of migrations.
  std::string lock_held = "TRUE";
  // The operator that compares two numbers; qualified where another user may have set the path
  // along which operators are looked up.
  std::string equals = "=";
  // Appended to a DELETE or UPDATE of all rows.
  std::string where_any;
  // True where PREPARE and EXECUTE are ordinary statements: the statements that every migration
  // needs are then parsed and planned once.
  bool prepares = false;
  // True where a statement outside a transaction commits on its own, apart from its record in the
  // history. The history then also records the start of the statement, and a statement with an
  // unknown outcome is not simply run again.
  bool records_starts = false;
  // True where a statement outside a transaction that failed because of a lock did nothing. It is
  // retried like a transaction.
  bool retries_alone = false;
  // The number of attempts for a transaction that meets locks, and the pause between two attempts.
  int tries = 1;
  std::chrono::nanoseconds pause = std::chrono::seconds(1);
  // How long migrations are collected in one transaction, each after a savepoint. For engines where
  // a commit is slow and a transaction sees its own changes. 0: one transaction per migration.
  std::chrono::nanoseconds batch{0};
  // `commit_lazily` precedes a COMMIT that need not wait for the disk; `sync` waits for all earlier
  // commits, at the latest after `sync_interval`. Atomicity is kept: a server that crashes loses
  // the last migrations completely, together with their versions. Empty: every commit waits.
  std::string commit_lazily;
  std::string sync;
  std::chrono::nanoseconds sync_interval = std::chrono::milliseconds(250);
};

// A connection to an engine, as SqlDatabase needs it. Errors contain the server's message.
class SqlSession {
 public:
  using Row = std::vector<std::string>;  // NULL is "".

  virtual ~SqlSession() = default;
  virtual absl::Status Close() = 0;
  // Runs any number of statements and returns the rows of the last one.
  virtual absl::StatusOr<std::vector<Row>> Query(const base::Context& context,
                                                 const std::string& sql) = 0;
  absl::Status Execute(const base::Context& context, const std::string& sql) {
    return Query(context, sql).status();
  }
  // Runs one statement of a migration. On failure sets `at` to the offset of the error in the
  // statement, in bytes, if the engine reports one.
  virtual absl::Status RunStatement(const base::Context& context, std::string_view statement,
                                    std::optional<size_t>& at) = 0;
  // True if the last RunStatement() failed because the statement ran in a transaction.
  virtual bool needs_no_transaction() const { return false; }
  // Ends an open transaction, if there is one, even when the context of the work has stopped.
  virtual void Rollback() = 0;
  // False when the last Rollback() could not undo everything: tables without transactions.
  virtual bool undid() const { return true; }
  // Restores the settings of the session that a migration may have changed.
  virtual absl::Status Reset(const base::Context& context) = 0;
  // Brings this session to the state (settings, variables) that the statements from `from` to
  // `done` left in the session that ran them. errs::kDirty where the state is not known.
  virtual absl::Status Replay(const base::Context&, const Script&, size_t /*from*/,
                              size_t /*done*/) {
    return absl::OkStatus();
  }
  // Fingerprint of the object that `statement` changes; differs once the statement took effect.
  // Empty where the engine cannot compute one; kRepeatable for a statement that may run twice.
  static constexpr std::string_view kRepeatable = "repeatable";
  virtual absl::StatusOr<std::string> Fingerprint(const base::Context&,
                                                  std::string_view /*statement*/) {
    return std::string();
  }
  // Removes what an earlier run of `statement`, outside a transaction, left of its work. True if
  // that completed the statement, so that it must not run again.
  virtual absl::StatusOr<bool> Mend(const base::Context&, std::string_view /*statement*/) {
    return false;
  }
  // True for an error of Query() because a table lacks a column.
  virtual bool MissesColumn(const absl::Status&) const { return false; }
  // True for an error of Query() because the user lacks a privilege.
  virtual bool LacksPrivilege(const absl::Status&) const { return false; }
  // Which of the two tables exist.
  struct Tables {
    bool version = false;
    bool history = false;
    // The error of a server that does not tell this user whether there is a history.
    absl::Status history_hidden = {};
  };
  virtual absl::StatusOr<Tables> FindTables(const base::Context& context) = 0;
  virtual absl::Status Lock(const base::Context& context, std::chrono::nanoseconds timeout) = 0;
  virtual absl::Status Unlock(const base::Context& context) = 0;
  virtual absl::Status Drop(const base::Context& context) = 0;
  virtual std::string user() const = 0;
  // `text` as an SQL string literal.
  virtual std::string Quote(std::string_view text) const = 0;
};

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_SQL_SESSION_H_
