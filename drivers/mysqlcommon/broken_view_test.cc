// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Views whose tables are gone do not keep the rest of a database from being restored.

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

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

using siphon::testing::MysqlName;
using siphon::testing::MysqlServer;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class BrokenViewTest : public ::testing::TestWithParam<std::string> {
 protected:
  MysqlServer& server_ = SharedServer(GetParam());
  const profile::ConnectionProfile source_ = NewDatabase(server_);
  const profile::ConnectionProfile target_ = NewDatabase(server_);

  std::vector<std::string> Views() const {
    return PlainConnection(target_).Column(
        "SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE() ORDER BY "
        "1");
  }
};

INSTANTIATE_TEST_SUITE_P(Server, BrokenViewTest,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(BrokenViewTest, CallsAFunctionWhoseDefinerIsGone) {
  ASSERT_OK(server_.RunSql(
      absl::StrCat(
          "CREATE USER leaver@localhost; GRANT ALL ON ", MysqlName(source_.database),
          ".* TO leaver@localhost; CREATE TABLE t(a INT); INSERT INTO t VALUES (1);"
          "CREATE DEFINER=leaver@localhost FUNCTION f(x INT) RETURNS INT DETERMINISTIC RETURN x;"
          "CREATE VIEW calls AS SELECT f(a) AS b FROM t WHERE a < 5;"
          "CREATE VIEW on_it AS SELECT b FROM calls;"
          "CREATE VIEW fine AS SELECT a FROM t; DROP USER leaver@localhost"),
      source_.database));
  siphon::testing::EventLog log;
  siphon::testing::MemoryTarget dump;
  ASSERT_OK(TryBackUp(server_, source_, dump, {}, base::Context(std::stop_token(), &log)));
  EXPECT_THAT(log.Warnings(),
              ElementsAre(AllOf(HasSubstr("view calls is broken"), HasSubstr("(1449)")),
                          AllOf(HasSubstr("view on_it is broken"), HasSubstr("(1449)"))));
  EXPECT_THAT(dump.data(),
              AllOf(HasSubstr("\n-- View calls is broken: "), HasSubstr("VIEW `calls` AS select")));
  ASSERT_OK(TryRestore(server_, target_, dump.data()));
  EXPECT_THAT(Views(), ElementsAre("fine"));
  // A target with such a view can be replaced.
  driver::RestoreOptions clean;
  clean.clean = true;
  ASSERT_OK(TryRestore(server_, source_, dump.data(), clean));
}

TEST_P(BrokenViewTest, SelectsFromAViewWhoseDefinerIsGone) {
  ASSERT_OK(server_.RunSql(
      absl::StrCat("CREATE USER leaver@localhost; GRANT ALL ON ", MysqlName(source_.database),
                   ".* TO leaver@localhost; CREATE TABLE t(a INT); INSERT INTO t VALUES (1);"
                   "CREATE TABLE gone(a INT); CREATE DEFINER=leaver@localhost VIEW b AS"
                   " SELECT a FROM t; CREATE VIEW a_view AS SELECT a FROM b;"
                   "CREATE VIEW c AS SELECT a FROM a_view;"
                   "CREATE DEFINER=leaver@localhost VIEW d AS SELECT a FROM gone;"
                   "CREATE VIEW e AS SELECT a FROM d; DROP TABLE gone; DROP USER leaver@localhost"),
      source_.database));
  siphon::testing::EventLog log;
  siphon::testing::MemoryTarget dump;
  ASSERT_OK(TryBackUp(server_, source_, dump, {}, base::Context(std::stop_token(), &log)));
  EXPECT_THAT(log.Warnings(),
              ElementsAre(AllOf(HasSubstr("view a_view is broken"), HasSubstr("(1449)")),
                          AllOf(HasSubstr("view c is broken"), HasSubstr("(1449)")),
                          AllOf(HasSubstr("view d is broken"), HasSubstr("(1146)")),
                          HasSubstr("view e is broken")));
  ASSERT_OK(TryRestore(server_, target_, dump.data()));
  EXPECT_THAT(Views(), ElementsAre("b"));
  driver::RestoreOptions clean;
  clean.clean = true;
  ASSERT_OK(TryRestore(server_, source_, dump.data(), clean));
  ASSERT_OK(TryRestore(server_, target_, dump.data(), clean));
}

// Such a dump names no definer.
TEST_P(BrokenViewTest, SelectsFromAViewWhoseDefinerIsGoneInADumpWithoutOwners) {
  ASSERT_OK(server_.RunSql(
      absl::StrCat("CREATE USER leaver@localhost; GRANT ALL ON ", MysqlName(source_.database),
                   ".* TO leaver@localhost; CREATE TABLE t(a INT); CREATE TABLE gone(a INT);"
                   "CREATE DEFINER=leaver@localhost VIEW b AS SELECT a FROM t;"
                   "CREATE VIEW a_view AS SELECT a FROM b;"
                   "CREATE DEFINER=leaver@localhost VIEW d AS SELECT a FROM gone;"
                   "CREATE VIEW e AS SELECT a FROM d; DROP TABLE gone; DROP USER leaver@localhost"),
      source_.database));
  siphon::testing::EventLog log;
  siphon::testing::MemoryTarget dump;
  driver::BackupOptions options;
  options.no_owner = true;
  ASSERT_OK(TryBackUp(server_, source_, dump, options, base::Context(std::stop_token(), &log)));
  EXPECT_THAT(log.Warnings(),
              ElementsAre(HasSubstr("view d is broken"), HasSubstr("view e is broken")));
  ASSERT_OK(TryRestore(server_, target_, dump.data()));
  EXPECT_THAT(Views(), ElementsAre("a_view", "b"));
}

// To a user without rights over definers the server says that the access is denied.
TEST_P(BrokenViewTest, IsNamedToAUserWithoutRightsOverDefiners) {
  const std::string grant = absl::StrCat("GRANT ALL ON ", MysqlName(source_.database), ".* TO ");
  ASSERT_OK(server_.RunSql(
      absl::StrCat(
          "CREATE USER leaver@localhost; CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'secret';",
          grant, "leaver@localhost;", grant,
          "reader@'127.0.0.1'; CREATE TABLE t(a INT);"
          "CREATE DEFINER=leaver@localhost VIEW b AS SELECT a FROM t;"
          "CREATE VIEW a_view AS SELECT a FROM b; DROP USER leaver@localhost"),
      source_.database));
  profile::ConnectionProfile reader = source_;
  reader.user = "reader";
  reader.password = "secret";
  siphon::testing::EventLog log;
  siphon::testing::MemoryTarget dump;
  EXPECT_OK(TryBackUp(server_, reader, dump, {}, base::Context(std::stop_token(), &log)));
  EXPECT_THAT(log.Warnings(), Contains(HasSubstr("view a_view is broken")));
  EXPECT_OK(server_.RunSql("DROP USER reader@'127.0.0.1'"));
}

TEST_P(BrokenViewTest, IsAWarningAndAComment) {
  ASSERT_OK(server_.RunSql(
      "CREATE TABLE t(a INT, b INT); INSERT INTO t VALUES (1, 2); CREATE TABLE gone(a INT);"
      "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1;"
      "CREATE VIEW fine AS SELECT a FROM t;"
      "CREATE VIEW a_table AS SELECT a FROM gone WHERE a > 1 WITH LOCAL CHECK OPTION;"
      "CREATE VIEW a_column AS SELECT b AS `x\ny` FROM t;"
      "CREATE VIEW a_function AS SELECT f() AS x FROM t;"
      "CREATE VIEW a_view AS SELECT a FROM a_table;"
      "DROP TABLE gone; ALTER TABLE t DROP b; DROP FUNCTION f;",
      source_.database));
  siphon::testing::EventLog log;
  siphon::testing::MemoryTarget dump;
  ASSERT_OK(TryBackUp(server_, source_, dump, {}, base::Context(std::stop_token(), &log)));
  EXPECT_THAT(log.Warnings(),
              ElementsAre(AllOf(HasSubstr("view a_column is broken"), HasSubstr("(1054)")),
                          AllOf(HasSubstr("view a_function is broken"), HasSubstr("(1305)")),
                          AllOf(HasSubstr("view a_table is broken"), HasSubstr("(1146)")),
                          HasSubstr("view a_view is broken")));
  EXPECT_THAT(dump.data(),
              AllOf(HasSubstr("\n-- View a_view is broken: "), HasSubstr("`x\n-- y`")));
  ASSERT_OK(TryRestore(server_, target_, dump.data()));
  EXPECT_EQ(PlainConnection(target_).Value("SELECT SUM(a) FROM fine"), "1");
  EXPECT_THAT(Views(), ElementsAre("fine"));
}

// Whose rights may be others where it is restored.
TEST_P(BrokenViewTest, IsNotOneWhoseDefinerLacksRights) {
  const auto grant = [](std::string_view what, const profile::ConnectionProfile& on) {
    return absl::StrCat(what, MysqlName(on.database),
                        what.starts_with("GRANT") ? ".* TO " : ".* FROM ", "poor@localhost;");
  };
  ASSERT_OK(server_.RunSql(
      absl::StrCat("CREATE USER IF NOT EXISTS poor@localhost; CREATE TABLE t(a INT);",
                   grant("GRANT ALL ON ", source_),
                   "CREATE DEFINER=poor@localhost VIEW v AS SELECT a FROM t;"
                   "CREATE DEFINER=poor@localhost VIEW w AS SELECT a FROM v;"
                   "CREATE DEFINER=nobody@localhost VIEW x AS SELECT a FROM t;",
                   grant("REVOKE ALL ON ", source_), grant("GRANT ALL ON ", target_)),
      source_.database));
  siphon::testing::EventLog log;
  siphon::testing::MemoryTarget dump;
  ASSERT_OK(TryBackUp(server_, source_, dump, {}, base::Context(std::stop_token(), &log)));
  EXPECT_THAT(log.Warnings(), IsEmpty());
  ASSERT_OK(TryRestore(server_, target_, dump.data()));
  EXPECT_THAT(Views(), ElementsAre("v", "w", "x"));
}

}  // namespace
}  // namespace siphon::mysqlcommon
