// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/migrations.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "drivers/postgres/conninfo.h"
#include "drivers/postgres/drop_schema.h"
#include "drivers/postgres/foreign_code.h"
#include "drivers/postgres/lone_work.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/sql_error.h"
#include "drivers/postgres/version_table.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/units.h"
#include "siphon/domain/migrate/lock_id.h"
#include "siphon/domain/migrate/migration_tables.h"
#include "siphon/domain/migrate/sql_database.h"
#include "siphon/domain/sql/statement.h"

namespace siphon::postgres {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::string_view kOp = "postgres.migrate";
// The longest name in PostgreSQL (NAMEDATALEN - 1).
constexpr size_t kLongestName = 63;
constexpr milliseconds kFirstPause{50};
constexpr milliseconds kLongestPause{500};

class ServerSession : public migrate::SqlSession {
 public:
  ServerSession(std::unique_ptr<Session> session, std::string schema, std::string table_schema,
                std::string table, std::string history)
      : session_(std::move(session)),
        schema_(std::move(schema)),
        table_(QuoteQualified(table_schema, table)),
        history_(QuoteQualified(table_schema, history)) {
    const std::string database = session_->settings().find("dbname")->second;
    // The program uses the path of the URL as the name, the library asks the server.
    ids_ = {migrate::LockId(absl::StrCat("/", database), {table_schema, table}),
            migrate::LockId(database, {table_schema, table})};
  }

  // An SQL expression that is true while both advisory locks are held. It releases and retakes each
  // one; a transaction lock covers the gap. A query of pg_locks takes ten times as long.
  std::string LockHeld() const {
    std::string held = "TRUE";
    for (const uint32_t id : ids_) {
      held =
          absl::StrCat("CASE WHEN pg_catalog.pg_try_advisory_xact_lock(", id,
                       ") THEN CASE WHEN pg_catalog.pg_advisory_unlock(", id,
                       ") THEN pg_catalog.pg_try_advisory_lock(", id, ") AND ", held, " END END");
    }
    return held;
  }

