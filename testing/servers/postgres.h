// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_POSTGRES_H_
#define TESTING_SERVERS_POSTGRES_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "testing/servers/reserved_port.h"
#include "testing/servers/server_container.h"
#include "testing/servers/server_index.h"
#include "testing/servers/server_log.h"
#include "testing/servers/server_process.h"
#include "testing/servers/server_template.h"

namespace siphon::testing {

// The major versions that tests run against.
std::vector<int> AllPostgresVersions();
inline constexpr int kNewestPostgres = 18;

struct PostgresOptions {
  int version = kNewestPostgres;  // The major version.
  // The superuser's name is "postgres".
  std::string password = std::string(kTemplatePassword);
  // Settings of postgresql.conf, as in {"log_statement", "all"}; they override the other settings
  // here.
  std::map<std::string, std::string> settings = {};
  std::string wal_level = "replica";
  int max_connections = 40;
  // Lines of pg_hba.conf, put before the default ones. Those accept every user from 127.0.0.1 and
  // through the socket, with scram-sha-256.
  std::vector<std::string> hba = {};
  // The paths of PEM files for TLS, which are copied into the data folder. Client certificates are
  // checked against `ca` and `crl`. Without a certificate the server offers no TLS.
  struct Tls {
    std::string certificate = {}, key = {}, ca = {}, crl = {};
  };
  Tls tls = {};
  // The parent of the server's folder; empty: the temporary folder of the test.
  std::string parent = {};
  // The existing folder for the socket, with a short path (see unix(7)); empty: a new folder.
  std::string socket_directory = {};
  // The largest size of a file that the server writes, in bytes.
  std::optional<uint64_t> file_limit = {};
  // Null, or a server of the same version whose standby this one becomes. It is restarted while its
  // files are copied, and must outlive the standby.
  class PostgresServer* primary = nullptr;
};

// A real PostgreSQL server for one test. It listens on 127.0.0.1 and on a socket. It is a child of
// the test and ends with this object, or with the test, and its folder is removed. If a test fails,
// the log is printed. It does not sync to disk: its data survive Kill(), not a crash of the
// machine. With `bazel test --config=podman` or docker it runs in a container.
class PostgresServer {
 public:
  // Returns when the server accepts connections. If it is not installed, the error names the
  // command that installs it; if it does not start, the error contains the end of its log.
  static absl::StatusOr<std::unique_ptr<PostgresServer>> Start(PostgresOptions options = {});
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  int version() const { return options_.version; }
  const std::string& host() const { return host_; }  // "127.0.0.1"
  int port() const { return port_.number(); }
  const std::string& socket_directory() const { return socket_directory_; }
  std::string socket_path() const;
  const std::string& superuser() const { return superuser_; }
  const std::string& password() const { return options_.password; }
  const std::string& data_directory() const { return data_; }
  const ServerLog& log() const { return *log_; }
  // A libpq connection string (key=value words) with the superuser and the password.
  std::string Conninfo(std::string_view database = "postgres") const;

  enum class StopMode { kSmart, kFast, kImmediate };
  absl::Status Stop(StopMode mode = StopMode::kFast);
  // Crashes the server: SIGKILL to all its processes at once. Returns when all have ended.
  void Kill();
  // Stops the server if it runs, and starts it again with the same port and folder.
  absl::Status Restart();
  bool running() const;
  // Adds settings to the configuration; they apply after Restart() or Reload().
  absl::Status Configure(const std::map<std::string, std::string>& settings);
  absl::Status Reload();

  // One row of a result; NULL is nullopt.
  using Row = std::vector<std::optional<std::string>>;
  // Runs statements as the superuser, each in its own transaction, until one fails. The error
  // contains the message of the server. Uses psql, not siphon's own libpq.
  absl::Status RunSql(std::string_view sql, std::string_view database = "postgres") const;
  // The same for a file, which may hold psql's commands (\connect, COPY FROM stdin).
  absl::Status RunFile(const std::string& path, std::string_view database = "postgres") const;
  // The rows of all statements, in order.
  absl::StatusOr<std::vector<Row>> Query(std::string_view sql,
                                         std::string_view database = "postgres") const;
  // The single value of a result; "" for NULL. Any other shape of the result is an error.
  absl::StatusOr<std::string> Value(std::string_view sql,
                                    std::string_view database = "postgres") const;
  // Creates a database from template0 with exactly this name.
  absl::Status CreateDatabase(std::string_view name) const;
  absl::Status DropDatabase(std::string_view name) const;

  struct Session {
    int pid = 0;
    std::string database, user, application, state, query;
  };
  // The sessions of clients in pg_stat_activity, without the one of this query.
  absl::StatusOr<std::vector<Session>> Sessions() const;
  // Waits until there are at most `count` sessions. Fails after `limit`, with a list of the
  // sessions.
  absl::Status WaitForSessions(size_t count, std::chrono::seconds limit) const;

 private:
  PostgresServer(PostgresOptions options, ReservedPort port);
  absl::Status MakeFolder();
  absl::Status CopyTemplate();
  absl::Status CopyPrimary();
  absl::Status WriteConfiguration();
  absl::Status Launch();
  absl::Status WaitUntilReady();
  absl::StatusOr<std::string> RunPsql(std::vector<std::string> arguments,
                                      std::string_view database) const;
  absl::Status Explain(const absl::Status& status) const;
  // Gives the file or folder to the user that the server runs as.
  absl::Status Give(const std::string& path) const;

  PostgresOptions options_;
  ReservedPort port_;
  const std::string host_ = "127.0.0.1";
  const std::string superuser_ = "postgres";
  std::string folder_;  // Holds data_ and the log.
  std::string data_;
  InstalledServer installed_;
  ServerRunner runner_ = ServerRunner::kLocal;
  std::string socket_directory_;
  bool own_socket_directory_ = false;
  std::unique_ptr<ServerLog> log_;
  std::unique_ptr<ServerProcess> process_;
};

// A quoted SQL identifier: "Name", with quotes in it doubled.
std::string QuoteName(std::string_view name);
// An SQL literal: 'text', with quotes in it doubled.
std::string QuoteText(std::string_view text);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_POSTGRES_H_
