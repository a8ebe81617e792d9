// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The options of a restore that only MySQL and MariaDB have.

#include <memory>
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
#include "testing/rounds.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MysqlName;
using siphon::testing::MysqlServer;
using siphon::testing::MysqlText;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kSetup[] =
    "CREATE TABLE t(a INT PRIMARY KEY, b VARCHAR(20)); INSERT INTO t VALUES (1, 'x'), (2, 'y');"
    "CREATE TABLE u(a INT, FOREIGN KEY (a) REFERENCES t(a)); INSERT INTO u VALUES (1);"
    "CREATE USER IF NOT EXISTS owner@localhost;"
    "GRANT ALL ON *.* TO owner@localhost;"
    "CREATE DEFINER=owner@localhost VIEW v AS SELECT a FROM t;"
    "CREATE DEFINER=owner@localhost FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1;"
    "CREATE DEFINER=owner@localhost TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.b = 'z';"
    "CREATE DEFINER=owner@localhost EVENT e ON SCHEDULE EVERY 1 YEAR DISABLE DO SELECT 1;";

class RestoreOptionsTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    source_ = NewDatabase(server_);
    target_ = NewDatabase(server_);
    ASSERT_OK(server_.RunSql(kSetup, source_.database));
    body_ = BackUp(server_, source_);
  }
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  // A user with all rights on the target, and with no right on anything else.
  profile::ConnectionProfile Confined() {
    EXPECT_OK(server_.RunSql(absl::StrCat(
        "CREATE USER IF NOT EXISTS confined IDENTIFIED BY 'secret'; GRANT ALL ON ",
        MysqlName(target_.database), ".* TO confined;",
        // For the definers and functions of the dump.
        server_.is_mariadb() ? "GRANT SUPER, SET USER ON *.* TO confined;"
                             : "GRANT SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER, SYSTEM_USER,"
                               " SUPER, PROCESS ON *.* TO confined;")));
    profile::ConnectionProfile profile = target_;
    profile.user = "confined";
    profile.password = "secret";
    return profile;
  }

  absl::Status Check(const profile::ConnectionProfile& profile,
                     const driver::RestoreOptions& options) {
    const auto connection =
        ForkDriver(ForkOf(server_)).Connect(context_, profile, driver::Driver::Access::kCreate);
    if (!connection.ok()) return connection.status();
    return (*connection)->CheckTarget(context_, options);
  }

  std::vector<std::string> Definers(const profile::ConnectionProfile& profile) {
    PlainConnection connection(profile);
    std::vector<std::string> all;
    for (const char* const source :
         {"views WHERE table_schema", "routines WHERE routine_schema",
          "triggers WHERE trigger_schema", "events WHERE event_schema"}) {
      for (const std::string& definer : connection.Column(
               absl::StrCat("SELECT definer FROM information_schema.", source, " = DATABASE()"))) {
        all.push_back(definer);
      }
    }
    return all;
  }

  std::string Content(const profile::ConnectionProfile& profile) {
    return Describe(server_, profile.database);
  }

  MysqlServer& server_ = SharedServer(GetParam());
  profile::ConnectionProfile source_, target_;
  std::string body_;
  siphon::testing::EventLog log_;
  const base::Context context_ = base::Context(std::stop_token(), &log_);
};

INSTANTIATE_TEST_SUITE_P(
    Server, RestoreOptionsTest,
    ::testing::ValuesIn(siphon::testing::VersionsToTest(siphon::testing::AllMysqlServers())),
    [](const ::testing::TestParamInfo<std::string>& info) {
      return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
    });

