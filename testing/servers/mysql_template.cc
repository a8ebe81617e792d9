// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/mysql_template.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "gtest/gtest.h"
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
  // MariaDB 11 has moved.
  const std::string own = share + "/mariadb";
  return mariadb && fs::exists(own) ? own : share + "/mysql";
}

// The statements that make the superuser; each on a line of its own, as bootstrapping wants them.
std::string Accounts(const std::string& password) {
  // An account's password can't be an expression.
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

// What Debian's mariadb-install-db would feed a server that bootstraps.
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

// Initialises a new folder; returns the data folder.
absl::StatusOr<std::string> MakeTemplate(const InstalledServer& installed, const std::string& name,
                                         bool mariadb, const std::string& password, size_t number) {
  const std::string folder =
      (fs::absolute(::testing::TempDir()) / absl::StrCat(name, "-template-", number))
          .lexically_normal()
          .string();
  const std::string data = folder + "/data";
  const std::string script = folder + "/init.sql";
  // What a program that was killed has left.
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  RETURN_IF_ERROR(base::CreateDirectories(data, 0700));
  std::vector<std::string> argv = MysqlBaseCommand(installed, mariadb);
  argv.push_back("--datadir=" + data);
  // Its temporary tables are named by its process id, which is 1 in every test's namespace.
  argv.push_back("--tmpdir=" + folder);
  if (mariadb) {
    ASSIGN_OR_RETURN(const std::string text, BootstrapScript(Share(installed, mariadb), password));
    RETURN_IF_ERROR(base::WriteFileAtomically(script, text, 0600));
    argv.insert(argv.end(), {"--bootstrap", "--log-warnings=0", "--innodb-log-file-size=4M"});
    // It reads the statements from its standard input.
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
  if (exit.code == 0) return data;
  return absl::InternalError(absl::StrCat("initialising ", name, " ended with code ", exit.code,
                                          ", signal ", exit.signal, ":\n", log.Tail(30)));
}

// Folders that are gone at the program's end: a benchmark's are in nobody's own /tmp.
struct Templates {
  ~Templates() {
    for (const auto& [key, data] : made) {
      std::error_code ignored;
      if (!data.empty()) fs::remove_all(fs::path(data).parent_path(), ignored);
    }
  }
  std::map<std::pair<std::string, std::string>, std::string> made;
};

absl::StatusOr<std::string> Template(const InstalledServer& installed, const std::string& name,
                                     bool mariadb, const std::string& password) {
  static std::mutex mutex;
  static Templates templates;
  const std::lock_guard lock(mutex);
  std::string& data = templates.made[{name, password}];
  if (data.empty()) {
    ASSIGN_OR_RETURN(data, MakeTemplate(installed, name, mariadb, password, templates.made.size()));
  }
  return data;
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
          // As one that syncs, but for the syncing.
          "--innodb-flush-method=nosync"};
}

absl::Status CopyMysqlTemplate(const InstalledServer& installed, const std::string& name,
                               bool mariadb, const std::string& password, const std::string& data) {
  ASSIGN_OR_RETURN(const std::string from, Template(installed, name, mariadb, password));
  std::error_code error;
  fs::copy(from, data, fs::copy_options::recursive, error);
  // The server that is copied has an identity of its own, which replication would stumble over.
  if (!error) fs::remove(data + "/auto.cnf", error);
  if (!error) fs::permissions(data, fs::perms::owner_all, error);
  if (!error) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("copying ", from, " to ", data, ": ", error.message()));
}

}  // namespace siphon::testing
