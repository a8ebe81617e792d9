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

// A connection of a test's own, for what psql is too slow for: programs that write all the time.
// Through libpq, so not the judge of what siphon's own connection does. One thread at a time.
class PostgresConnection {
 public:
  // `conninfo` as PostgresServer::Conninfo() makes it.
  static absl::StatusOr<std::unique_ptr<PostgresConnection>> Open(const std::string& conninfo);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // Runs statements, all in one transaction unless they say otherwise.
  absl::Status Run(std::string_view sql);
  // The first value of the last statement's answer; "" for NULL.
  absl::StatusOr<std::string> Value(std::string_view sql);

 private:
  struct State;
  explicit PostgresConnection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_POSTGRES_CONNECTION_H_