TEST_P(RestoreOptionsTest, WhoMayMakeNoScratchDatabaseIsToldSoAndGoesInPlace) {
  const profile::ConnectionProfile confined = Confined();
  EXPECT_THAT(Check(confined, {}),
              StatusIs(errs::kDatabase, HasSubstr("may not create a scratch database")));
  EXPECT_THAT(errs::GetError(Check(confined, {}))->hint, HasSubstr("--in-place"));
  driver::RestoreOptions options;
  options.in_place = true;
  EXPECT_OK(Check(confined, options));
  ASSERT_OK(TryRestore(server_, confined, body_, options, context_));
  EXPECT_THAT(log_.Warnings(), Contains(HasSubstr("leaves a part of it")));
  EXPECT_EQ(Content(target_), Content(source_));
  EXPECT_THAT(TryRestore(server_, confined, body_, options, context_),
              StatusIs(errs::kTargetNotEmpty));
  PlainConnection(target_).Run("DELETE FROM u");
  PlainConnection(target_).Run("CREATE TABLE more(a INT)");
  options.clean = true;
  ASSERT_OK(TryRestore(server_, confined, body_, options, context_));
  EXPECT_EQ(Content(target_), Content(source_));
}

TEST_P(RestoreOptionsTest, WhoMayNotMoveTablesIsToldSoBeforeAnythingIsRead) {
  ASSERT_OK(server_.RunSql(absl::StrCat(
      "CREATE USER IF NOT EXISTS reader IDENTIFIED BY 'secret'; GRANT SELECT ON ",
      MysqlName(target_.database), ".* TO reader; GRANT ALL ON `siphon\\_%`.* TO reader;")));
  profile::ConnectionProfile reader = target_;
  reader.user = "reader";
  reader.password = "secret";
  const absl::Status status = Check(reader, {});
  EXPECT_THAT(status, StatusIs(errs::kDatabase, HasSubstr("may not move tables")));
  EXPECT_THAT(errs::GetError(status)->hint, HasSubstr("--in-place"));
}

TEST_P(RestoreOptionsTest, ReferencesFromOtherDatabasesAreToldOfAndDoNotBarTheWayInPlace) {
  ASSERT_OK(TryRestore(server_, target_, body_));
  const profile::ConnectionProfile other = NewDatabase(server_);
  ASSERT_OK(server_.RunSql(absl::StrCat("CREATE TABLE r(a INT, FOREIGN KEY (a) REFERENCES ",
                                        MysqlName(target_.database), ".t(a));"),
                           other.database));
  driver::RestoreOptions options;
  options.clean = true;
  const absl::Status status = Check(target_, options);
  EXPECT_THAT(status, StatusIs(errs::kDriverUnsupported, HasSubstr("foreign keys")));
  EXPECT_THAT(errs::GetError(status)->hint, HasSubstr("--in-place"));
  options.in_place = true;
  EXPECT_OK(TryRestore(server_, target_, body_, options));
  EXPECT_EQ(Content(target_), Content(source_));
  EXPECT_FALSE(server_.RunSql("INSERT INTO r VALUES (77);", other.database).ok());
}

TEST_P(RestoreOptionsTest, ViewsOfOtherProgramsDumpsMayComeInAnyOrder) {
  const std::string body =
      "CREATE TABLE t(a INT);\nCREATE VIEW a AS SELECT * FROM b;\nCREATE VIEW b AS SELECT * FROM "
      "t;\n";
  for (const bool in_place : {false, true}) {
    driver::RestoreOptions options;
    options.clean = true;
    options.in_place = in_place;
    ASSERT_OK(TryRestore(server_, target_, body, options)) << in_place;
    EXPECT_EQ(PlainConnection(target_).Value("SELECT COUNT(*) FROM a"), "0");
  }
}

