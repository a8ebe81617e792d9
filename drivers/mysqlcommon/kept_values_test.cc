// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// A column can hold a value that the server takes from an INSERT only with a warning. A restore
// keeps such a value. types_test.cc has the values that siphon's dumps write in another way.

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/event_log.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MysqlServer;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class KeptValuesTest : public ::testing::TestWithParam<std::string> {
 protected:
  MysqlServer& server_ = SharedServer(GetParam());
  const profile::ConnectionProfile source_ = NewDatabase(server_);
  const profile::ConnectionProfile target_ = NewDatabase(server_);

  std::string BackUpAndLog(siphon::testing::EventLog& log) {
    siphon::testing::MemoryTarget dump;
    EXPECT_OK(TryBackUp(server_, source_, dump, {}, base::Context(std::stop_token(), &log)));
    return dump.data();
  }
};

INSTANTIATE_TEST_SUITE_P(Server, KeptValuesTest,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

// Dumps of other programs have the stored numbers.
TEST_P(KeptValuesTest, NumbersAtTheLimitOfTheirDigitsMayBeWrittenAsTheyAreStored) {
  ASSERT_OK(server_.RunSql(
      "SET sql_mode=''; CREATE TABLE t(id INT, a FLOAT(30,0), b FLOAT(10,2), c INT AS (1));"
      "INSERT INTO t(id, a, b) VALUES (1, 1e38, 1e38), (2, NULL, -1e38), (3, -1e38, 5);",
      source_.database));
  constexpr char kNumbers[] =
      "SELECT GROUP_CONCAT(CONCAT_WS(' ', a*1e0, b*1e0) ORDER BY id) FROM t";
  const std::string stored = "1.0000000150474662e30 100000000,-100000000,-1.0000000150474662e30 5";
  ASSERT_EQ(PlainConnection(source_).Value(kNumbers), stored);
  const std::string body = BackUp(server_, source_);
  // No warning of a server's makes another program that reads the dump stop.
  EXPECT_THAT(body, AllOf(HasSubstr("(1,1e30,99999999.99)"), HasSubstr("(2,NULL,-99999999.99)")));
  const std::string as_stored = absl::StrReplaceAll(
      body, {{"99999999.99", "100000000.00"}, {"1e30", "1000000015047466200000000000000"}});
  ASSERT_NE(as_stored, body);
  driver::RestoreOptions options;
  ASSERT_OK(TryRestore(server_, target_, as_stored, options));
  EXPECT_EQ(PlainConnection(target_).Value(kNumbers), stored);
  const std::string other = absl::StrReplaceAll(as_stored, {{"-100000000.00", "-100000010"}});
  ASSERT_NE(other, as_stored);
  options.clean = true;
  EXPECT_THAT(TryRestore(server_, target_, other, options),
              StatusIs(errs::kDatabase, AllOf(HasSubstr("'b' at row 2"), HasSubstr("(1264)"))));
  EXPECT_EQ(PlainConnection(target_).Value(kNumbers), stored);
}

TEST_P(KeptValuesTest, ADumpNamesNumbersThatTheirColumnNoLongerTakes) {
  ASSERT_OK(server_.RunSql(
      "CREATE TABLE t(a INT, b DOUBLE(20,5), `c d` DOUBLE(20,5)); INSERT INTO t VALUES"
      " (1, 5.25, 1234.5); CREATE TABLE u(a FLOAT(7,2)); INSERT INTO u VALUES (1.5);",
      source_.database));
  siphon::testing::EventLog before;
  ASSERT_OK(TryRestore(server_, target_, BackUpAndLog(before)));
  EXPECT_THAT(before.Warnings(), IsEmpty());
  // Changes nothing but the definition.
  ASSERT_OK(
      server_.RunSql("SET sql_mode=''; ALTER TABLE t MODIFY `c d` DOUBLE(5,2)", source_.database));
  ASSERT_EQ(PlainConnection(source_).Value("SELECT `c d`*1e0 FROM t"), "1234.5");
  siphon::testing::EventLog after;
  const std::string body = BackUpAndLog(after);
  driver::RestoreOptions options;
  options.clean = true;
  EXPECT_THAT(after.Warnings(), ElementsAre(HasSubstr("table t: column c d has numbers that")));
  EXPECT_THAT(TryRestore(server_, target_, body, options),
              StatusIs(errs::kDatabase, HasSubstr("'c d' at row 1")));
}

}  // namespace
}  // namespace siphon::mysqlcommon
