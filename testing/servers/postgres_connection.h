// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_POSTGRES_CONNECTION_H_
#define TESTING_SERVERS_POSTGRES_CONNECTION_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace siphon::testing {

// A connection for tests that run too many statements for psql. It uses siphon's libpq, so it
// cannot show that libpq works. Not thread-safe.
class PostgresConnection {
 public:
  // `conninfo` is a result of PostgresServer::Conninfo().
  static absl::StatusOr<std::unique_ptr<PostgresConnection>> Open(const std::string& conninfo);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // Runs statements, all in one transaction unless they say otherwise.
  absl::Status Run(std::string_view sql);
  // The first value of the last statement's result; "" for NULL.
  absl::StatusOr<std::string> Value(std::string_view sql);

 private:
  struct State;
  explicit PostgresConnection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_POSTGRES_CONNECTION_H_