TEST_P(RestoreOptionsTest, DefinitionsThatNameTheDumpedDatabaseAreNamedInAnother) {
  const std::string name = MysqlName(source_.database);
  ASSERT_OK(server_.RunSql(
      absl::StrCat("CREATE PROCEDURE reader() SELECT * FROM ", name, ".t;",
                   "CREATE FUNCTION counts() RETURNS INT DETERMINISTIC READS SQL DATA RETURN",
                   " (SELECT COUNT(*) FROM ", name, " . u);", "CREATE PROCEDURE harmless() SELECT ",
                   MysqlText(source_.database + ".t"), ";",
                   "CREATE TRIGGER writes AFTER INSERT ON u FOR EACH ROW INSERT INTO ", name,
                   ".t VALUES (NEW.a, '');",
                   "CREATE EVENT clears ON SCHEDULE EVERY 1 YEAR DISABLE DO DELETE FROM ", name,
                   ".u;"),
      source_.database));
  const std::string body = BackUp(server_, source_);
  driver::RestoreOptions options;
  options.clean = true;
  for (const bool in_place : {false, true}) {
    siphon::testing::EventLog log;
    options.in_place = in_place;
    ASSERT_OK(TryRestore(server_, target_, body, options, base::Context(std::stop_token(), &log)));
    EXPECT_THAT(log.Warnings(),
                Contains(AllOf(HasSubstr(source_.database), HasSubstr("routine counts"),
                               HasSubstr("routine reader"), HasSubstr("trigger writes"),
                               HasSubstr("event clears"), Not(HasSubstr("harmless")),
                               Not(HasSubstr("view v")))));
  }
  options.in_place = false;
  siphon::testing::EventLog log;
  ASSERT_OK(TryRestore(server_, source_, body, options, base::Context(std::stop_token(), &log)));
  EXPECT_THAT(log.Warnings(), IsEmpty());
}

TEST_P(RestoreOptionsTest, AFailureInPlaceSaysWhatItLeaves) {
  driver::RestoreOptions options;
  options.in_place = true;
  const std::string broken = absl::StrReplaceAll(body_, {{"INSERT INTO `u`", "INSERT INTO `w`"}});
  const absl::Status status = TryRestore(server_, target_, broken, options);
  EXPECT_EQ(errs::ExitCode(status), static_cast<int>(errs::Code::kPartial));
  EXPECT_THAT(errs::GetError(status)->hint, HasSubstr("--clean"));
  EXPECT_EQ(PlainConnection(target_).Value("SELECT COUNT(*) FROM t"), "2");
  options.clean = true;
  ASSERT_OK(TryRestore(server_, target_, body_, options));
  EXPECT_EQ(Content(target_), Content(source_));
}

TEST_P(RestoreOptionsTest, TablesAndRowsAloneGoInPlaceToo) {
  ASSERT_OK(TryRestore(server_, target_, body_));
  PlainConnection(target_).Run("UPDATE t SET b = 'other'");
  driver::RestoreOptions options;
  options.in_place = options.clean = true;
  options.tables = {"t"};
  ASSERT_OK(TryRestore(server_, target_, body_, options));
  EXPECT_EQ(Content(target_), Content(source_));
  PlainConnection(target_).Run("DROP TRIGGER tr");
  PlainConnection(target_).Run("UPDATE t SET b = 'other'");
  options.data_only = true;
  ASSERT_OK(TryRestore(server_, target_, body_, options));
  EXPECT_THAT(PlainConnection(target_).Column("SELECT b FROM t ORDER BY a"), ElementsAre("x", "y"));
}

TEST_P(RestoreOptionsTest, DefinersAreKeptOrBecomeTheUserWhoRestores) {
  driver::RestoreOptions options;
  options.clean = true;
  ASSERT_OK(TryRestore(server_, target_, body_, options));
  EXPECT_THAT(Definers(target_), AllOf(::testing::SizeIs(4), Each("owner@localhost")));
  for (const verbs::Definer definer : {verbs::Definer::kStrip, verbs::Definer::kCurrent}) {
    options.definer = definer;
    ASSERT_OK(TryRestore(server_, target_, body_, options));
    EXPECT_THAT(Definers(target_), AllOf(::testing::SizeIs(4), Each(HasSubstr("root@"))));
  }
}

