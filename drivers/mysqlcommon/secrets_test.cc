// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Errors of MySQL and MariaDB, and of their client, quote statements.

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/event_log.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class SecretsTest : public ::testing::TestWithParam<std::string> {
 protected:
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  siphon::testing::MysqlServer& server_ = SharedServer(GetParam());
};

TEST_P(SecretsTest, StatementsThatFailShowNoSecret) {
  for (const profile::Tools tools : {profile::Tools::kAuto, profile::Tools::kSystem}) {
    profile::ConnectionProfile target = NewDatabase(server_);
    target.tools = tools;
    for (const std::string_view statement :
         {"CREATE TABLE t(a INT) 'hunter2'", "CREATE TABLE t(a INT) \"hunter2\"",
          "CREATE TABLE t(a INT) ENGINE=NONE CONNECTION='mysql://u:hunter2@h/d/t' BAD",
          "CREATE TABLE t(a INT DEFAULT 'b\nhunter2')", "CREATE TABLE t(a INT DEFAULT 'hunter2')",
          "CREATE TABLE t(a INT) COMMENT='hunter2' COMMENTT='hunter2'",
          "INSERT INTO t VALUES ('it\\'s hunter2')", "INSERT INTO t VALUES (0x68756E74657232)",
          "CREATE TABLE t(a INT) /* hunter2 */ BAD", "CREATE TABLE t(a INT) 'hunter2"}) {
      siphon::testing::EventLog log;
      const absl::Status status =
          TryRestore(server_, target, absl::StrCat(statement, ";\n"), {}, base::Context({}, &log));
      EXPECT_FALSE(status.ok()) << statement;
      EXPECT_THAT(errs::Render(status),
                  AllOf(Not(HasSubstr("hunter2")), Not(HasSubstr("68756E74657232"))))
          << statement;
      EXPECT_THAT(absl::StrJoin(log.Messages(), "\n"), Not(HasSubstr("hunter2"))) << statement;
      EXPECT_THAT(absl::StrJoin(log.Details(), "\n"), Not(HasSubstr("hunter2"))) << statement;
      EXPECT_THAT(absl::StrJoin(log.Warnings(), "\n"), Not(HasSubstr("hunter2"))) << statement;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Server, SecretsTest,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

}  // namespace
}  // namespace siphon::mysqlcommon
