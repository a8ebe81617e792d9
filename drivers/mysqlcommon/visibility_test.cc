// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Objects that a server hides from the user of a backup: the backup warns of them and records their
// kinds, and a restore does not drop them.

#include "drivers/mysqlcommon/visibility.h"

#include <stop_token>
#include <string>
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

using siphon::testing::EventLog;
using siphon::testing::MemoryTarget;
using siphon::testing::MysqlName;
using siphon::testing::MysqlServer;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

TEST(RightsTest, GrantsOnTheDatabaseAndOnAllDatabasesCount) {
  const Rights rights({"GRANT SELECT, SHOW VIEW, EVENT ON `app`.* TO `u`@`%`",
                       "GRANT SHOW_ROUTINE,CLONE_ADMIN ON *.* TO `u`@`%` WITH GRANT OPTION"},
                      "app");
  for (const char* const right : {"SELECT", "SHOW VIEW", "EVENT", "SHOW_ROUTINE", "CLONE_ADMIN"}) {
    EXPECT_TRUE(rights.Has(right)) << right;
  }
  EXPECT_FALSE(rights.Has("TRIGGER"));
  EXPECT_FALSE(rights.HasEverywhere("SELECT"));
  EXPECT_TRUE(rights.HasAny());
}

TEST(RightsTest, AllPrivilegesIncludeEachOne) {
  EXPECT_TRUE(Rights({"GRANT ALL PRIVILEGES ON *.* TO `u`@`%`"}, "app").Has("TRIGGER"));
  EXPECT_TRUE(Rights({"GRANT ALL PRIVILEGES ON `app`.* TO `u`@`%`"}, "app").Has("EVENT"));
  EXPECT_FALSE(Rights({"GRANT ALL PRIVILEGES ON `other`.* TO `u`@`%`"}, "app").Has("EVENT"));
}

TEST(RightsTest, PatternsOfDatabasesAreFollowed) {
  EXPECT_TRUE(Rights({"GRANT EVENT ON `a\\_b`.* TO `u`@`%`"}, "a_b").Has("EVENT"));
  EXPECT_FALSE(Rights({"GRANT EVENT ON `a\\_b`.* TO `u`@`%`"}, "axb").Has("EVENT"));
  EXPECT_TRUE(Rights({"GRANT EVENT ON `a_b`.* TO `u`@`%`"}, "axb").Has("EVENT"));
  EXPECT_TRUE(Rights({"GRANT EVENT ON `a%`.* TO `u`@`%`"}, "a").Has("EVENT"));
  EXPECT_TRUE(Rights({"GRANT EVENT ON `%z`.* TO `u`@`%`"}, "abz").Has("EVENT"));
  EXPECT_FALSE(Rights({"GRANT EVENT ON `%z`.* TO `u`@`%`"}, "abzy").Has("EVENT"));
  EXPECT_TRUE(Rights({"GRANT EVENT ON `ON ``x```.* TO `u`@`%`"}, "ON `x`").Has("EVENT"));
}

TEST(RightsTest, GrantsOnColumnsRoutinesAndRolesAreNoRightsOnTheDatabase) {
  const Rights rights(
      {"GRANT SELECT (`a`, `TRIGGER`), INSERT ON `app`.`t` TO `u`@`%`",
       "GRANT EXECUTE ON FUNCTION `app`.`f` TO `u`@`%`", "GRANT `EVENT`@`%`,`r`@`%` TO `u`@`%`",
       "GRANT USAGE ON *.* TO `u`@`%`", "SET DEFAULT ROLE `r` FOR `u`@`%`", ""},
      "app");
  for (const char* const right : {"SELECT", "EXECUTE", "EVENT", "TRIGGER", "INSERT"}) {
    EXPECT_FALSE(rights.Has(right)) << right;
  }
  EXPECT_TRUE(rights.Has("INSERT", "t"));
  EXPECT_FALSE(rights.Has("SELECT", "t"));
  EXPECT_FALSE(rights.HasAny());
}

TEST(RightsTest, PartialRevokesCount) {
  const std::vector<std::string> grants = {"GRANT SELECT, EVENT ON *.* TO `u`@`%`",
                                           "REVOKE EVENT ON `app`.* FROM `u`@`%`"};
  EXPECT_FALSE(Rights(grants, "app").Has("EVENT"));
  EXPECT_TRUE(Rights(grants, "app").Has("SELECT"));
  EXPECT_TRUE(Rights(grants, "other").Has("EVENT"));
}

class VisibilityTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    ASSERT_OK(server_.RunSql(
        "CREATE TABLE t(a INT PRIMARY KEY); INSERT INTO t VALUES (1);"
        "CREATE TABLE other(a INT);"
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NEW.a + 1;"
        "CREATE PROCEDURE p() SELECT 1; CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1;"
        "CREATE EVENT ev ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01 00:00:00' DISABLE DO SELECT 1;"
        "DROP USER IF EXISTS limited@'%'; CREATE USER limited@'%' IDENTIFIED BY 'limited'",
        source_.database));
  }
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  void Grant(const std::string& rights, const std::string& where = "*") {
    ASSERT_OK(server_.RunSql(absl::StrCat("GRANT ", rights, " ON ", MysqlName(source_.database),
                                          ".", where, " TO limited@'%'")));
  }
  profile::ConnectionProfile Limited() const {
    profile::ConnectionProfile profile = source_;
    profile.user = "limited";
    profile.password = "limited";
    return profile;
  }
  void BackUpLimited(const driver::BackupOptions& options = {}) {
    ASSERT_OK(
        TryBackUp(server_, Limited(), dump_, options, base::Context(std::stop_token(), &log_)));
  }

  MysqlServer& server_ = SharedServer(GetParam());
  const profile::ConnectionProfile source_ = NewDatabase(server_);
  EventLog log_;
  MemoryTarget dump_;
};