// The server ends them when the routine is dropped.
TEST_P(RestoreOptionsTest, RightsOnReplacedRoutinesStay) {
  ASSERT_OK(server_.RunSql("CREATE PROCEDURE `The P`() SELECT 1;", source_.database));
  const std::string body = BackUp(server_, source_);
  ASSERT_OK(TryRestore(server_, target_, body));
  const std::string target = MysqlName(target_.database);
  ASSERT_OK(server_.RunSql(
      absl::StrCat("CREATE PROCEDURE ", target,
                   ".own() SELECT 1; DROP USER IF EXISTS `cal ler`@'127.0.0.%';"
                   "CREATE USER `cal ler`@'127.0.0.%'; CREATE ROLE IF NOT EXISTS callers;"
                   "GRANT EXECUTE ON PROCEDURE ",
                   target,
                   ".`The P` TO `cal ler`@'127.0.0.%';"
                   "GRANT EXECUTE, ALTER ROUTINE ON FUNCTION ",
                   target,
                   ".f TO `cal ler`@'127.0.0.%'"
                   " WITH GRANT OPTION; GRANT EXECUTE ON FUNCTION ",
                   target,
                   ".f TO callers;"
                   "GRANT EXECUTE ON PROCEDURE ",
                   target,
                   ".own TO callers;"
                   "CREATE USER IF NOT EXISTS limited_owner IDENTIFIED BY 'l'; GRANT ALL ON ",
                   target, ".* TO limited_owner")));
  const auto rights = [&] {
    return PlainConnection(target_).Column(
        "SELECT CONCAT_WS('|', LOWER(routine_name), user, host, proc_priv) FROM mysql.procs_priv"
        " WHERE db = DATABASE() AND user <> 'root' ORDER BY 1");
  };
  const std::vector<std::string> all = rights();
  ASSERT_EQ(all.size(), 4);
  driver::RestoreOptions options;
  options.clean = true;
  for (const bool in_place : {false, true}) {
    options.in_place = in_place;
    ASSERT_OK(TryRestore(server_, target_, body, options, context_));
    EXPECT_EQ(Content(target_), Content(source_));
    // Not those on the routine that the dump does not have.
    EXPECT_THAT(rights(), ElementsAre(all[0], all[1], all[3]));
  }
  for (const std::string& warning : log_.Warnings()) EXPECT_THAT(warning, HasSubstr("in place"));
  // siphon warns a user who may not read the rights.
  profile::ConnectionProfile limited = target_;
  limited.user = "limited_owner";
  limited.password = "l";
  options.definer = verbs::Definer::kStrip;
  ASSERT_OK(server_.RunSql("DROP VIEW v; DROP TRIGGER tr; DROP EVENT e; DROP FUNCTION f;",
                           target_.database));
  siphon::testing::EventLog log;
  TryRestore(server_, limited, body, options, base::Context(std::stop_token(), &log)).IgnoreError();
  EXPECT_THAT(log.Warnings(), Contains(AllOf(HasSubstr("rights on single routines"),
                                             HasSubstr("mysql.procs_priv"))));
}

TEST_P(RestoreOptionsTest, ADefinerNeedsRightsOnTheTargetAlone) {
  constexpr std::string_view kDefiner = "narrow@localhost";
  ASSERT_OK(server_.RunSql(absl::StrCat("CREATE USER IF NOT EXISTS ", kDefiner, "; GRANT ALL ON ",
                                        MysqlName(source_.database), ".* TO ", kDefiner,
                                        "; GRANT ALL ON ", MysqlName(target_.database), ".* TO ",
                                        kDefiner, ";")));
  ASSERT_OK(server_.RunSql(absl::StrCat("CREATE DEFINER=", kDefiner,
                                        " FUNCTION g(x INT) RETURNS INT DETERMINISTIC"
                                        " RETURN x + 1; CREATE DEFINER=",
                                        kDefiner,
                                        " VIEW one AS SELECT g(a) AS b FROM t;"
                                        " CREATE DEFINER=",
                                        kDefiner, " VIEW two AS SELECT b FROM one;"),
                           source_.database));
  const std::string body = BackUp(server_, source_);
  ASSERT_OK(TryRestore(server_, target_, body));
  EXPECT_EQ(Content(target_), Content(source_));
  driver::RestoreOptions options;
  options.clean = true;
  EXPECT_OK(TryRestore(server_, target_, body, options));
  EXPECT_EQ(Content(target_), Content(source_));
}

