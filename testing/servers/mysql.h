// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_MYSQL_H_
#define TESTING_SERVERS_MYSQL_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "testing/servers/reserved_port.h"
#include "testing/servers/server_index.h"
#include "testing/servers/server_log.h"
#include "testing/servers/server_process.h"
#include "testing/servers/server_template.h"

namespace siphon::testing {

// The servers that tests run against, by their names in tools/third_party/servers.bzl.
inline constexpr std::string_view kMariadb1011 = "mariadb-10.11";
inline constexpr std::string_view kMariadb118 = "mariadb-11.8";
inline constexpr std::string_view kMysql97 = "mysql-9.7";
std::vector<std::string> AllMysqlServers();

struct MysqlOptions {
  std::string server = std::string(kMariadb118);
  // The superuser's name is "root", and he may come from everywhere.
  std::string password = std::string(kTemplatePassword);
  // Options as in {"max_allowed_packet", "1M"}; they win over the others here.
  std::map<std::string, std::string> settings = {};
  // Written row by row, with GTIDs where the server can be told so.
  bool binlog = false;
  // TLS, when there is a certificate: the paths of PEM files. `ca` is what clients' certificates
  // are checked against. Without, the server offers none.
  struct Tls {
    std::string certificate = {}, key = {}, ca = {};
  };
  Tls tls = {};
  // Where the server's folder is made; empty: the test's own folder.
  std::string parent = {};
  // The folder of its socket ("mysqld.sock"), which must be short (see unix(7)) and exist; empty: a
  // new one.
  std::string socket_directory = {};
  // No file of the server's may become longer, in bytes.
  std::optional<uint64_t> file_limit = {};
};

// A real MariaDB or MySQL server of its own for a test: listens on 127.0.0.1 and a socket, is the
// test's child, and is gone with its folder when this is destroyed, or when the test dies. Its log
// is shown when a test fails while it is there. It does not sync to disk, so that it survives
// Kill(), but not a crash of the machine.
class MysqlServer {
 public:
  // Returns when the server takes connections. An error says what to do when it is not installed,
  // and holds the log's end when it does not start.
  static absl::StatusOr<std::unique_ptr<MysqlServer>> Start(MysqlOptions options = {});
  ~MysqlServer();
  MysqlServer(const MysqlServer&) = delete;
  MysqlServer& operator=(const MysqlServer&) = delete;

  const std::string& name() const { return options_.server; }  // "mariadb-10.11"
  bool is_mariadb() const { return name() != kMysql97; }
  const std::string& host() const { return host_; }  // "127.0.0.1"
  int port() const { return port_.number(); }
  const std::string& socket_path() const { return socket_; }
  const std::string& superuser() const { return superuser_; }
  const std::string& password() const { return options_.password; }
  const std::string& data_directory() const { return data_; }
  const ServerLog& log() const { return *log_; }
  // A program of the server's: "client" (mariadb, mysql), "dump", "binlog".
  std::string Program(std::string_view what) const;
  // A file of options that such a program reads (--defaults-file): the superuser by the socket.
  const std::string& client_options() const { return client_options_; }

  // An orderly shutdown.
  absl::Status Stop();
  // A crash: SIGKILL. Returns when it is gone.
  void Kill();
  // Starts it again, on the same port and folder; stops it first when it runs.
  absl::Status Restart();
  bool running() const;

  // One row of an answer; a NULL is nothing.
  using Row = std::vector<std::optional<std::string>>;
  // Runs statements as the superuser until one fails. The error holds what the server said. These
  // go through the server's own client, not through siphon's Connector/C. `database` may be empty.
  absl::Status RunSql(std::string_view sql, std::string_view database = "") const;
  // The same for a file.
  absl::Status RunFile(const std::string& path, std::string_view database = "") const;
  // The rows of a statement; of several, one behind the other. Values are text in utf8mb4; bytes
  // that are no text come by HEX(). A text "NULL" can't be told from a NULL.
  absl::StatusOr<std::vector<Row>> Query(std::string_view sql,
                                         std::string_view database = "") const;
  // The only value of an answer; "" for NULL.
  absl::StatusOr<std::string> Value(std::string_view sql, std::string_view database = "") const;
  // A new database, named exactly so, with the server's default character set.
  absl::Status CreateDatabase(std::string_view name) const;
  absl::Status DropDatabase(std::string_view name) const;

  // The database as the server's own dump program writes it, rows in the order of their keys: the
  // same text for the same content.
  absl::StatusOr<std::string> Dump(std::string_view database) const;

  struct Session {
    int64_t id = 0;
    std::string user, database, command, query;
  };
  // The clients' sessions, but for the one that asks.
  absl::StatusOr<std::vector<Session>> Sessions() const;
  // Waits until at most `count` of them are there; an error with what is there after `limit`.
  absl::Status WaitForSessions(size_t count, std::chrono::seconds limit) const;

 private:
  MysqlServer(MysqlOptions options, ReservedPort port);
  absl::Status MakeFolder();
  absl::StatusOr<std::vector<std::string>> Command() const;
  absl::Status Launch();
  absl::Status WaitUntilReady();
  absl::StatusOr<std::string> RunClient(const std::string& script, std::string_view database) const;
  absl::Status Explain(const absl::Status& status) const;

  MysqlOptions options_;
  ReservedPort port_;
  const std::string host_ = "127.0.0.1";
  const std::string superuser_ = "root";
  std::string folder_;  // Holds data_ and the log.
  std::string data_;
  std::string socket_folder_, socket_;
  bool own_socket_folder_ = false;
  std::string client_options_;
  InstalledServer installed_;
  std::unique_ptr<ServerLog> log_;
  std::unique_ptr<ServerProcess> process_;
};

// A name as SQL wants it: `name` with its quotes doubled.
std::string MysqlName(std::string_view name);
// A text as SQL wants it, whatever sql_mode says of backslashes: a hexadecimal literal.
std::string MysqlText(std::string_view text);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_MYSQL_H_