INSTANTIATE_TEST_SUITE_P(Server, VisibilityTest,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(VisibilityTest, BackupByAUserWhoMayOnlyReadTablesSaysAndRecordsWhatItCannotSee) {
  Grant("SELECT, SHOW VIEW");
  BackUpLimited();
  EXPECT_THAT(log_.Warnings(),
              ElementsAre(AllOf(HasSubstr("triggers (needs TRIGGER)"), HasSubstr("routines (needs"),
                                HasSubstr("events (needs EVENT)"), Not(HasSubstr("tables")),
                                HasSubstr(source_.database))));
  EXPECT_THAT(dump_.contents().annotations,
              ElementsAre(Pair(kNotSeen, "triggers, routines, events")));
}

TEST_P(VisibilityTest, RestoreCleanOfSuchADumpNamesWhatItWouldDropAndChangesNothing) {
  Grant("SELECT, SHOW VIEW");
  BackUpLimited();
  const std::string before = Describe(server_, source_.database);
  driver::RestoreOptions options;
  options.annotations = dump_.contents().annotations;
  // An empty target has nothing to lose.
  EXPECT_OK(TryRestore(server_, NewDatabase(server_), dump_.data(), options));
  options.clean = true;
  for (const bool in_place : {false, true}) {
    options.in_place = in_place;
    EXPECT_THAT(
        TryRestore(server_, source_, dump_.data(), options),
        StatusIs(errs::kTargetNotEmpty, AllOf(HasSubstr("trigger tr"), HasSubstr("procedure p"),
                                              HasSubstr("function f"), HasSubstr("event ev"))));
  }
  options.in_place = false;
  options.tables = {"t"};
  EXPECT_THAT(TryRestore(server_, source_, dump_.data(), options),
              StatusIs(errs::kTargetNotEmpty,
                       AllOf(HasSubstr("trigger tr"), Not(HasSubstr("procedure p")))));
  EXPECT_EQ(Describe(server_, source_.database), before);
  options.tables = {"other"};
  EXPECT_OK(TryRestore(server_, source_, dump_.data(), options));
  options.tables.clear();
  ASSERT_OK(server_.RunSql("DROP TRIGGER tr; DROP PROCEDURE p; DROP FUNCTION f; DROP EVENT ev",
                           source_.database));
  EXPECT_OK(TryRestore(server_, source_, dump_.data(), options));
}

TEST_P(VisibilityTest, TablesThatTheUserMayNotSeeAreNotDropped) {
  Grant("SELECT, TRIGGER", "t");
  BackUpLimited();
  EXPECT_THAT(dump_.contents().annotations,
              ElementsAre(Pair(kNotSeen, "tables and views, routines, events")));
  ASSERT_OK(server_.RunSql("DROP PROCEDURE p; DROP FUNCTION f; DROP EVENT ev", source_.database));
  driver::RestoreOptions options;
  options.annotations = dump_.contents().annotations;
  options.clean = true;
  EXPECT_THAT(
      TryRestore(server_, source_, dump_.data(), options),
      StatusIs(errs::kTargetNotEmpty, AllOf(HasSubstr("table other"), Not(HasSubstr("table t")))));
  ASSERT_OK(server_.RunSql("DROP TABLE other; CREATE VIEW v AS SELECT 1", source_.database));
  EXPECT_THAT(
      TryRestore(server_, source_, dump_.data(), options),
      StatusIs(errs::kTargetNotEmpty, AllOf(HasSubstr("view v"), Not(HasSubstr("table t")))));
  // In place, everything is dropped before the dump's tables are known.
  options.in_place = true;
  const std::string before = Describe(server_, source_.database);
  EXPECT_THAT(TryRestore(server_, source_, dump_.data(), options),
              StatusIs(errs::kTargetNotEmpty, AllOf(HasSubstr("view v"), HasSubstr("table t"))));
  EXPECT_EQ(Describe(server_, source_.database), before);
  ASSERT_OK(server_.RunSql("DROP VIEW v; DROP TABLE t", source_.database));
  EXPECT_OK(TryRestore(server_, source_, dump_.data(), options));
}

TEST_P(VisibilityTest, WhatTheUserOfARestoreCannotSeeInTheTargetIsSaidToStay) {
  const profile::ConnectionProfile empty = NewDatabase(server_);
  ASSERT_OK(server_.RunSql("CREATE TABLE t(a INT PRIMARY KEY)", empty.database));
  const std::string body = BackUp(server_, empty);
  Grant("SELECT, INSERT, UPDATE, CREATE, DROP, ALTER, INDEX, REFERENCES, SHOW VIEW, LOCK TABLES");
  // MariaDB shows the names of routines to this user, who may not drop a function.
  ASSERT_OK(server_.RunSql("DROP PROCEDURE p; DROP FUNCTION f", source_.database));
  const base::Context context(std::stop_token(), &log_);
  driver::RestoreOptions options;
  options.clean = true;
  options.in_place = true;
  ASSERT_OK(TryRestore(server_, Limited(), body, options, context));
  EXPECT_THAT(log_.Warnings(),
              Contains(AllOf(HasSubstr("routines (needs"), HasSubstr("events (needs EVENT)"),
                             HasSubstr("--clean leaves them there"))));
  EXPECT_EQ(PlainConnection(source_).Int("SELECT COUNT(*) FROM information_schema.events WHERE "
                                         "event_schema = DATABASE()"),
            1);
  EventLog quiet;
  options.in_place = false;
  ASSERT_OK(TryRestore(server_, source_, body, options, base::Context(std::stop_token(), &quiet)));
  EXPECT_THAT(quiet.Warnings(), IsEmpty());
}

TEST_P(VisibilityTest, UserWhoMaySeeEverythingIsNotWarned) {
  Grant("SELECT, SHOW VIEW, EVENT, EXECUTE");
  Grant("TRIGGER", "t");
  Grant("TRIGGER", "other");
  ASSERT_OK(server_.RunSql(server_.is_mariadb() ? "GRANT SELECT ON mysql.proc TO limited@'%'"
                                                : "GRANT SHOW_ROUTINE ON *.* TO limited@'%'"));
  BackUpLimited();
  EXPECT_THAT(log_.Warnings(), IsEmpty());
  EXPECT_THAT(dump_.contents().annotations, IsEmpty());
}

TEST_P(VisibilityTest, RightsOfARoleCount) {
  ASSERT_OK(server_.RunSql(absl::StrCat(
      "DROP ROLE IF EXISTS seer; CREATE ROLE seer; GRANT ALL ON ", MysqlName(source_.database),
      ".* TO seer; GRANT seer TO limited@'%';",
      server_.is_mariadb() ? "GRANT SELECT ON mysql.proc TO seer; SET DEFAULT ROLE seer FOR"
                             " limited@'%'"
                           : "GRANT SHOW_ROUTINE ON *.* TO seer; SET DEFAULT ROLE seer TO"
                             " limited@'%'")));
  BackUpLimited();
  EXPECT_THAT(log_.Warnings(), IsEmpty());
  EXPECT_THAT(dump_.contents().annotations, IsEmpty());
}

TEST_P(VisibilityTest, OnlyWhatTheBackupWouldContainCounts) {
  Grant("SELECT, SHOW VIEW");
  driver::BackupOptions options;
  options.data_only = true;
  BackUpLimited(options);
  EXPECT_THAT(dump_.contents().annotations, IsEmpty());
  options.data_only = false;
  options.tables = {"t"};
  BackUpLimited(options);
  EXPECT_THAT(dump_.contents().annotations, ElementsAre(Pair(kNotSeen, "triggers")));
}

}  // namespace
}  // namespace siphon::mysqlcommon