TEST_P(RestoreOptionsTest, WhoMayNotNameTheDefinersIsToldSoAndTheTargetStaysAsItIs) {
  ASSERT_OK(TryRestore(server_, target_, body_));
  PlainConnection(target_).Run("DELETE FROM u");
  ASSERT_OK(server_.RunSql(
      absl::StrCat("CREATE USER IF NOT EXISTS app IDENTIFIED BY 'secret'; GRANT ALL ON ",
                   MysqlName(target_.database), ".* TO app; GRANT ALL ON `siphon\\_%`.* TO app;",
                   server_.is_mariadb() ? "GRANT SELECT ON mysql.* TO app; SET GLOBAL "
                                          "log_bin_trust_function_creators=1;"
                                        : "GRANT SHOW_ROUTINE, PROCESS ON *.* TO app; SET GLOBAL "
                                          "log_bin_trust_function_creators=1;")));
  profile::ConnectionProfile app = target_;
  app.user = "app";
  app.password = "secret";
  const std::string before = Content(target_);
  driver::RestoreOptions options;
  options.clean = true;
  const absl::Status status = TryRestore(server_, app, body_, options);
  EXPECT_EQ(errs::ExitCode(status), static_cast<int>(errs::Code::kSystem)) << status;
  EXPECT_THAT(errs::GetError(status)->hint, HasSubstr("--definer strip"));
  EXPECT_EQ(Content(target_), before);
  // The user could not create the present objects of the target again.
  options.definer = verbs::Definer::kStrip;
  const absl::Status owned = TryRestore(server_, app, body_, options);
  EXPECT_THAT(errs::GetError(owned)->hint, HasSubstr("drop these first"));
  driver::RestoreOptions rows;
  rows.clean = rows.data_only = true;
  EXPECT_THAT(errs::GetError(TryRestore(server_, app, body_, rows))->hint,
              HasSubstr("drop these first"));
  EXPECT_EQ(Content(target_), before);
  ASSERT_OK(server_.RunSql("DROP VIEW v; DROP FUNCTION f; DROP TRIGGER tr; DROP EVENT e;",
                           target_.database));
  ASSERT_OK(TryRestore(server_, app, body_, options));
  EXPECT_THAT(Definers(target_), AllOf(::testing::SizeIs(4), Each(HasSubstr("app@"))));
  ASSERT_OK(TryRestore(server_, app, body_, options));
}

TEST_P(RestoreOptionsTest, ADumpCanLeaveDefinersOut) {
  driver::BackupOptions options;
  options.definer = verbs::Definer::kStrip;
  const std::string stripped = BackUp(server_, source_, options);
  EXPECT_THAT(stripped, Not(HasSubstr("DEFINER=")));
  options.definer = verbs::Definer::kCurrent;
  const std::string current = BackUp(server_, source_, options);
  EXPECT_THAT(current, AllOf(HasSubstr("DEFINER=CURRENT_USER"), Not(HasSubstr("owner"))));
  for (const std::string& body : {stripped, current}) {
    driver::RestoreOptions restore;
    restore.clean = true;
    ASSERT_OK(TryRestore(server_, target_, body, restore));
    EXPECT_THAT(Definers(target_), AllOf(::testing::SizeIs(4), Each(HasSubstr("root@"))));
  }
}

TEST_P(RestoreOptionsTest, ATargetOfAnotherCharacterSetChangesRoutinesAndIsNamed) {
  const auto alter = [](const profile::ConnectionProfile& profile) {
    return absl::StrCat("ALTER DATABASE ", MysqlName(profile.database), " COLLATE ");
  };
  PlainConnection(source_).Run(alter(source_) + "utf8mb4_bin");
  const std::string body = BackUp(server_, source_);
  driver::RestoreOptions options;
  for (const bool in_place : {false, true}) {
    options.in_place = in_place;
    options.clean = true;
    PlainConnection(source_).Run(alter(target_) + "latin1_bin");
    siphon::testing::EventLog log;
    ASSERT_OK(TryRestore(server_, target_, body, options, base::Context(std::stop_token(), &log)));
    EXPECT_THAT(log.Warnings(), Contains(AllOf(HasSubstr("get the character set latin1"),
                                               HasSubstr("COLLATE utf8mb4_bin"))));
    PlainConnection(source_).Run(alter(target_) + "utf8mb4_bin");
    siphon::testing::EventLog same;
    ASSERT_OK(TryRestore(server_, target_, body, options, base::Context(std::stop_token(), &same)));
    EXPECT_THAT(same.Warnings(), Not(Contains(HasSubstr("character set"))));
  }
}

