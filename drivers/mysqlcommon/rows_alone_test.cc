// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// --data-only into tables with and without transactions.

#include <chrono>
#include <stop_token>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/driver/driver.h"
#include "testing/event_log.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MysqlServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kSetup[] =
    "CREATE TABLE t(a INT PRIMARY KEY, b VARCHAR(20)); INSERT INTO t VALUES (1, 'x'), (2, 'y');"
    "CREATE TABLE u(a INT, FOREIGN KEY (a) REFERENCES t(a)); INSERT INTO u VALUES (1);"
    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.b = 'z';"
    "CREATE TABLE heap(a INT) ENGINE=MEMORY; CREATE TABLE isam(a INT, KEY (a)) ENGINE=MyISAM;"
    "CREATE TABLE lines_(a INT NOT NULL) ENGINE=CSV;"
    "INSERT INTO heap VALUES (1); INSERT INTO isam VALUES (1), (2); INSERT INTO lines_ VALUES (3);"
    "CREATE TRIGGER on_isam BEFORE INSERT ON isam FOR EACH ROW SET NEW.a = 9;";

class RowsAloneTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    source_ = NewDatabase(server_);
    target_ = NewDatabase(server_);
    ASSERT_OK(server_.RunSql(kSetup, source_.database));
    body_ = BackUp(server_, source_);
    ASSERT_OK(TryRestore(server_, target_, body_));
  }
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  std::string Content(const profile::ConnectionProfile& profile) {
    return Describe(server_, profile.database);
  }

  MysqlServer& server_ = SharedServer(GetParam());
  profile::ConnectionProfile source_, target_;
  std::string body_;
  siphon::testing::EventLog log_;
  const base::Context context_ = base::Context(std::stop_token(), &log_);
};

INSTANTIATE_TEST_SUITE_P(Server, RowsAloneTest,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

// A server with GTIDs refuses to change them in one transaction.
TEST_P(RowsAloneTest, RowsAloneGoIntoTablesWithAndWithoutTransactions) {
  driver::RestoreOptions options;
  options.data_only = options.clean = true;
  for (const bool in_place : {false, true}) {
    // Where the rows go in place, triggers run.
    if (in_place) {
      constexpr char kDrop[] = "DROP TRIGGER tr; DROP TRIGGER on_isam;";
      for (const auto& profile : {source_, target_}) {
        ASSERT_OK(server_.RunSql(kDrop, profile.database));
      }
    }
    options.in_place = in_place;
    ASSERT_OK(server_.RunSql(
        "DELETE FROM u; UPDATE t SET b = 'old'; DELETE FROM isam; UPDATE heap SET a = 5;"
        "INSERT INTO lines_ VALUES (4);",
        target_.database));
    ASSERT_OK(TryRestore(server_, target_, body_, options, context_));
    EXPECT_EQ(Content(target_), Content(source_));
  }
}

TEST_P(RowsAloneTest, AnErrorInTablesWithoutTransactionsLeavesTheOthersAsTheyWere) {
  // The trigger would wait for the lock below.
  ASSERT_OK(server_.RunSql("DROP TRIGGER on_isam; UPDATE t SET b = 'old'", target_.database));
  const std::string before = Content(target_);
  driver::RestoreOptions options;
  options.data_only = options.clean = true;
  for (const bool stopped : {false, true}) {
    SCOPED_TRACE(stopped);
    std::stop_source stop;
    absl::Status status;
    {
      PlainConnection reader(target_);
      reader.Run("LOCK TABLES isam READ");
      std::thread restore([&] {
        status =
            TryRestore(server_, target_, body_, options, base::Context(stop.get_token(), &log_));
      });
      PlainConnection admin(source_);
      std::string waiting;
      while (waiting.empty()) {
        waiting = admin.Value(
            "SELECT id FROM information_schema.processlist WHERE info LIKE 'DELETE FROM%isam%'");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
      if (stopped) {
        stop.request_stop();
      } else {
        admin.Run("KILL " + waiting);
      }
      restore.join();
    }
    EXPECT_THAT(status, StatusIs(stopped ? errs::kCancelled : errs::kConnectionFailed));
    EXPECT_EQ(errs::ExitCode(status),
              static_cast<int>(stopped ? errs::Code::kCancelled : errs::Code::kPartial));
    EXPECT_THAT(status, HasHint(AllOf(HasSubstr("isam"), HasSubstr("--clean"))));
    // The table before it has the rows of the dump, which are the same.
    EXPECT_EQ(Content(target_), before);
  }
}

}  // namespace
}  // namespace siphon::mysqlcommon
