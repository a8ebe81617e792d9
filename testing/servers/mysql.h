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
  // The password of the superuser "root", who may connect from any address.
  std::string password = std::string(kTemplatePassword);
  // Server options, as in {"max_allowed_packet", "1M"}; they override the other settings here.
  std::map<std::string, std::string> settings = {};
  // Whether the server writes a binary log: in row format, and with GTIDs where the server has such
  // a setting.
  bool binlog = false;
  // The paths of PEM files for TLS. Client certificates are checked against `ca`. Without a
  // certificate the server offers no TLS.
  struct Tls {
    std::string certificate = {}, key = {}, ca = {};
  };
  Tls tls = {};
  // The parent of the server's folder; empty: the temporary folder of the test.
  std::string parent = {};
  // The existing folder for the socket ("mysqld.sock"), with a short path (see unix(7)); empty: a
  // new folder.
  std::string socket_directory = {};
  // The largest size of a file that the server writes, in bytes.
  std::optional<uint64_t> file_limit = {};
};

// A real MariaDB or MySQL server for one test. It listens on 127.0.0.1 and on a socket. It is a
// child of the test and ends with this object, or with the test, and its folder is removed. If a
// test fails, the log is printed. It does not sync to disk: its data survive Kill(), not a crash of
// the machine.
class MysqlServer {
 public:
  // Returns when the server accepts connections. If it is not installed, the error names the
  // command that installs it; if it does not start, the error contains the end of its log.
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
  // The path of a program of the server: "client" (mariadb, mysql), "dump" or "binlog".
  std::string Program(std::string_view what) const;
  // An option file for these programs (--defaults-file): the superuser, through the socket.
  const std::string& client_options() const { return client_options_; }

  // An orderly shutdown.
  absl::Status Stop();
  // Crashes the server with SIGKILL. Returns when it has ended.
  void Kill();
  // Stops the server if it runs, and starts it again with the same port and folder.
  absl::Status Restart();
  bool running() const;

  // One row of a result; NULL is nullopt.
  using Row = std::vector<std::optional<std::string>>;
  // Runs statements as the superuser until one fails. The error contains the message of the server.
  // Uses the client program of the server, not siphon's Connector/C. `database` may be empty.
  absl::Status RunSql(std::string_view sql, std::string_view database = "") const;
  // The same for a file.
  absl::Status RunFile(const std::string& path, std::string_view database = "") const;
  // Runs a dump as the first lines of siphon's dumps say: with comments, and in UTF-8.
  absl::Status RunDump(std::string_view sql, std::string_view database) const;
  // The rows of all statements, in order. Values are utf8mb4 text; use HEX() for other bytes. The
  // text "NULL" cannot be distinguished from NULL.
  absl::StatusOr<std::vector<Row>> Query(std::string_view sql,
                                         std::string_view database = "") const;
  // The single value of a result; "" for NULL. Any other shape of the result is an error.
  absl::StatusOr<std::string> Value(std::string_view sql, std::string_view database = "") const;
  // Creates a database with exactly this name and the default character set of the server.
  absl::Status CreateDatabase(std::string_view name) const;
  absl::Status DropDatabase(std::string_view name) const;

  // The output of the server's own dump program, rows ordered by their keys. Equal contents give
  // equal texts.
  absl::StatusOr<std::string> Dump(std::string_view database) const;

  struct Session {
    int64_t id = 0;
    std::string user, database, command, query;
  };
  // The sessions of clients, without the one of this query.
  absl::StatusOr<std::vector<Session>> Sessions() const;
  // Waits until there are at most `count` sessions. Fails after `limit`, with a list of the
  // sessions.
  absl::Status WaitForSessions(size_t count, std::chrono::seconds limit) const;

 private:
  MysqlServer(MysqlOptions options, ReservedPort port);
  absl::Status MakeFolder();
  absl::Status WriteClientOptions(std::string_view password) const;
  // Replaces the password of the template, if the options have another one.
  absl::Status SetPassword();
  absl::StatusOr<std::vector<std::string>> Command() const;
  absl::Status Launch();
  absl::Status WaitUntilReady();
  absl::StatusOr<std::string> RunClient(const std::string& script, std::string_view database,
                                        const std::vector<std::string>& options = {}) const;
  absl::Status Explain(const absl::Status& status) const;

  MysqlOptions options_;
  ReservedPort port_;
  const std::string host_ = "127.0.0.1";
  const std::string superuser_ = "root";
  std::string folder_;  // Holds data_ and the log.
  std::string data_;
  std::string socket_folder_, socket_;
  std::string own_socket_folder_;  // Holds socket_folder_; empty if that is not the server's own.
  std::string client_options_;
  InstalledServer installed_;
  std::unique_ptr<ServerLog> log_;
  std::unique_ptr<ServerProcess> process_;
};

// A quoted SQL identifier: `name`, with quotes in it doubled.
std::string MysqlName(std::string_view name);
// An SQL literal of a text: hexadecimal, as the meaning of backslashes depends on sql_mode.
std::string MysqlText(std::string_view text);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_MYSQL_H_
