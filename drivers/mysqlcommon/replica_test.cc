// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// A replica holds the databases of its source.

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/driver.h"
#include "drivers/mysqlcommon/fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/driver/identity.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MysqlServer;

driver::Identity IdentityOf(const MysqlServer& server, const std::string& database) {
  const base::Context context;
  const auto connection =
      ForkDriver(ForkOf(server))
          .Connect(context, ProfileFor(server, database), driver::Driver::Access::kRead);
  EXPECT_OK(connection);
  if (!connection.ok()) return {};
  const auto identity = (*connection)->Identity(context);
  EXPECT_OK(identity);
  return identity.value_or(driver::Identity());
}

// MariaDB shows no identifier of the source.
TEST(ReplicaTest, HoldsTheDatabasesOfItsSourceUntilItIsPromoted) {
  const auto source =
      MysqlServer::Start({.server = std::string(siphon::testing::kMysql97), .binlog = true});
  const auto replica = MysqlServer::Start({.server = std::string(siphon::testing::kMysql97),
                                           .settings = {{"server-id", "2"}},
                                           .binlog = true});
  ASSERT_OK(source);
  ASSERT_OK(replica);
  ASSERT_OK((*source)->RunSql(
      "CREATE USER repl IDENTIFIED BY 'r'; GRANT REPLICATION SLAVE ON *.* TO repl;"
      "CREATE DATABASE app; CREATE DATABASE other; CREATE TABLE other.t(a INT PRIMARY KEY)"));
  ASSERT_OK((*replica)->RunSql(absl::StrCat(
      "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=", (*source)->port(),
      ", SOURCE_USER='repl', SOURCE_PASSWORD='r', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1,"
      " SOURCE_SSL=0;"
      "START REPLICA")));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while ((*replica)
             ->Value("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema ="
                     " 'other'")
             .value_or("") != "1") {
    ASSERT_LT(std::chrono::steady_clock::now(), until);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  const driver::Identity primary = IdentityOf(**source, "app");
  EXPECT_TRUE(driver::IsSameDatabase(IdentityOf(**replica, "app"), primary));
  EXPECT_FALSE(driver::IsSameDatabase(IdentityOf(**replica, "other"), primary));
  ASSERT_OK((*replica)->RunSql("STOP REPLICA"));
  EXPECT_TRUE(driver::IsSameDatabase(primary, IdentityOf(**replica, "app")));
  ASSERT_OK((*replica)->RunSql("RESET REPLICA ALL"));
  EXPECT_FALSE(driver::IsSameDatabase(IdentityOf(**replica, "app"), primary));
}

}  // namespace
}  // namespace siphon::mysqlcommon