TEST_P(RestoreOptionsTest, ANewDatabaseIsMadeForTheDumpAndOnlyForAWholeOne) {
  source_ = NewDatabase(server_);
  PlainConnection(source_).Run(
      absl::StrCat("ALTER DATABASE ", MysqlName(source_.database), " COLLATE latin1_german2_ci"));
  ASSERT_OK(server_.RunSql(kSetup, source_.database));
  const std::string body = BackUp(server_, source_);
  for (const bool in_place : {false, true}) {
    // The profile's own database need not be there either.
    for (const std::string& base : {target_.database, std::string("not there")}) {
      profile::ConnectionProfile profile = target_;
      profile.database = base;
      driver::RestoreOptions options;
      options.in_place = in_place;
      options.create = "a new `one";
      const auto connection =
          ForkDriver(ForkOf(server_)).Connect(context_, profile, driver::Driver::Access::kCreate);
      ASSERT_OK(connection);
      EXPECT_OK((*connection)->CheckTarget(context_, options));
      siphon::testing::PieceReader cut(std::string_view(body).substr(0, body.size() - 10));
      EXPECT_FALSE((*connection)->Restore(context_, options, cut).ok());
      profile::ConnectionProfile made = target_;
      made.database = options.create;
      const std::string there = absl::StrCat(
          "SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = ",
          MysqlText(made.database));
      EXPECT_EQ(PlainConnection(source_).Value(there), "");
      siphon::testing::PieceReader reader(body);
      ASSERT_OK((*connection)->Restore(context_, options, reader));
      // MySQL says a column's character set again where its definition did.
      const auto plain = [](const std::string& text) {
        return absl::StrReplaceAll(text, {{" CHARACTER SET latin1", ""}});
      };
      EXPECT_EQ(plain(Content(made)), plain(Content(source_)));
      EXPECT_EQ(PlainConnection(source_).Value(there), "latin1_german2_ci");
      EXPECT_THAT((*connection)->CheckTarget(context_, options), StatusIs(errs::kAlreadyExists));
      EXPECT_OK(server_.DropDatabase(made.database));
    }
  }
  driver::RestoreOptions rows;
  rows.create = "another";
  rows.data_only = true;
  EXPECT_THAT(Check(target_, rows), StatusIs(errs::kInvalidArgument, HasSubstr("--data-only")));
}

TEST_P(RestoreOptionsTest, ADatabaseThatIsNotThereIsToldOfWhereNoneIsMade) {
  profile::ConnectionProfile profile = target_;
  profile.database = "not there";
  EXPECT_THAT(Check(profile, {}), StatusIs(errs::kConnectionFailed, HasSubstr("does not exist")));
}