  absl::Status Close() override {
    session_.reset();
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<Row>> Query(const base::Context& context,
                                         const std::string& sql) override {
    ASSIGN_OR_RETURN(const Rows rows, session_->QueryAny(context, sql));
    std::vector<Row> copy;
    for (int i = 0; i < rows.size(); ++i) copy.push_back(CopyRow(rows, i));
    return copy;
  }

  absl::Status RunStatement(const base::Context& context, std::string_view statement,
                            std::optional<size_t>& at) override {
    const std::vector<std::string> first =
        sql::LeadingTokens(sql::Dialect::kPostgres, statement, 200);
    if (!first.empty() && first[0] == "copy" &&
        std::find(first.begin(), first.end(), "stdout") != first.end()) {
      return errs::UserError(kOp, errs::kInvalidArgument, "a migration cannot COPY ... TO STDOUT",
                             "take it out of the migration");
    }
    const absl::Status status = session_->Execute(context, std::string(statement));
    const std::string state = SqlState(status);
    // active_sql_transaction; invalid_transaction_termination, in a procedure or a DO block.
    needs_no_transaction_ = state == "25001" || (state == "2D000" && !first.empty() &&
                                                 (first[0] == "call" || first[0] == "do"));
    const std::optional<int> position = ErrorPosition(status);
    if (position.has_value()) at = Offset(statement, *position);
    RETURN_IF_ERROR(status);
    if (first.size() > 1 && first[0] == "discard" && first[1] == "all") return LockAgain(context);
    return CheckWork(context, *session_, statement);
  }

  bool needs_no_transaction() const override { return needs_no_transaction_; }

  bool MissesColumn(const absl::Status& status) const override {
    return SqlState(status) == "42703";  // undefined_column
  }

  bool LacksPrivilege(const absl::Status& status) const override {
    return SqlState(status) == "42501";  // insufficient_privilege
  }

  absl::Status Replay(const base::Context& context, const migrate::Script& script, size_t from,
                      size_t done) override {
    for (size_t i = from; i < done; ++i) {
      const std::string_view statement = script.statements[i].text;
      if (!SetsSession(statement)) continue;
      std::optional<size_t> at;
      RETURN_IF_ERROR(RunStatement(context, statement, at));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Fingerprint(const base::Context& context,
                                          std::string_view statement) override {
    return FingerprintOfWork(context, *session_, statement);
  }

  absl::StatusOr<bool> Mend(const base::Context& context, std::string_view statement) override {
    return MendWork(context, *session_, statement);
  }

  void Rollback() override {
    if (session_->broken()) return;
    const base::Context briefly =
        base::Context().WithDeadline(SteadyClock::now() + std::chrono::seconds(5));
    session_->Execute(briefly, "ROLLBACK").IgnoreError();
  }

  absl::Status Reset(const base::Context& context) override {
    return session_->Execute(context, "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL");
  }

  absl::StatusOr<Tables> FindTables(const base::Context& context) override {
    ASSIGN_OR_RETURN(const Rows rows,
                     session_->QueryRow(context, {"bb"},
                                        "SELECT pg_catalog.to_regclass($1) IS NOT NULL, "
                                        "pg_catalog.to_regclass($2) IS NOT NULL",
                                        {table_, history_}));
    return Tables{.version = rows.Bool(0, 0), .history = rows.Bool(0, 1)};
  }

  absl::Status Lock(const base::Context& context, std::chrono::nanoseconds timeout) override {
    RETURN_IF_ERROR(RefuseSharedSessions(context));
    const auto until = SteadyClock::now() + timeout;
    milliseconds pause = kFirstPause;
    while (true) {
      ASSIGN_OR_RETURN(const bool taken, TryLock(context));
      if (taken) return CheckRunsNoForeignCode(context, *session_, {table_, history_});
      const auto left = until - SteadyClock::now();
      if (left <= std::chrono::nanoseconds(0)) break;
      RETURN_IF_ERROR(context.Sleep(std::min<std::chrono::nanoseconds>(left, pause)));
      pause = std::min(pause * 2, kLongestPause);
    }
    return errs::SystemError(
        kOp, errs::kLocked,
        absl::StrCat("within ", base::FormatDuration(absl::FromChrono(timeout)), ": ",
                     Holder(context), " holds it"),
        "wait until it is done, or give more time with --lock-timeout");
  }

  absl::Status Unlock(const base::Context& context) override {
    ASSIGN_OR_RETURN(
        const Rows rows,
        session_->QueryRow(context, {"bb"},
                           absl::StrCat("SELECT pg_catalog.pg_advisory_unlock(", ids_[0],
                                        "), "
                                        "pg_catalog.pg_advisory_unlock(",
                                        ids_[1], ")")));
    if (rows.Bool(0, 0) && rows.Bool(0, 1)) return absl::OkStatus();
    return errs::SystemError(kOp, errs::kLocked, "the connection lost the lock before the end",
                             "a migration may have released it (pg_advisory_unlock_all), or a "
                             "pooler that hands connections on (pgbouncer) breaks it");
  }

  absl::Status Drop(const base::Context& context) override {
    return DropContent(context, *session_, schema_, {table_, history_});
  }

  std::string user() const override { return session_->settings().find("user")->second; }
  std::string Quote(std::string_view text) const override { return QuoteLiteral(text); }

 private:
  static Row CopyRow(const Rows& rows, int index) {
    Row row;
    for (int column = 0; column < rows.columns(); ++column) {
      row.emplace_back(rows.Text(index, column));
    }
    return row;
  }

  // True for a statement whose only effect is a setting of the session.
  static bool SetsSession(std::string_view statement) {
    const std::vector<std::string> first =
        sql::LeadingTokens(sql::Dialect::kPostgres, statement, 4);
    if (first.size() < 2) return false;
    if (first[0] == "reset") return true;
    if (first[0] == "set") {
      return first[1] != "local" && first[1] != "transaction" && first[1] != "constraints";
    }
    return first[0] == "select" && (first[1] == "set_config" || first.back() == "set_config");
  }

  // The offset in bytes of a character, counted from 1.
  static size_t Offset(std::string_view text, int character) {
    size_t at = 0;
    while (at < text.size()) {
      if ((text[at] & 0xC0) != 0x80 && --character == 0) break;
      ++at;
    }
    return at;
  }

  std::string LockRows() const {
    return absl::StrCat(
        "l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.granted"
        " AND l.classid OPERATOR(pg_catalog.=) 0::pg_catalog.oid"
        " AND l.objsubid OPERATOR(pg_catalog.=) 1::pg_catalog.int2"
        " AND l.objid OPERATOR(pg_catalog.=) ANY (ARRAY[",
        ids_[0], ", ", ids_[1],
        "]::pg_catalog.oid[]) AND l.database OPERATOR(pg_catalog.=)"
        " (SELECT oid FROM pg_catalog.pg_database"
        " WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database())");
  }

  // Refuses a pooler that gives the server process of this session to other clients between
  // transactions, because session locks do not hold there. If a busy pool hides that (see
  // IsShared()), LockHeld() fails in a transaction.
  absl::Status RefuseSharedSessions(const base::Context& context) {
    ASSIGN_OR_RETURN(const bool shared, session_->IsShared(context));
    if (!shared) return absl::OkStatus();
    return errs::UserError(
        kOp, errs::kDriverUnsupported,
        absl::StrCat(session_->target(),
                     " is a pooler that shares connections between transactions, which breaks the "
                     "lock of migrations"),
        "connect to the server itself, or through a pool in session mode");
  }

  absl::StatusOr<bool> TryLock(const base::Context& context) {
    for (size_t i = 0; i < ids_.size(); ++i) {
      ASSIGN_OR_RETURN(
          const std::string taken,
          session_->QueryText(
              context, absl::StrCat("SELECT pg_catalog.pg_try_advisory_lock(", ids_[i], ")")));
      if (taken == "t") continue;
      // Takes both or none, so that two clients never wait for each other.
      if (i > 0) {
        RETURN_IF_ERROR(session_->Execute(
            context, absl::StrCat("SELECT pg_catalog.pg_advisory_unlock(", ids_[0], ")")));
      }
      return false;
    }
    return true;
  }

  // DISCARD ALL releases all advisory locks. Meanwhile the version is dirty, so that other programs
  // refuse to migrate.
  absl::Status LockAgain(const base::Context& context) {
    ASSIGN_OR_RETURN(const bool taken, TryLock(context));
    if (taken) return absl::OkStatus();
    return errs::SystemError(kOp, errs::kLocked,
                             absl::StrCat("DISCARD ALL released the lock of migrations, and ",
                                          Holder(context), " took it"),
                             "when it has ended: siphon migrate up --resume");
  }

  std::string Holder(const base::Context& context) {
    const absl::StatusOr<std::string> holder = session_->QueryText(
        context,
        absl::StrCat("SELECT pg_catalog.format('session %s of %s (%s, from %s, since %s)', a.pid, "
                     "COALESCE(a.usename, '?'), CASE WHEN pg_catalog.length(a.application_name) "
                     "OPERATOR(pg_catalog.>) 0 THEN a.application_name ELSE 'no name' END, "
                     "COALESCE(pg_catalog.host(a.client_addr), 'a local socket'), "
                     "pg_catalog.to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ')) FROM "
                     "pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a "
                     "ON a.pid OPERATOR(pg_catalog.=) l.pid WHERE ",
                     LockRows(), " LIMIT 1"));
    return holder.ok() ? *holder : "another session";
  }

  std::unique_ptr<Session> session_;
  std::string schema_;
  std::string table_;
  std::string history_;
  std::vector<uint32_t> ids_;
  bool needs_no_transaction_ = false;
};

// Moves server settings, which golang-migrate accepts as parameters of a URL, into libpq's options.
void MoveServerSettings(profile::ConnectionProfile& profile) {
  std::string& options = profile.parameters["options"];
  for (const std::string name :
       {"search_path", "statement_timeout", "lock_timeout", "timezone", "TimeZone"}) {
    const auto found = profile.parameters.find(name);
    if (found == profile.parameters.end()) continue;
    absl::StrAppend(&options, options.empty() ? "" : " ", "-c ", name, "=",
                    absl::StrReplaceAll(found->second, {{"\\", "\\\\"}, {" ", "\\ "}}));
    profile.parameters.erase(found);
  }
  if (options.empty()) profile.parameters.erase("options");
}

}  // namespace

absl::StatusOr<std::unique_ptr<migrate::Database>> MigrationsOn(const base::Context& context,
                                                                std::unique_ptr<Session> session,
                                                                const MigrationOptions& options) {
  ASSIGN_OR_RETURN(const Rows rows,
                   session->QueryRowPromptly(
                       context, {"t?b"},
                       "SELECT pg_catalog.current_schema(),"
                       " pg_catalog.current_setting('lock_timeout') OPERATOR(pg_catalog.=) '0'"));
  const std::string schema(rows.Text(0, 0));
  if (schema.empty()) {
    return errs::SystemError(
        kOp, errs::kDatabase,
        absl::StrCat(session->target(), ": no schema of the search_path exists"),
        "create it, or name another one with search_path");
  }
  ASSIGN_OR_RETURN(const VersionTable found,
                   FindVersionTable(context, *session, schema, options.table, options.quoted));
  const std::string& table = found.table;
  const std::string& table_schema = found.schema;
  const std::string history = migrate::HistoryName(table, kLongestName);
  // Before the first look into them: one of them could be a view.
  RETURN_IF_ERROR(CheckRunsNoForeignCode(
      context, *session,
      {QuoteQualified(table_schema, table), QuoteQualified(table_schema, history)}));
  migrate::SqlDatabase::Options database_options;
  database_options.name = session->settings().find("dbname")->second;
  database_options.dialect = sql::Dialect::kPostgres;
  database_options.statement_timeout = options.statement_timeout;
  auto server =
      std::make_unique<ServerSession>(std::move(session), schema, table_schema, table, history);
  migrate::SqlDialect dialect;
  dialect.table = QuoteQualified(table_schema, table);
  dialect.create_table =
      absl::StrCat("CREATE TABLE IF NOT EXISTS ", dialect.table,
                   " (version bigint not null primary key, dirty boolean not null)");
  dialect.history = QuoteQualified(table_schema, history);
  dialect.create_history = absl::StrCat(
      "CREATE TABLE IF NOT EXISTS ", dialect.history,
      " (seq bigint PRIMARY KEY, version bigint NOT NULL, from_version bigint NOT NULL, "
      "to_version bigint NOT NULL, title pg_catalog.text NOT NULL, direction pg_catalog.text NOT "
      "NULL, "
      "sha256 pg_catalog.text NOT NULL, started timestamp with time zone NOT NULL, "
      "duration_ms bigint NOT NULL, siphon pg_catalog.text NOT NULL, db_user pg_catalog.text NOT "
      "NULL, "
      "state pg_catalog.text NOT NULL, done bigint NOT NULL, total bigint NOT NULL, "
      "done_sha256 pg_catalog.text NOT NULL)");
  dialect.started =
      "pg_catalog.to_char(started AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";
  dialect.equals = "OPERATOR(pg_catalog.=)";
  dialect.lock_held = server->LockHeld();
  // A lock request that waits for a running dump would block all other sessions.
  if (rows.Bool(0, 1)) dialect.begin_patiently = "; SET LOCAL lock_timeout = '5s'";
  dialect.tries = 120;
  dialect.commit_lazily = "SET LOCAL synchronous_commit = off; ";
  // A commit that is written to disk, and the previous ones with it.
  dialect.sync = "SELECT pg_catalog.txid_current()";
  dialect.prepares = true;
  dialect.records_starts = true;
  return std::make_unique<migrate::SqlDatabase>(std::move(server), std::move(dialect),
                                                std::move(database_options));
}

absl::StatusOr<std::unique_ptr<migrate::Database>> PostgresMigrations::Open(
    const base::Context& context, const profile::ConnectionProfile& profile,
    driver::MigrationAccess) {
  profile::ConnectionProfile rest = profile;
  ASSIGN_OR_RETURN(auto parameters, driver::TakeMigrationParameters(
                                        rest, {"x-migrations-table", "x-migrations-table-quoted",
                                               "x-statement-timeout", "x-multi-statement",
                                               "x-multi-statement-max-size"}));
  MigrationOptions options;
  options.table = parameters["x-migrations-table"];
  ASSIGN_OR_RETURN(options.quoted,
                   driver::BoolParameter(parameters, "x-migrations-table-quoted", false));
  RETURN_IF_ERROR(driver::BoolParameter(parameters, "x-multi-statement", false).status());
  if (const std::string& text = parameters["x-statement-timeout"]; !text.empty()) {
    int64_t timeout = 0;
    if (!absl::SimpleAtoi(text, &timeout) || timeout < 0) {
      return errs::UserError(kOp, errs::kInvalidArgument,
                             absl::StrCat("x-statement-timeout is \"", text, "\""),
                             "it is a number of milliseconds");
    }
    options.statement_timeout = milliseconds(timeout);
  }
  MoveServerSettings(rest);
  ASSIGN_OR_RETURN(const Settings settings, ConnectionSettings(rest));
  ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::ConnectForUser(context, settings));
  return MigrationsOn(context, std::move(session), options);
}

}  // namespace siphon::postgres
