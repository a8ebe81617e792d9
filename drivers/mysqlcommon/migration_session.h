// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_MIGRATION_SESSION_H_
#define DRIVERS_MYSQLCOMMON_MIGRATION_SESSION_H_

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/migration_variables.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/migrate/script.h"
#include "siphon/domain/migrate/sql_session.h"

namespace siphon::mysqlcommon {

// A session that runs migrations, with any sql_mode: siphon's own statements use no quotes whose
// meaning depends on it. They are neither cut nor refused by the user's values of variables.
class MigrationSession : public migrate::SqlSession {
 public:
  struct Options {
    std::string user;   // For the history.
    std::string table;  // The table of versions.
    std::string history;
    bool lock = true;
  };
  MigrationSession(std::unique_ptr<Session> session, Options options);

  // An SQL expression that is true while this connection holds the lock.
  std::string LockHeld() const;

  absl::Status Close() override;
  absl::StatusOr<std::vector<Row>> Query(const base::Context& context,
                                         const std::string& sql) override;
  absl::Status RunStatement(const base::Context& context, std::string_view statement,
                            std::optional<size_t>& at) override;
  void Rollback() override;
  bool MissesColumn(const absl::Status& status) const override;
  bool LacksPrivilege(const absl::Status& status) const override;
  bool undid() const override { return undid_; }
  absl::Status Reset(const base::Context& context) override;
  absl::Status Replay(const base::Context& context, const migrate::Script& script, size_t from,
                      size_t done) override;
  absl::StatusOr<std::string> Fingerprint(const base::Context& context,
                                          std::string_view statement) override;
  absl::StatusOr<Tables> FindTables(const base::Context& context) override;
  absl::Status Lock(const base::Context& context, std::chrono::nanoseconds timeout) override;
  absl::Status Unlock(const base::Context& context) override;
  absl::Status Drop(const base::Context& context) override;
  std::string user() const override { return options_.user; }
  std::string Quote(std::string_view text) const override;

 private:
  // An error that names the foreign keys of other databases to tables of this one: without the
  // checks of foreign keys, a drop would leave them without their tables.
  absl::Status CheckNoReferences(const base::Context& context);
  // Runs one statement of siphon's own. A stop of the context interrupts it.
  absl::StatusOr<Rows> Send(const base::Context& context, std::string_view sql);
  // Runs `call`. Meanwhile a stop of the context interrupts the session's statement.
  template <typename Call>
  auto Watched(const base::Context& context, Call call);
  // Records the session's variables and role before the first migration, for Reset().
  absl::Status KeepBaseline(const base::Context& context);
  // The session that holds the lock, for messages.
  std::string Holder(const base::Context& context);
  // Called when the table is not visible. An error if it may exist all the same, because the user
  // lacks the right to see it.
  absl::Status CheckNoTable(const base::Context& context, const std::string& table);
  // Fingerprint of the table, routine, trigger or event of this name.
  absl::StatusOr<std::string> Describe(const base::Context& context, std::string_view schema,
                                       const std::string& name);

  // Runs one statement with the user's values of variables.
  absl::Status RunUsers(const base::Context& context, std::string_view sql);

  std::unique_ptr<Session> session_;
  MigrationVariables own_variables_;
  Options options_;
  std::string lock_id_;
  bool undid_ = true;
  // Settings of the session before the first migration.
  bool has_baseline_ = false;
  std::map<std::string, std::string> variables_;
  std::string role_;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_MIGRATION_SESSION_H_
