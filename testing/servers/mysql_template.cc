// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/mysql_template.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "testing/servers/server_log.h"
#include "testing/servers/server_process.h"

namespace siphon::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kInitLimit{300};
constexpr size_t kLongestScript = size_t{16} << 20;

std::string Share(const InstalledServer& installed, bool mariadb) {
  const std::string share =
      (fs::path(installed.bin).parent_path() / "root" / "usr" / "share").string();
  // MariaDB 11 uses another folder.
  const std::string own = share + "/mariadb";
  return mariadb && fs::exists(own) ? own : share + "/mysql";
}

// The statements that create the superuser, one per line, as the bootstrap mode requires.
std::string Accounts(const std::string& password) {
  // The password of an account must be a literal.
  std::string quoted = "'";
  for (const char c : password) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  quoted += "'";
  return absl::StrCat("ALTER USER root@localhost IDENTIFIED BY ", quoted, ";\n",
                      "CREATE USER root@'%' IDENTIFIED BY ", quoted, ";\n",
                      "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;\n");
}

// The bootstrap script, as Debian's mariadb-install-db builds it.
absl::StatusOr<std::string> BootstrapScript(const std::string& share, const std::string& password) {
  const std::string prefix =
      fs::exists(share + "/mariadb_system_tables.sql") ? "/mariadb_" : "/mysql_";
  std::string script =
      "CREATE DATABASE mysql;\nUSE mysql;\n"
      "SET @auth_root_socket=NULL;\nSET @skip_auth_anonymous=1;\n";
  for (const char* const part :
       {"system_tables.sql", "performance_tables.sql", "system_tables_data.sql"}) {
    ASSIGN_OR_RETURN(const std::string text,
                     base::ReadFile(absl::StrCat(share, prefix, part), kLongestScript));
    script += text;
  }
  absl::StrAppend(&script,
                  "DELETE FROM global_priv WHERE User = 'root' AND Host <> 'localhost';\n"
                  "DELETE FROM proxies_priv;\nFLUSH PRIVILEGES;\n",
                  Accounts(password));
  return script;
}

}  // namespace

std::vector<std::string> MysqlEnvironment() { return {"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}; }

std::vector<std::string> MysqlBaseCommand(const InstalledServer& installed, bool mariadb) {
  const std::string root = (fs::path(installed.bin).parent_path() / "root").string();
  const std::string share = Share(installed, mariadb);
  return {installed.Program(mariadb ? "mariadbd" : "mysqld"), "--no-defaults",
          "--basedir=" + root + "/usr", "--lc-messages-dir=" + share,
          "--character-sets-dir=" + share + "/charsets",
          "--plugin-dir=" + root + "/usr/lib/mysql/plugin", "--innodb-buffer-pool-size=32M",
          // Same file handling as on a normal server, but without syncing.
          "--innodb-flush-method=nosync"};
}

absl::Status InitializeMysql(const InstalledServer& installed, const std::string& name,
                             bool mariadb, const std::string& password, const std::string& folder) {
  const std::string data = folder + "/data";
  const std::string script = folder + "/init.sql";
  RETURN_IF_ERROR(base::CreateDirectories(data, 0700));
  std::vector<std::string> argv = MysqlBaseCommand(installed, mariadb);
  argv.push_back("--datadir=" + data);
  // Its temporary tables are named by its process id, which is 1 in every test's namespace.
  argv.push_back("--tmpdir=" + folder);
  if (mariadb) {
    ASSIGN_OR_RETURN(const std::string text, BootstrapScript(Share(installed, mariadb), password));
    RETURN_IF_ERROR(base::WriteFileAtomically(script, text, 0600));
    argv.insert(argv.end(), {"--bootstrap", "--log-warnings=0", "--innodb-log-file-size=4M"});
    // In bootstrap mode the server reads statements from standard input.
    argv.insert(argv.begin(), {"/bin/sh", "-c", R"(exec "$@" <"$0")", script});
  } else {
    RETURN_IF_ERROR(base::WriteFileAtomically(script, Accounts(password), 0600));
    argv.insert(argv.end(), {"--initialize-insecure", "--init-file=" + script,
                             "--innodb-redo-log-capacity=8M"});
  }
  RETURN_IF_ERROR(GiveToServer(folder));
  const ServerLog log(absl::StrCat("initialising ", name), folder + "/log");
  ASSIGN_OR_RETURN(const std::unique_ptr<ServerProcess> init,
                   ServerProcess::Start({.argv = std::move(argv),
                                         .environment = MysqlEnvironment(),
                                         .directory = folder,
                                         .log = log.path()}));
  ASSIGN_OR_RETURN(const ServerProcess::Exit exit, init->Wait(kInitLimit));
  if (exit.code == 0) {
    // Each copy of the folder gets an identity of its own, which replication needs.
    std::error_code ignored;
    fs::remove(data + "/auto.cnf", ignored);
    return absl::OkStatus();
  }
  return absl::InternalError(absl::StrCat("initialising ", name, " ended with code ", exit.code,
                                          ", signal ", exit.signal, ":\n", log.Tail(30)));
}

}  // namespace siphon::testing
