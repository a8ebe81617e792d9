// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// While siphon waits for a lock of another session, it names that session.

#include "drivers/mysqlcommon/lock_holder.h"

#include <chrono>
#include <stop_token>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/driver/driver.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/event_log.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::EventLog;
using siphon::testing::MysqlServer;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

class LockHolderTest : public ::testing::TestWithParam<std::string> {
 protected:
  // Runs a restore that replaces the table `t`, on which `other` holds a lock, until a message
  // speaks of it; then releases the lock.
  void RestoreUnder(const std::string& lock, const profile::ConnectionProfile& profile) {
    const std::string body = BackUp(server_, database_);
    PlainConnection other(database_);
    id_ = other.Value("SELECT CONNECTION_ID()");
    other.Run("BEGIN");
    other.Run(lock);
    absl::Status status;
    std::thread restore([&] {
      driver::RestoreOptions options;
      options.clean = true;
      status = TryRestore(server_, profile, body, options, base::Context(std::stop_token(), &log_));
    });
    AwaitMessage();
    other.Run("COMMIT");
    restore.join();
    EXPECT_OK(status);
  }
  void AwaitMessage() const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (Waits().empty() && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  std::string Waits() const {
    for (const std::string& message : log_.Messages()) {
      if (absl::StrContains(message, "Waiting for table metadata lock")) return message;
    }
    return "";
  }

  MysqlServer& server_ = SharedServer(GetParam());
  const profile::ConnectionProfile database_ = [this] {
    profile::ConnectionProfile made = NewDatabase(server_);
    PlainConnection(made).Run("CREATE TABLE t(a INT PRIMARY KEY)");
    PlainConnection(made).Run("INSERT INTO t VALUES (1)");
    return made;
  }();
  EventLog log_;
  std::string id_;
};

INSTANTIATE_TEST_SUITE_P(Server, LockHolderTest,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(LockHolderTest, ARestoreNamesTheSessionWhoseTransactionKeepsItWaiting) {
  RestoreUnder("SELECT * FROM t", database_);
  EXPECT_THAT(Waits(), AllOf(HasSubstr(absl::StrCat("session ", id_, " of root (from")),
                             HasSubstr(server_.is_mariadb() ? "may hold it" : "holds it")));
}

// MariaDB shows the holder of such a lock only with a plugin.
TEST_P(LockHolderTest, ABackupNamesTheSessionThatHasLockedATable) {
  PlainConnection other(database_);
  id_ = other.Value("SELECT CONNECTION_ID()");
  other.Run("LOCK TABLES t WRITE");
  absl::Status status;
  siphon::testing::MemoryTarget target;
  std::thread backup([&] {
    status = TryBackUp(server_, database_, target, {}, base::Context(std::stop_token(), &log_));
  });
  AwaitMessage();
  other.Run("UNLOCK TABLES");
  backup.join();
  EXPECT_OK(status);
  EXPECT_THAT(Waits(),
              HasSubstr(server_.is_mariadb() ? "another session holds it"
                                             : absl::StrCat("session ", id_, " of root (from")));
}

}  // namespace
}  // namespace siphon::mysqlcommon
