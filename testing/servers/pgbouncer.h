// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_PGBOUNCER_H_
#define TESTING_SERVERS_PGBOUNCER_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "testing/servers/postgres.h"
#include "testing/servers/reserved_port.h"
#include "testing/servers/server_log.h"
#include "testing/servers/server_process.h"

namespace siphon::testing {

// A real pgbouncer in front of a test's server. It accepts every client on 127.0.0.1 and connects
// to the server as its superuser. It ends with this object.
class PgBouncer {
 public:
  // `pool_mode` is pgbouncer's setting: "session", "transaction" or "statement". Returns when it
  // accepts connections.
  static absl::StatusOr<std::unique_ptr<PgBouncer>> Start(const PostgresServer& server,
                                                          std::string_view pool_mode);
  ~PgBouncer();
  PgBouncer(const PgBouncer&) = delete;
  PgBouncer& operator=(const PgBouncer&) = delete;

  int port() const { return port_.number(); }

 private:
  PgBouncer(ReservedPort port, std::string folder);

  ReservedPort port_;
  std::string folder_;
  ServerLog log_;
  std::unique_ptr<ServerProcess> process_;
};

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_PGBOUNCER_H_
