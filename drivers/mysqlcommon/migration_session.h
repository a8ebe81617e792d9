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
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/migrate/script.h"
#include "siphon/domain/migrate/sql_session.h"

namespace siphon::mysqlcommon {

// What migrations need of a session, whatever sql_mode it has: siphon's own statements are without
// quotes that it could change.
class MigrationSession : public migrate::SqlSession {
 public:
  struct Options {
    std::string user;   // For the history.
    std::string table;  // Of versions.
    std::string history;
    bool lock = true;
  };
  MigrationSession(std::unique_ptr<Session> session, Options options);

  // An expression: true while this connection has the lock.
  std::string LockHeld() const;

  absl::Status Close() override;
  absl::StatusOr<std::vector<Row>> Query(const base::Context& context,
                                         const std::string& sql) override;
  absl::Status RunStatement(const base::Context& context, std::string_view statement,
                            std::optional<size_t>& at) override;
  void Rollback() override;
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
  // One statement, watched where the context may stop.
  absl::StatusOr<Rows> Send(const base::Context& context, std::string_view sql);
  absl::Status KeepBaseline(const base::Context& context);
  std::string Holder(const base::Context& context);
  absl::StatusOr<std::string> Describe(const base::Context& context, std::string_view schema,
                                       const std::string& name);

  std::unique_ptr<Session> session_;
  Options options_;
  std::string lock_id_;
  bool undid_ = true;
  // How the session was before the first migration.
  bool has_baseline_ = false;
  std::map<std::string, std::string> variables_;
  std::string role_;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_MIGRATION_SESSION_H_