TEST_P(RestoreOptionsTest, AReferenceToATableThatIsNowhereIsToOneOfTheTarget) {
  ASSERT_OK(server_.RunSql(
      "SET foreign_key_checks=0;"
      "CREATE TABLE `ch ild`(a INT, b INT, c INT, CONSTRAINT `k 1` FOREIGN KEY (a, b) REFERENCES"
      " gone(a, b) ON DELETE CASCADE ON UPDATE SET NULL, FOREIGN KEY (c) REFERENCES t(a));",
      source_.database));
  const std::string body = BackUp(server_, source_);
  driver::RestoreOptions options;
  options.clean = true;
  ASSERT_OK(TryRestore(server_, target_, body));
  EXPECT_EQ(Content(target_), Content(source_));
  // And to one that was there, and is no more.
  PlainConnection(target_).Run("CREATE TABLE gone(a INT, b INT, PRIMARY KEY (a, b))");
  ASSERT_OK(TryRestore(server_, target_, body, options));
  EXPECT_EQ(Content(target_), Content(source_));
  PlainConnection(target_).Run("CREATE TABLE gone(a INT, b INT, PRIMARY KEY (a, b))");
  PlainConnection(target_).Run("INSERT INTO gone VALUES (1, 2)");
  PlainConnection(target_).Run("INSERT INTO `ch ild` VALUES (1, 2, 1)");
  PlainConnection(target_).Run("DELETE FROM gone");
  EXPECT_EQ(PlainConnection(target_).Value("SELECT COUNT(*) FROM `ch ild`"), "0");
}

TEST_P(RestoreOptionsTest, RowsWithoutTheirTableSayWhichOptionTheyNeed) {
  driver::BackupOptions rows;
  rows.data_only = true;
  const std::string rows_alone = BackUp(server_, source_, rows);
  for (const bool in_place : {false, true}) {
    driver::RestoreOptions options;
    options.in_place = in_place;
    const absl::Status whole = TryRestore(server_, target_, rows_alone, options);
    EXPECT_THAT(whole, HasHint(AllOf(HasSubstr("only the rows"), HasSubstr("--data-only"))));
    options.data_only = true;
    for (const std::string& body : {rows_alone, body_}) {
      const absl::Status alone = TryRestore(server_, target_, body, options);
      EXPECT_THAT(alone, HasHint(HasSubstr("rows alone need existing tables")));
    }
  }
}

// Rows alone go into tables that may have other columns. The server would cut the values.
TEST_P(RestoreOptionsTest, AValueThatAColumnDoesNotTakeAsItIsStopsTheRestore) {
  ASSERT_OK(server_.RunSql(
      "DROP VIEW v; DROP TRIGGER tr; DROP TABLE u, t; SET sql_mode='ALLOW_INVALID_DATES';"
      "CREATE TABLE t(a INT PRIMARY KEY, b VARCHAR(20), c INT, d ENUM('x', 'y'), e DATE,"
      " g INT AS (b) STORED, h VARCHAR(9) CHARACTER SET utf8mb4);"
      "INSERT INTO t(a, b, c, d, e, h) VALUES (1, '5', 1, 'x', '2020-01-01', 'a'),"
      " (2, 'long', 300, '', '2020-02-31', '\xc3\xa9'), (3, NULL, NULL, 'y', '0000-00-00', NULL);",
      source_.database));
  const std::string body = BackUp(server_, source_);
  driver::RestoreOptions options;
  ASSERT_OK(TryRestore(server_, target_, body, options));
  EXPECT_EQ(Content(target_), Content(source_));
  options.data_only = options.clean = true;
  struct Case {
    std::string change, back, column, row;
  };
  for (const bool in_place : {false, true}) {
    options.in_place = in_place;
    for (const Case& c :
         {Case{"b VARCHAR(3)", "b VARCHAR(20)", "'b'", "row 2"},
          Case{"b VARCHAR(20) NOT NULL", "b VARCHAR(20)", "'b'", ""},
          Case{"c TINYINT", "c INT", "'c'", "row 2"}, Case{"c YEAR", "c INT", "'c'", ""},
          Case{"d ENUM('x')", "d ENUM('x', 'y')", "'d'", "row 3"},
          Case{"b INT", "b VARCHAR(20)", "b", "row 2"},
          Case{"h VARCHAR(9) CHARACTER SET latin2", "h VARCHAR(9) CHARACTER SET utf8mb4", "", ""},
          Case{"h VARCHAR(9) CHARACTER SET ascii", "h VARCHAR(9) CHARACTER SET utf8mb4", "h",
               "row 2"}}) {
      ASSERT_OK(server_.RunSql(
          absl::StrCat("SET sql_mode=''; DELETE FROM t; ALTER TABLE t MODIFY ", c.change,
                       in_place ? ""
                                : "; INSERT INTO t(a, b) VALUES"
                                  " (9, '9')"),
          target_.database));
      const absl::Status status = TryRestore(server_, target_, body, options);
      if (c.column.empty()) {
        EXPECT_OK(status);
      } else {
        EXPECT_THAT(status,
                    StatusIs(errs::kDatabase, AllOf(HasSubstr("table t does not take a value"),
                                                    HasSubstr(c.column), HasSubstr(c.row))))
            << c.change;
        if (!in_place) {
          EXPECT_EQ(PlainConnection(target_).Value("SELECT GROUP_CONCAT(a) FROM t"), "9");
        }
      }
      ASSERT_OK(server_.RunSql(absl::StrCat("DELETE FROM t; ALTER TABLE t MODIFY ", c.back),
                               target_.database));
    }
    EXPECT_OK(TryRestore(server_, target_, body, options));
    EXPECT_EQ(PlainConnection(target_).Value("SELECT CONCAT(d + 0, e) FROM t WHERE a = 2"),
              "02020-02-31");
  }
}

