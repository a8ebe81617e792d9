// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_SAMPLE_SERVER_H_
#define TESTING_SERVERS_SAMPLE_SERVER_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "testing/servers/postgres.h"

namespace siphon::testing {

// A PostgreSQL server with a database of all kinds of objects, and copies of it that PostgreSQL's
// own programs make. A failure of its functions fails the test.
class SampleServer {
 public:
  static constexpr std::string_view kSource = "source";
  // Starts a server of this version, whose database kSource has the sample and two tables of
  // `megabytes` in total. Null if that fails.
  static std::unique_ptr<SampleServer> Start(int version, int megabytes);

  PostgresServer& server() { return *server_; }
  // Creates an empty database and returns its name.
  std::string NewTarget();
  // What distinguishes a database from kSource; empty if nothing does. kSource must not change
  // after the first call.
  std::string Difference(std::string_view database);
  // Runs a program that connects to this server, to its end. Returns its output.
  std::string Run(const std::vector<std::string>& argv) const;

 private:
  explicit SampleServer(std::unique_ptr<PostgresServer> server) : server_(std::move(server)) {}

  std::unique_ptr<PostgresServer> server_;
  int targets_ = 0;
  std::string source_;  // The description of kSource, after the first Difference().
};

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_SAMPLE_SERVER_H_
