// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/regression/mysql_suite.h"

#include <chrono>
#include <filesystem>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "testing/process/process.h"
#include "testing/regression/mysql_test_script.h"
#include "testing/servers/server_index.h"

namespace siphon::testing {
namespace {

using Row = MysqlServer::Row;

constexpr std::string_view kFiller = "siphon_filler";
// A delimiter that no script contains.
constexpr std::string_view kDelimiter = "//~~//";
constexpr std::chrono::seconds kLimit{60};

// The script for the server's own client.
absl::StatusOr<std::string> ClientScript(std::string_view script) {
  ASSIGN_OR_RETURN(const InstalledServer tests, FindServer("mariadb-test-10.11"));
  ASSIGN_OR_RETURN(const std::string text,
                   base::ReadFile(absl::StrCat(tests.bin, "/", script, ".test"), size_t{1} << 24));
  std::string sql =
      absl::StrCat("SET max_statement_time=2, lock_wait_timeout=2;\nDELIMITER ", kDelimiter, "\n");
  for (const std::string& statement : FillingStatements(text)) {
    absl::StrAppend(&sql, statement, "\n", kDelimiter, "\n");
  }
  return sql;
}

absl::Status DropBrokenViews(const MysqlServer& server, std::string_view database) {
  ASSIGN_OR_RETURN(
      const std::vector<Row> views,
      server.Query("SELECT concat('CHECK TABLE `', replace(table_name, '`', '``'), '`;')"
                   " FROM information_schema.tables WHERE table_schema = database()"
                   " AND table_type = 'VIEW';",
                   database));
  if (views.empty()) return absl::OkStatus();
  std::string sql;
  for (const Row& view : views) sql += view.at(0).value_or("");
  // "db.v1", "check", "Error", why.
  ASSIGN_OR_RETURN(const std::vector<Row> found, server.Query(sql, database));
  std::set<std::string> broken;
  for (const Row& row : found) {
    if (row.at(2) != "Error") continue;
    broken.insert(row.at(0).value_or("").substr(database.size() + 1));
  }
  sql.clear();
  for (const std::string& view : broken) {
    absl::StrAppend(&sql, "DROP VIEW IF EXISTS ", MysqlName(view), ";");
  }
  return sql.empty() ? absl::OkStatus() : server.RunSql(sql, database);
}

// CREATE ... SELECT makes nullable columns without any default, not even NULL. CREATE TABLE cannot
// express that.
absl::Status GiveDefaults(const MysqlServer& server, std::string_view database) {
  ASSIGN_OR_RETURN(
      const std::vector<Row> columns,
      server.Query("SELECT concat('ALTER TABLE `', replace(table_name, '`', '``'), '` ALTER `',"
                   " replace(column_name, '`', '``'), '` SET DEFAULT NULL;')"
                   " FROM information_schema.columns JOIN information_schema.tables"
                   " USING (table_schema, table_name) WHERE table_schema = database()"
                   " AND table_type = 'BASE TABLE' AND column_default IS NULL"
                   " AND is_nullable = 'YES' AND is_generated = 'NEVER' AND extra = '';",
                   database));
  std::string sql;
  for (const Row& column : columns) sql += column.at(0).value_or("");
  return sql.empty() ? absl::OkStatus() : server.RunSql(sql, database);
}

}  // namespace

absl::Status FillFromTestScript(const MysqlServer& server, std::string_view database,
                                std::string_view script) {
  ASSIGN_OR_RETURN(const std::string sql, ClientScript(script));
  RETURN_IF_ERROR(server.CreateDatabase(database));
  RETURN_IF_ERROR(server.RunSql(absl::StrCat(
      "CREATE OR REPLACE USER ", kFiller, "@localhost; GRANT SET USER ON *.* TO ", kFiller,
      "@localhost; GRANT ALL ON ", MysqlName(database), ".* TO ", kFiller, "@localhost;")));
  const std::string path =
      (std::filesystem::path(server.client_options()).parent_path() / "fill.sql").string();
  RETURN_IF_ERROR(base::WriteFileAtomically(path, sql, 0600));
  // The scripts are written for a connection in latin1.
  ASSIGN_OR_RETURN(
      const ProcessResult result,
      RunProcess({.argv = {"/bin/sh", "-c", R"(exec "$@" <"$0")", path, server.Program("client"),
                           "--no-defaults", "--socket=" + server.socket_path(),
                           absl::StrCat("--user=", kFiller), "--default-character-set=latin1",
                           "--force", "--batch", "--binary-mode", "--comments", "--skip-ssl",
                           absl::StrCat("--database=", database)},
                  .environment = {"LC_ALL=C", "TZ=UTC"},
                  .limit = kLimit}));
  // Exit code 1: a statement was refused. If the client could not start, the database stays empty.
  if (result.exit_code != 0 && result.exit_code != 1) {
    return absl::InternalError(
        absl::StrCat(script, ": the client ended with ", result.exit_code, ": ", result.err));
  }
  // The objects run as this user, in any database.
  RETURN_IF_ERROR(server.RunSql(absl::StrCat("GRANT ALL ON *.* TO ", kFiller, "@localhost;")));
  RETURN_IF_ERROR(GiveDefaults(server, database));
  return DropBrokenViews(server, database);
}

void MysqlTotals::Add(const MysqlTotals& other) {
  databases += other.databases;
  tables += other.tables;
  views += other.views;
  routines += other.routines;
  triggers += other.triggers;
  events += other.events;
  rows += other.rows;
}

std::string MysqlTotals::ToString() const {
  return absl::StrCat(databases, " databases, ", tables, " tables, ", views, " views, ", routines,
                      " routines, ", triggers, " triggers, ", events, " events, ", rows, " rows");
}

absl::StatusOr<MysqlTotals> CountMysqlContent(const MysqlServer& server,
                                              std::string_view database) {
  ASSIGN_OR_RETURN(const std::vector<Row> counts,
                   server.Query("SELECT count(*), sum(table_type = 'VIEW'),"
                                " (SELECT count(*) FROM information_schema.routines"
                                " WHERE routine_schema = database()),"
                                " (SELECT count(*) FROM information_schema.triggers"
                                " WHERE trigger_schema = database()),"
                                " (SELECT count(*) FROM information_schema.events"
                                " WHERE event_schema = database())"
                                " FROM information_schema.tables WHERE table_schema = database();",
                                database));
  std::vector<int64_t> figures;
  for (const std::optional<std::string>& field : counts.at(0)) {
    if (!absl::SimpleAtoi(field.value_or("0"), &figures.emplace_back())) {
      return absl::InternalError("a count that is no number");
    }
  }
  MysqlTotals totals{.databases = 1,
                     .tables = figures.at(0) - figures.at(1),
                     .views = figures.at(1),
                     .routines = figures.at(2),
                     .triggers = figures.at(3),
                     .events = figures.at(4)};
  ASSIGN_OR_RETURN(const std::vector<Row> tables,
                   server.Query("SELECT concat('SELECT count(*) FROM `',"
                                " replace(table_name, '`', '``'), '`;')"
                                " FROM information_schema.tables WHERE table_schema = database()"
                                " AND table_type <> 'VIEW';",
                                database));
  std::string sql;
  for (const Row& table : tables) sql += table.at(0).value_or("");
  if (sql.empty()) return totals;
  ASSIGN_OR_RETURN(const std::vector<Row> rows, server.Query(sql, database));
  for (const Row& row : rows) {
    int64_t count = 0;
    if (!absl::SimpleAtoi(row.at(0).value_or(""), &count)) {
      return absl::InternalError("a count that is no number");
    }
    totals.rows += count;
  }
  return totals;
}

}  // namespace siphon::testing
