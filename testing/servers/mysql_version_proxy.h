// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_MYSQL_VERSION_PROXY_H_
#define TESTING_SERVERS_MYSQL_VERSION_PROXY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace siphon::testing {

// Stands on 127.0.0.1 in front of a real MySQL or MariaDB server and passes for one of another
// version: the handshake names that version, and every statement is judged before the server sees
// it. Speaks as much of the client/server protocol as that takes (MySQL's "Client/Server Protocol":
// protocol version 10, COM_QUERY); everything else, logins included, passes through unchanged.
// The server must offer no TLS. Calls are safe from any thread.
class MysqlVersionProxy {
 public:
  // What happens to a statement.
  struct Verdict {
    // Goes to the server in the statement's place.
    std::string sql;
    // When not 0, the server sees nothing and the client gets this error instead.
    uint16_t error = 0;
    std::string message;
  };
  // Called from several threads.
  using Judge = std::function<Verdict(std::string_view sql)>;

  static absl::StatusOr<std::unique_ptr<MysqlVersionProxy>> Start(int server_port,
                                                                  std::string version, Judge judge);
  // Ends all connections.
  ~MysqlVersionProxy();
  MysqlVersionProxy(const MysqlVersionProxy&) = delete;
  MysqlVersionProxy& operator=(const MysqlVersionProxy&) = delete;

  // Where clients connect.
  int port() const;
  // Statements so far.
  int statements() const;
  // The numbers of commands that came and are neither COM_QUERY nor known to be the same in all
  // versions.
  std::vector<int> unknown_commands() const;

 private:
  struct State;
  explicit MysqlVersionProxy(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_MYSQL_VERSION_PROXY_H_