TEST_P(RestoreOptionsTest, ValuesAreCalledUncheckedIfTheServerHidesItsWarnings) {
  const std::string rows = "CREATE TABLE w(a CHAR(1));\nINSERT INTO w VALUES ('xy');\n";
  EXPECT_THAT(TryRestore(server_, target_, rows),
              StatusIs(errs::kDatabase, HasSubstr("table w does not take a value")));
  const std::string hidden = absl::StrCat("SET max_error_count=0;\n", rows);
  ASSERT_OK(TryRestore(server_, target_, hidden, {}, context_));
  EXPECT_THAT(log_.Warnings(), Contains(AllOf(HasSubstr("table w"), HasSubstr("warned of 1"),
                                              HasSubstr("showed 0"))));
}

TEST_P(RestoreOptionsTest, RowsAloneBringTheHistoryOfVersionedTablesAlong) {
  if (!server_.is_mariadb()) return;  // MySQL has no such tables.
  const std::string tables =
      "CREATE TABLE h(id INT PRIMARY KEY, a INT) WITH SYSTEM VERSIONING;"
      "CREATE TABLE i(id INT, a INT, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START,"
      " e TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME(s, e))"
      " WITH SYSTEM VERSIONING;";
  ASSERT_OK(server_.RunSql(tables + "SET timestamp=1700000000; INSERT INTO h VALUES (1, 1), (2, 2);"
                                    "INSERT INTO i(id, a) VALUES (1, 1); SET timestamp=1700000100;"
                                    "UPDATE h SET a = 10 WHERE id = 1; UPDATE i SET a = 5;"
                                    "SET timestamp=1700000200; DELETE FROM h WHERE id = 2;",
                           source_.database));
  ASSERT_OK(TryRestore(server_, target_, BackUp(server_, source_)));
  // The present rows must not become a history of the restored ones.
  PlainConnection(target_).Run("UPDATE h SET a = 99");
  PlainConnection(target_).Run("DELETE FROM i");
  driver::BackupOptions rows;
  rows.data_only = true;
  driver::RestoreOptions options;
  options.data_only = options.clean = true;
  ASSERT_OK(TryRestore(server_, target_, BackUp(server_, source_, rows), options));
  for (const char* const question :
       {"SELECT CONCAT_WS('|', id, a, row_start, row_end) FROM h FOR SYSTEM_TIME ALL ORDER BY 1",
        "SELECT CONCAT_WS('|', id, a, s, e) FROM i FOR SYSTEM_TIME ALL ORDER BY 1"}) {
    EXPECT_EQ(PlainConnection(target_).Column(question), PlainConnection(source_).Column(question));
  }
  EXPECT_EQ(PlainConnection(target_).Value("SELECT COUNT(*) FROM h FOR SYSTEM_TIME ALL"), "3");
}

}  // namespace
}  // namespace siphon::mysqlcommon
