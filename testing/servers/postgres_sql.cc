// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// PostgresServer's helpers that speak SQL, through psql.

#include <filesystem>
#include <system_error>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "testing/process/process.h"
#include "testing/servers/postgres.h"
#include "testing/servers/server_index.h"

namespace siphon::testing {
namespace {

using Steady = std::chrono::steady_clock;

// Control characters that no sample contains: the field separator and NULL. A zero ends each row.
constexpr char kField = '\x1f';
constexpr std::string_view kNull = "\x1d";

// A file with this text; the destructor removes it.
class ScriptFile {
 public:
  static absl::StatusOr<std::unique_ptr<ScriptFile>> Make(const std::string& folder,
                                                          std::string_view text) {
    ASSIGN_OR_RETURN(std::unique_ptr<base::AtomicFile> file,
                     base::AtomicFile::Create(folder, "script-", 0600));
    RETURN_IF_ERROR(file->Write(text));
    RETURN_IF_ERROR(file->Finish());
    return std::unique_ptr<ScriptFile>(new ScriptFile(std::move(file)));
  }
  const std::string& path() const { return file_->temporary_path(); }

 private:
  explicit ScriptFile(std::unique_ptr<base::AtomicFile> file) : file_(std::move(file)) {}
  std::unique_ptr<base::AtomicFile> file_;
};

}  // namespace

absl::StatusOr<std::string> PostgresServer::RunPsql(std::vector<std::string> arguments,
                                                    std::string_view database) const {
  // Only this installation has psql; it works with all server versions.
  ASSIGN_OR_RETURN(const InstalledServer debian, FindServer("postgresql-15"));
  ProcessOptions psql{
      .argv = {debian.Program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"},
      .environment = {absl::StrCat("PGHOST=", socket_directory_), absl::StrCat("PGPORT=", port()),
                      absl::StrCat("PGUSER=", superuser_), absl::StrCat("PGPASSWORD=", password()),
                      absl::StrCat("PGDATABASE=", database), "PGAPPNAME=the test's psql",
                      "PGOPTIONS=-c client_min_messages=warning", "PGCLIENTENCODING=UTF8",
                      "LC_ALL=C", "TZ=UTC"},
      .directory = folder_,
      .limit = std::chrono::seconds(600)};
  psql.argv.insert(psql.argv.end(), arguments.begin(), arguments.end());
  ASSIGN_OR_RETURN(ProcessResult result, RunProcess(psql));
  if (result.exit_code == 0) return std::move(result.out);
  return absl::InternalError(absl::StrCat("PostgreSQL ", version(), ", database ", database, ": ",
                                          absl::StripAsciiWhitespace(result.err)));
}

absl::Status PostgresServer::RunSql(std::string_view sql, std::string_view database) const {
  ASSIGN_OR_RETURN(const std::unique_ptr<ScriptFile> script, ScriptFile::Make(folder_, sql));
  return RunFile(script->path(), database);
}

absl::Status PostgresServer::RunFile(const std::string& path, std::string_view database) const {
  return RunPsql({absl::StrCat("--file=", std::filesystem::absolute(path).string())}, database)
      .status();
}

absl::StatusOr<std::vector<PostgresServer::Row>> PostgresServer::Query(
    std::string_view sql, std::string_view database) const {
  ASSIGN_OR_RETURN(const std::unique_ptr<ScriptFile> script, ScriptFile::Make(folder_, sql));
  ASSIGN_OR_RETURN(const std::string text,
                   RunPsql({"--no-align", "--tuples-only", absl::StrCat("--file=", script->path()),
                            "--record-separator-zero",
                            absl::StrCat("--field-separator=", std::string(1, kField)),
                            absl::StrCat("--pset=null=", kNull)},
                           database));
  std::vector<Row> rows;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t end = rest.find('\0');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    Row& row = rows.emplace_back();
    for (const std::string_view field : absl::StrSplit(line, kField)) {
      if (field == kNull) {
        row.emplace_back();
      } else {
        row.emplace_back(field);
      }
    }
  }
  return rows;
}

absl::StatusOr<std::string> PostgresServer::Value(std::string_view sql,
                                                  std::string_view database) const {
  ASSIGN_OR_RETURN(const std::vector<Row> rows, Query(sql, database));
  if (rows.size() != 1 || rows[0].size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("not one value but ", rows.size(), " rows: ", sql));
  }
  return rows[0][0].value_or("");
}

absl::Status PostgresServer::CreateDatabase(std::string_view name) const {
  return RunSql(absl::StrCat("CREATE DATABASE ", QuoteName(name), " TEMPLATE template0"));
}

absl::Status PostgresServer::DropDatabase(std::string_view name) const {
  return RunSql(absl::StrCat("DROP DATABASE IF EXISTS ", QuoteName(name), " WITH (FORCE)"));
}

absl::StatusOr<std::vector<PostgresServer::Session>> PostgresServer::Sessions() const {
  ASSIGN_OR_RETURN(const std::vector<Row> rows,
                   Query("SELECT pid, datname, usename, application_name, state, query "
                         "FROM pg_stat_activity WHERE backend_type = 'client backend' "
                         "AND pid <> pg_backend_pid() ORDER BY pid"));
  std::vector<Session> sessions;
  for (const Row& row : rows) {
    Session& session = sessions.emplace_back();
    if (!absl::SimpleAtoi(row[0].value_or(""), &session.pid)) {
      return absl::InternalError("pg_stat_activity holds a pid that is no number");
    }
    session.database = row[1].value_or("");
    session.user = row[2].value_or("");
    session.application = row[3].value_or("");
    session.state = row[4].value_or("");
    session.query = row[5].value_or("");
  }
  return sessions;
}

absl::Status PostgresServer::WaitForSessions(size_t count, std::chrono::seconds limit) const {
  const Steady::time_point end = Steady::now() + limit;
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<Session> sessions, Sessions());
    if (sessions.size() <= count) return absl::OkStatus();
    if (Steady::now() > end) {
      return absl::DeadlineExceededError(absl::StrCat(
          sessions.size(), " sessions are left after ", limit.count(),
          " s: ", absl::StrJoin(sessions, "; ", [](std::string* out, const Session& session) {
            absl::StrAppend(out, session.application, " (", session.state, "): ", session.query);
          })));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace siphon::testing
