// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// MysqlServer's helpers that speak SQL, through the server's own client.

#include <filesystem>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "testing/process/process.h"
#include "testing/servers/mysql.h"
#include "testing/servers/mysql_template.h"

namespace siphon::testing {
namespace {

using Steady = std::chrono::steady_clock;

// A field of the client's --batch output: tabs, line feeds and backslashes are escaped.
std::optional<std::string> Field(std::string_view text) {
  if (text == "NULL") return std::nullopt;
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    out += c == 't' ? '\t' : c == 'n' ? '\n' : c == '0' ? '\0' : c;
  }
  return out;
}

}  // namespace

std::string MysqlName(std::string_view name) {
  return absl::StrCat("`", absl::StrReplaceAll(name, {{"`", "``"}}), "`");
}

std::string MysqlText(std::string_view text) {
  return text.empty() ? "''" : absl::StrCat("_utf8mb4 0x", absl::BytesToHexString(text));
}

std::string MysqlServer::Program(std::string_view what) const {
  if (what == "client") return installed_.Program(is_mariadb() ? "mariadb" : "mysql");
  return installed_.Program(is_mariadb() ? absl::StrCat("mariadb-", what)
                                         : absl::StrCat("mysql", what));
}

absl::StatusOr<std::string> MysqlServer::RunClient(const std::string& script,
                                                   std::string_view database,
                                                   const std::vector<std::string>& options) const {
  ProcessOptions client{.argv = {"/bin/sh", "-c", R"(exec "$@" <"$0")", script, Program("client"),
                                 "--defaults-file=" + client_options_, "--batch",
                                 "--skip-column-names", "--binary-mode"},
                        .environment = MysqlEnvironment(),
                        .directory = folder_,
                        .limit = std::chrono::seconds(600)};
  client.argv.insert(client.argv.end(), options.begin(), options.end());
  if (!database.empty()) client.argv.push_back(absl::StrCat("--database=", database));
  ASSIGN_OR_RETURN(ProcessResult result, RunProcess(client));
  if (result.exit_code == 0) return std::move(result.out);
  return absl::InternalError(
      absl::StrCat(name(), ", database ", database, ": ", absl::StripAsciiWhitespace(result.err)));
}

absl::Status MysqlServer::RunSql(std::string_view sql, std::string_view database) const {
  return Query(sql, database).status();
}

absl::Status MysqlServer::RunFile(const std::string& path, std::string_view database) const {
  return RunClient(std::filesystem::absolute(path).string(), database).status();
}

absl::Status MysqlServer::RunDump(std::string_view sql, std::string_view database) const {
  ASSIGN_OR_RETURN(const std::unique_ptr<base::AtomicFile> script,
                   base::AtomicFile::Create(folder_, "dump-", 0600));
  RETURN_IF_ERROR(script->Write(sql));
  RETURN_IF_ERROR(script->Finish());
  return RunClient(script->temporary_path(), database,
                   {"--comments", "--default-character-set=utf8mb4"})
      .status();
}

absl::StatusOr<std::vector<MysqlServer::Row>> MysqlServer::Query(std::string_view sql,
                                                                 std::string_view database) const {
  ASSIGN_OR_RETURN(const std::unique_ptr<base::AtomicFile> script,
                   base::AtomicFile::Create(folder_, "script-", 0600));
  RETURN_IF_ERROR(script->Write(sql));
  RETURN_IF_ERROR(script->Finish());
  ASSIGN_OR_RETURN(const std::string text, RunClient(script->temporary_path(), database));
  std::vector<Row> rows;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    Row& row = rows.emplace_back();
    for (const std::string_view field : absl::StrSplit(rest.substr(0, end), '\t')) {
      row.push_back(Field(field));
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return rows;
}

absl::StatusOr<std::string> MysqlServer::Value(std::string_view sql,
                                               std::string_view database) const {
  ASSIGN_OR_RETURN(const std::vector<Row> rows, Query(sql, database));
  if (rows.size() != 1 || rows[0].size() != 1) {
    return absl::InternalError(absl::StrCat("not one value, but ", rows.size(), " rows: ", sql));
  }
  return rows[0][0].value_or("");
}

absl::Status MysqlServer::CreateDatabase(std::string_view name) const {
  return RunSql(absl::StrCat("CREATE DATABASE ", MysqlName(name), ";"));
}

absl::Status MysqlServer::DropDatabase(std::string_view name) const {
  return RunSql(absl::StrCat("DROP DATABASE ", MysqlName(name), ";"));
}

absl::StatusOr<std::string> MysqlServer::Dump(std::string_view database) const {
  ProcessOptions dump{
      .argv = {Program("dump"), "--defaults-file=" + client_options_, "--skip-comments",
               "--routines", "--events", "--triggers", "--hex-blob", "--order-by-primary",
               "--single-transaction", "--default-character-set=utf8mb4"},
      .environment = MysqlEnvironment(),
      .limit = std::chrono::seconds(600)};
  if (!is_mariadb()) {
    dump.argv.insert(dump.argv.end(), {"--set-gtid-purged=OFF", "--column-statistics=0"});
  }
  dump.argv.emplace_back(database);
  ASSIGN_OR_RETURN(ProcessResult result, RunProcess(dump));
  if (result.exit_code == 0) return std::move(result.out);
  return absl::InternalError(
      absl::StrCat("dumping ", database, ": ", absl::StripAsciiWhitespace(result.err)));
}

absl::StatusOr<std::vector<MysqlServer::Session>> MysqlServer::Sessions() const {
  // In MySQL a query of information_schema fails while a running statement contains bytes that are
  // not valid text.
  constexpr std::string_view kMariadb =
      "SELECT id, user, db, command, info FROM information_schema.processlist";
  constexpr std::string_view kMysql =
      "SELECT processlist_id AS id, processlist_user AS user, processlist_db AS db,"
      " processlist_command AS command, processlist_info AS info"
      " FROM performance_schema.threads WHERE type = 'FOREGROUND' AND processlist_id IS NOT NULL";
  ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      Query(absl::StrCat("SELECT id, ifnull(user, ''), ifnull(db, ''), command,"
                         " hex(left(ifnull(info, ''), 80)) FROM (",
                         is_mariadb() ? kMariadb : kMysql,
                         ") s WHERE id <> connection_id() AND command NOT IN ('Daemon', 'Binlog"
                         " Dump') AND ifnull(user, '') NOT IN ('system user', 'event_scheduler')"
                         " ORDER BY id;")));
  std::vector<Session> sessions;
  for (const Row& row : rows) {
    Session& session = sessions.emplace_back();
    if (row.size() != 5 || !absl::SimpleAtoi(row[0].value_or(""), &session.id) ||
        !absl::HexStringToBytes(row[4].value_or(""), &session.query)) {
      return absl::InternalError("a session with other columns");
    }
    session.user = row[1].value_or("");
    session.database = row[2].value_or("");
    session.command = row[3].value_or("");
  }
  return sessions;
}

absl::Status MysqlServer::WaitForSessions(size_t count, std::chrono::seconds limit) const {
  const Steady::time_point end = Steady::now() + limit;
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<Session> sessions, Sessions());
    if (sessions.size() <= count) return absl::OkStatus();
    if (Steady::now() > end) {
      return absl::DeadlineExceededError(
          absl::StrCat(sessions.size(), " sessions: ",
                       absl::StrJoin(sessions, "; ", [](std::string* out, const Session& session) {
                         absl::StrAppend(out, session.user, "@", session.database, " ",
                                         session.command, " ", session.query);
                       })));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace siphon::testing
