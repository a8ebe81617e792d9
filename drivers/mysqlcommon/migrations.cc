// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/migrations.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/migration_session.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/operation.h"
#include "drivers/mysqlcommon/settings.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/migrate/migration_tables.h"
#include "siphon/domain/migrate/sql_database.h"
#include "siphon/domain/migrate/sql_session.h"
#include "siphon/domain/sql/statement.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.migrate";
// The longest name of a table, in characters.
constexpr size_t kLongestName = 64;
// A lock_wait_timeout of at least this many seconds is a server's default, not a user's setting.
constexpr int64_t kLongWait = 3600;

// Sets the session variables of the URL.
absl::Status SetVariables(const base::Context& context, Session& session,
                          const MigrationOptions& options) {
  for (const auto& [name, value] : options.variables) {
    const std::string sql = name == "collation" ? absl::StrCat("SET NAMES utf8mb4 COLLATE ", value)
                                                : absl::StrCat("SET SESSION ", name, " = ", value);
    const absl::Status status = session.Execute(context, sql);
    if (status.ok() || !errs::Is(status, errs::kDatabase)) {
      RETURN_IF_ERROR(status);
      continue;
    }
    return errs::UserError(
        kOp, errs::kInvalidArgument,
        absl::StrCat("the parameter ", name, "=", value, ": ", errs::GetError(status)->detail),
        "unknown parameters are set as session variables");
  }
  // While a definition waits for a running dump, all other sessions would wait for the definition.
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context, "SELECT @@lock_wait_timeout LIMIT 1"));
  if (rows.empty() || Int(rows[0], 0) < kLongWait) return absl::OkStatus();
  return session.Execute(context, "SET SESSION lock_wait_timeout = 5");
}

// True when the database has a table whose changes cannot be rolled back.
absl::StatusOr<bool> HasTablesWithoutTransactions(const base::Context& context,
                                                  MigrationSession& session) {
  ASSIGN_OR_RETURN(
      const std::vector<migrate::SqlSession::Row> rows,
      session.Query(context,
                    "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND "
                    "TABLE_TYPE = 'BASE TABLE' AND ENGINE NOT IN (SELECT ENGINE FROM "
                    "information_schema.ENGINES WHERE TRANSACTIONS = 'YES') LIMIT 1"));
  return !rows.empty();
}

migrate::SqlDialect MakeDialect(const std::string& database, const std::string& table,
                                const std::string& history) {
  migrate::SqlDialect dialect;
  dialect.table = absl::StrCat(QuoteName(database), ".", QuoteName(table));
  // As golang-migrate creates it.
  dialect.create_table =
      absl::StrCat("CREATE TABLE ", dialect.table,
                   " (version bigint not null primary key, dirty boolean not null)");
  dialect.history = absl::StrCat(QuoteName(database), ".", QuoteName(history));
  dialect.create_history = absl::StrCat(
      "CREATE TABLE ", dialect.history,
      " (seq bigint PRIMARY KEY, version bigint NOT NULL, from_version bigint NOT NULL, "
      "to_version bigint NOT NULL, title varchar(255) NOT NULL, direction varchar(16) NOT NULL, "
      "sha256 varchar(80) NOT NULL, started varchar(40) NOT NULL, duration_ms bigint NOT NULL, "
      "siphon varchar(80) NOT NULL, db_user varchar(255) NOT NULL, state varchar(100) NOT NULL, "
      "done bigint NOT NULL, total bigint NOT NULL, done_sha256 varchar(80) NOT NULL) "
      "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4");
  // With sql_mode=ORACLE, BEGIN starts a block.
  dialect.begin = "START TRANSACTION";
  dialect.records_starts = true;
  dialect.retries_alone = true;
  // sql_safe_updates requires a condition on a key.
  dialect.where_any = " WHERE version >= -9223372036854775808";
  dialect.tries = 120;
  return dialect;
}

}  // namespace

absl::StatusOr<std::unique_ptr<migrate::Database>> MigrationsOn(const base::Context& context,
                                                                std::unique_ptr<Session> session,
                                                                const MigrationOptions& options) {
  Rows rows;
  {
    const Session::Watch watch(context, *session);
    RETURN_IF_ERROR(SetVariables(context, *session, options));
    ASSIGN_OR_RETURN(rows, session->Query(context, "SELECT CURRENT_USER(), @@sql_mode LIMIT 1"));
    if (rows.empty()) return errs::InternalError(kOp, "the server has no sql_mode");
  }
  const std::string history = migrate::HistoryName(options.table, kLongestName);
  const std::string database = session->settings().database;
  migrate::SqlDatabase::Options database_options;
  database_options.name = database;
  database_options.dialect = session->is_mariadb() ? sql::Dialect::kMariadb : sql::Dialect::kMysql;
  database_options.quoting = sql::QuotingOf(Text(rows[0], 1));
  database_options.statement_timeout = options.statement_timeout;
  auto server = std::make_unique<MigrationSession>(
      std::move(session), MigrationSession::Options{.user = std::string(Text(rows[0], 0)),
                                                    .table = options.table,
                                                    .history = history,
                                                    .lock = options.lock});
  ASSIGN_OR_RETURN(const bool keeps, HasTablesWithoutTransactions(context, *server));
  database_options.wrap = !keeps;
  migrate::SqlDialect dialect = MakeDialect(database, options.table, history);
  dialect.lock_held = server->LockHeld();
  return std::make_unique<migrate::SqlDatabase>(std::move(server), std::move(dialect),
                                                std::move(database_options));
}

absl::StatusOr<std::unique_ptr<migrate::Database>> ForkMigrations::Open(
    const base::Context& context, const profile::ConnectionProfile& profile,
    driver::MigrationAccess) {
  const auto open = [&]() -> absl::StatusOr<std::unique_ptr<migrate::Database>> {
    profile::ConnectionProfile rest = profile;
    ASSIGN_OR_RETURN(const MigrationOptions options, TakeMigrationOptions(rest));
    ASSIGN_OR_RETURN(const Settings settings, ConnectionSettings(rest));
    ASSIGN_OR_RETURN(
        std::unique_ptr<Session> session,
        Session::Connect(context, fork_, settings, {.any_fork = true, .as_it_is = true}));
    return MigrationsOn(context, std::move(session), options);
  };
  return NameOperation(fork_, open());
}

absl::Status ForkMigrations::ForgetMigrations(profile::ConnectionProfile& profile) const {
  return NameOperation(fork_, TakeMigrationOptions(profile).status());
}

}  // namespace siphon::mysqlcommon
