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
  int version = 17;  // The major version.
  // The superuser's name is "postgres".
  std::string password = std::string(kTemplatePassword);
  // Settings of postgresql.conf, as in {"log_statement", "all"}; they win over the others here.
  std::map<std::string, std::string> settings = {};
  std::string wal_level = "replica";
  int max_connections = 40;
  // Lines of pg_hba.conf that stand before the usual ones, which let everybody in from 127.0.0.1
  // and by the socket with scram-sha-256.
  std::vector<std::string> hba = {};
  // TLS, when there is a certificate: the paths of PEM files, which are copied to where the server
  // wants them. `ca` is what clients' certificates are checked against, `crl` what revokes these.
  struct Tls {
    std::string certificate = {}, key = {}, ca = {}, crl = {};
  };
  Tls tls = {};
  // Where the server's folder is made; empty: the test's own folder.
  std::string parent = {};
  // The folder of its socket, which must be short (see unix(7)) and exist; empty: a new one.
  std::string socket_directory = {};
  // No file of the server's may become longer, in bytes.
  std::optional<uint64_t> file_limit = {};
};

// A real PostgreSQL server of its own for a test: listens on 127.0.0.1 and a socket, is the test's
// child, and is gone with its folder when this is destroyed, or when the test dies. Its log is
// shown when a test fails while it is there. It does not sync to disk, so that it survives Kill(),
// but not a crash of the machine. With `bazel test --config=podman` or docker it runs in a
// container.
class PostgresServer {
 public:
  // Returns when the server takes connections. An error says what to do when it is not installed,
  // and holds the log's end when it does not start.
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
  // A connection string of libpq's with the superuser and the password: key=value words.
  std::string Conninfo(std::string_view database = "postgres") const;

  enum class StopMode { kSmart, kFast, kImmediate };
  absl::Status Stop(StopMode mode = StopMode::kFast);
  // A crash: SIGKILL to all of its processes at once. Returns when all are gone.
  void Kill();
  // Starts it again, on the same port and folder; stops it first when it runs.
  absl::Status Restart();
  bool running() const;
  // Writes further settings to its configuration; they count from Restart() or Reload() on.
  absl::Status Configure(const std::map<std::string, std::string>& settings);
  absl::Status Reload();

  // One row of an answer; a NULL is nothing.
  using Row = std::vector<std::optional<std::string>>;
  // Runs statements as the superuser, each in its own transaction, until one fails. The error
  // holds what the server said. These go through psql, not through siphon's own libpq.
  absl::Status RunSql(std::string_view sql, std::string_view database = "postgres") const;
  // The same for a file, which may hold psql's commands (\connect, COPY FROM stdin).
  absl::Status RunFile(const std::string& path, std::string_view database = "postgres") const;
  // The rows of a statement; of several, one behind the other.
  absl::StatusOr<std::vector<Row>> Query(std::string_view sql,
                                         std::string_view database = "postgres") const;
  // The only value of an answer; "" for NULL.
  absl::StatusOr<std::string> Value(std::string_view sql,
                                    std::string_view database = "postgres") const;
  // A new database from template0, named exactly so.
  absl::Status CreateDatabase(std::string_view name) const;
  absl::Status DropDatabase(std::string_view name) const;

  struct Session {
    int pid = 0;
    std::string database, user, application, state, query;
  };
  // The clients' sessions of pg_stat_activity, but for the one that asks.
  absl::StatusOr<std::vector<Session>> Sessions() const;
  // Waits until at most `count` of them are there; an error with what is there after `limit`.
  absl::Status WaitForSessions(size_t count, std::chrono::seconds limit) const;

 private:
  PostgresServer(PostgresOptions options, ReservedPort port);
  absl::Status MakeFolder();
  absl::Status WriteConfiguration();
  absl::Status Launch();
  absl::Status WaitUntilReady();
  absl::StatusOr<std::string> RunPsql(std::vector<std::string> arguments,
                                      std::string_view database) const;
  absl::Status Explain(const absl::Status& status) const;
  // To the user that the server runs as.
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

// A name as SQL wants it: "Name" with its quotes doubled.
std::string QuoteName(std::string_view name);
// A text as SQL wants it: 'text' with its quotes doubled.
std::string QuoteText(std::string_view text);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_POSTGRES_H_
