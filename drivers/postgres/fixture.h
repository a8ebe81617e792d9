// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_FIXTURE_H_
#define DRIVERS_POSTGRES_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "drivers/postgres/driver.h"
#include "siphon/base/context.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/driver/driver.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/servers/postgres.h"

struct pg_conn;

namespace siphon::postgres {

// A server of this version with its usual options, the same for a whole test program. A server that
// does not start ends the program.
siphon::testing::PostgresServer& SharedServer(int version);

// The superuser's profile for a database of a server.
profile::ConnectionProfile ProfileFor(const siphon::testing::PostgresServer& server,
                                      std::string_view database);
// A new database of the server's, empty or with the sample.
profile::ConnectionProfile NewDatabase(siphon::testing::PostgresServer& server);
profile::ConnectionProfile NewSample(siphon::testing::PostgresServer& server);

// Fills an empty database.
void FillWithSample(const profile::ConnectionProfile& profile);

// A connection as any other program's. A failure ends the test program.
class PlainConnection {
 public:
  explicit PlainConnection(const profile::ConnectionProfile& profile);
  ~PlainConnection();
  PlainConnection(const PlainConnection&) = delete;
  PlainConnection& operator=(const PlainConnection&) = delete;

  void Run(const std::string& sql);
  // The first value of the first row; "" where there is none.
  std::string Value(const std::string& sql);
  int64_t Int(const std::string& sql);

 private:
  pg_conn* connection_;
};

// The database as the built-in pg_dump writes it: definitions and rows.
std::string Describe(const profile::ConnectionProfile& profile);

// Runs this program's pg_dump or pg_restore; its standard output. `input` goes to its standard
// input. A failure is a failure of the test.
std::string RunApplet(std::string_view name, const std::vector<std::string>& arguments,
                      std::string_view input);

// What siphon's verbs must not leave on a server: sessions of tools, busy sessions of siphon's, and
// scratch databases with their roles. Waits a little for what is ending.
std::vector<std::string> Leftovers(const siphon::testing::PostgresServer& server);

// Verbs on a connection of their own.
absl::Status TryBackUp(const profile::ConnectionProfile& profile,
                       siphon::testing::MemoryTarget& target,
                       const driver::BackupOptions& options = {},
                       const base::Context& context = base::Context());
// A failure fails the test.
std::string BackUp(const profile::ConnectionProfile& profile,
                   const driver::BackupOptions& options = {});
absl::Status TryRestore(const profile::ConnectionProfile& profile, std::string_view body,
                        const driver::RestoreOptions& options = {},
                        const base::Context& context = base::Context());

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_FIXTURE_H_
