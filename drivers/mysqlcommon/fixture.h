// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_FIXTURE_H_
#define DRIVERS_MYSQLCOMMON_FIXTURE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/mysqlcommon/driver.h"
#include "siphon/base/context.h"
#include "siphon/domain/profile/profile.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/contracts/driver_fixture.h"
#include "testing/servers/mysql.h"

struct st_mysql;

namespace siphon::mysqlcommon {

// The server of this name (testing/servers/mysql.h), shared by the tests of this program, with a
// binary log. Ends the program when the server does not start.
siphon::testing::MysqlServer& SharedServer(const std::string& name);

const Fork& ForkOf(const siphon::testing::MysqlServer& server);
profile::ConnectionProfile ProfileFor(const siphon::testing::MysqlServer& server,
                                      std::string_view database);
// A new, empty database.
profile::ConnectionProfile NewDatabase(siphon::testing::MysqlServer& server);

// A connection of the test's own, faster than the client program. Ends the program on an error.
class PlainConnection {
 public:
  explicit PlainConnection(const profile::ConnectionProfile& profile);
  ~PlainConnection();
  PlainConnection(const PlainConnection&) = delete;
  PlainConnection& operator=(const PlainConnection&) = delete;
  void Run(const std::string& statement);
  // The first value of the result; "" for NULL or when there is no row.
  std::string Value(const std::string& statement);
  int64_t Int(const std::string& statement);
  // The first column.
  std::vector<std::string> Column(const std::string& statement);

 private:
  st_mysql* connection_;
};

// The database as the server's own dump program writes it.
std::string Describe(const siphon::testing::MysqlServer& server, std::string_view database);

// Scratch databases and running statements, which siphon's verbs must not leave on a server.
std::vector<std::string> Leftovers(const siphon::testing::MysqlServer& server);

// Run a verb on a new connection.
absl::Status TryBackUp(const siphon::testing::MysqlServer& server,
                       const profile::ConnectionProfile& profile,
                       siphon::testing::MemoryTarget& target,
                       const driver::BackupOptions& options = {},
                       const base::Context& context = base::Context());
// As TryBackUp(); returns the body. An error fails the test.
std::string BackUp(const siphon::testing::MysqlServer& server,
                   const profile::ConnectionProfile& profile,
                   const driver::BackupOptions& options = {});
absl::Status TryRestore(const siphon::testing::MysqlServer& server,
                        const profile::ConnectionProfile& profile, std::string_view body,
                        const driver::RestoreOptions& options = {},
                        const base::Context& context = base::Context());

// The factory of the contract suite for a server.
siphon::testing::DriverFactory FactoryFor(const std::string& server);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_FIXTURE_H_
