// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The position of a dump's snapshot in the server's binary log, as the envelope records it.

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/event_log.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MemoryTarget;
using siphon::testing::MysqlServer;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class PositionTest : public ::testing::TestWithParam<std::string> {
 protected:
  // The server's own word for where its log ends now.
  static std::vector<MysqlServer::Row> LogEnd(const MysqlServer& server) {
    const auto rows =
        server.Query(server.is_mariadb() ? "SHOW MASTER STATUS" : "SHOW BINARY LOG STATUS");
    EXPECT_OK(rows);
    return rows.value_or(std::vector<MysqlServer::Row>());
  }

  siphon::testing::EventLog log_;
  const base::Context context_ = base::Context(std::stop_token(), &log_);
};

INSTANTIATE_TEST_SUITE_P(Server, PositionTest,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(PositionTest, IsThatOfTheLogsEndWhenNobodyWrites) {
  MysqlServer& server = SharedServer(GetParam());
  const profile::ConnectionProfile source = NewDatabase(server);
  ASSERT_OK(server.RunSql("CREATE TABLE t(a INT); INSERT INTO t VALUES (1);", source.database));
  MemoryTarget before, after;
  ASSERT_OK(TryBackUp(server, source, before, {}, context_));
  const std::vector<MysqlServer::Row> end = LogEnd(server);
  ASSERT_EQ(end.size(), 1u);
  ASSERT_GE(end[0].size(), 2u);
  EXPECT_EQ(before.contents().binlog_file, end[0][0].value_or(""));
  uint64_t offset = 0;
  ASSERT_TRUE(absl::SimpleAtoi(end[0][1].value_or(""), &offset));
  EXPECT_EQ(before.contents().binlog_end, offset);
  EXPECT_THAT(before.data(), HasSubstr(absl::StrCat("-- Position in the binary log: ",
                                                    end[0][0].value_or(""), ":", offset)));
  EXPECT_THAT(log_.Messages(), Not(Contains(HasSubstr("increments"))));
  // Later changes have a later position.
  ASSERT_OK(server.RunSql("INSERT INTO t VALUES (2);", source.database));
  ASSERT_OK(TryBackUp(server, source, after, {}, context_));
  EXPECT_EQ(after.contents().binlog_file, before.contents().binlog_file);
  EXPECT_GT(after.contents().binlog_end, before.contents().binlog_end);
}

TEST_P(PositionTest, IsLeftOutWithAWordWhereThereIsNoLog) {
  const auto server = MysqlServer::Start({.server = GetParam(), .binlog = false});
  ASSERT_OK(server);
  const profile::ConnectionProfile source = NewDatabase(**server);
  ASSERT_OK((*server)->RunSql("CREATE TABLE t(a INT);", source.database));
  MemoryTarget target;
  ASSERT_OK(TryBackUp(**server, source, target, {}, context_));
  // The envelope leaves both keys out then (EncodeEnvelope).
  EXPECT_EQ(target.contents().binlog_file, "");
  EXPECT_EQ(target.contents().binlog_end, 0u);
  EXPECT_THAT(log_.Details(), Contains(HasSubstr("binary log is off")));
  EXPECT_THAT(target.data(), HasSubstr("unknown, the server's binary log is off"));
}

}  // namespace
}  // namespace siphon::mysqlcommon
