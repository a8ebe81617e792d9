// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Tables that others alter, empty and drop while a backup runs: the dump is of one state, or there
// is none.

#include <functional>
#include <string>
#include <utility>

#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using ::testing::HasSubstr;

// Does something at the moment in which the snapshot stands and no table has been read.
class InterruptedTarget : public siphon::testing::MemoryTarget {
 public:
  explicit InterruptedTarget(std::function<void(int begins)> at_begin)
      : at_begin_(std::move(at_begin)) {}
  absl::StatusOr<base::Writer*> Begin(const dumps::Contents& contents) override {
    absl::StatusOr<base::Writer*> writer = MemoryTarget::Begin(contents);
    at_begin_(begins());
    return writer;
  }

 private:
  std::function<void(int)> at_begin_;
};

class ConcurrentDdlTest : public ::testing::TestWithParam<std::string> {
 protected:
  ConcurrentDdlTest()
      : server_(SharedServer(GetParam())), profile_(NewDatabase(server_)), other_(profile_) {
    other_.Run("CREATE TABLE a (x INT PRIMARY KEY)");
    other_.Run("CREATE TABLE z (x INT PRIMARY KEY)");
    other_.Run("INSERT INTO a VALUES (1)");
    other_.Run("INSERT INTO z VALUES (1), (2)");
  }

  siphon::testing::MysqlServer& server_;
  profile::ConnectionProfile profile_;
  PlainConnection other_;
};

TEST_P(ConcurrentDdlTest, ABackupBeginsAnewWhenATableIsChanged) {
  for (const std::string change :
       {"ALTER TABLE z ADD y INT DEFAULT 7", "TRUNCATE TABLE z", "DROP TABLE z"}) {
    SCOPED_TRACE(change);
    InterruptedTarget target([&](int begins) {
      if (begins == 1) other_.Run(change);
    });
    ASSERT_OK(TryBackUp(server_, profile_, target));
    EXPECT_EQ(target.begins(), 2);
    const profile::ConnectionProfile copy = NewDatabase(server_);
    ASSERT_OK(TryRestore(server_, copy, target.data()));
    EXPECT_EQ(Describe(server_, copy.database), Describe(server_, profile_.database));
  }
}

TEST_P(ConcurrentDdlTest, ABackupGivesUpOnATableThatIsChangedForEver) {
  InterruptedTarget target([&](int) { other_.Run("ALTER TABLE z FORCE"); });
  const absl::Status status = TryBackUp(server_, profile_, target);
  EXPECT_TRUE(errs::Is(status, errs::kBusy)) << status;
  EXPECT_THAT(status.message(), HasSubstr("table z"));
  EXPECT_EQ(target.begins(), 4);
}

INSTANTIATE_TEST_SUITE_P(Server, ConcurrentDdlTest,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

}  // namespace
}  // namespace siphon::mysqlcommon
