// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The contract of migrations, held by MySQL and MariaDB.

#include "drivers/mysqlcommon/migrations.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/migrate/lock_id.h"
#include "testing/contracts/migrate_contract.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MigrateContract;
using siphon::testing::MigrateFactory;
using siphon::testing::MigrateFixture;
using siphon::testing::MysqlServer;
using ::testing::HasSubstr;

using Files = std::map<std::string, std::string>;

const Files kOneStep = {{"1_a.up.sql", "CREATE TABLE a (x int);"}};

void OrDie(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  std::abort();
}

class ServerFixture : public MigrateFixture {
 public:
  explicit ServerFixture(const std::string& server)
      : server_(SharedServer(server)), profile_(NewDatabase(server_)) {}

  absl::StatusOr<std::unique_ptr<migrate::Database>> Open(
      const std::map<std::string, std::string>& parameters) override {
    profile::ConnectionProfile profile = profile_;
    profile.parameters = parameters;
    return ForkMigrations(ForkOf(server_)).Open({}, profile, driver::MigrationAccess::kCreate);
  }
  void Execute(const std::string& sql) override { OrDie(server_.RunSql(sql, profile_.database)); }
  std::string Value(const std::string& sql) override {
    return PlainConnection(profile_).Value(sql);
  }
  std::string GolangTable() const override {
    return "CREATE TABLE `schema_migrations` (version bigint not null primary key, dirty boolean "
           "not null)";
  }
  std::string DescribeTable() override {
    return Value(
        "SELECT CONCAT(ENGINE, ' ', TABLE_COLLATION, (SELECT GROUP_CONCAT(' ', COLUMN_NAME, ' ', "
        "COLUMN_TYPE, ' ', IS_NULLABLE, ' ', COLUMN_KEY, COALESCE(COLUMN_DEFAULT, '-') ORDER BY "
        "ORDINAL_POSITION) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND "
        "TABLE_NAME = 'schema_migrations')) FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
        "DATABASE() AND TABLE_NAME = 'schema_migrations'");
  }
  std::vector<std::string> Objects() override {
    return PlainConnection(profile_).Column(
        "SELECT CONCAT('t ', TABLE_NAME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
        "DATABASE() UNION ALL SELECT CONCAT('r ', ROUTINE_NAME) FROM information_schema.ROUTINES "
        "WHERE ROUTINE_SCHEMA = DATABASE() UNION ALL SELECT CONCAT('g ', TRIGGER_NAME) FROM "
        "information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() UNION ALL SELECT "
        "CONCAT('e ', EVENT_NAME) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() "
        "ORDER BY 1");
  }
  std::string ManyObjects() const override {
    return absl::StrCat(
        "CREATE TABLE `Order` (id int AUTO_INCREMENT PRIMARY KEY, p int, FOREIGN KEY (p) "
        "REFERENCES `Order` (id)); INSERT INTO `Order` VALUES (1, 1);"
        "CREATE TABLE `a``b` (o int, FOREIGN KEY (o) REFERENCES `Order` (id));"
        "CREATE VIEW v AS SELECT * FROM `Order`; CREATE VIEW broken AS SELECT * FROM a;"
        "CREATE PROCEDURE p() DO 1; CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1;"
        "CREATE TRIGGER g BEFORE INSERT ON `Order` FOR EACH ROW SET @x = 1;"
        "CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DISABLE DO DO 1; DROP TABLE a;",
        server_.is_mariadb() ? "CREATE SEQUENCE s; CREATE TABLE w (x int) WITH SYSTEM VERSIONING;"
                               "SET sql_mode = ORACLE;\nDELIMITER //\n"
                               "CREATE PACKAGE k AS PROCEDURE q; END//\n"
                               "CREATE PACKAGE BODY k AS PROCEDURE q AS BEGIN NULL; END; END//\n"
                             : "");
  }
  std::string Alone() const override { return "ANALYZE TABLE a"; }
  std::string Holder() override { return "of root (from "; }
  bool UndoesDefinitions() const override { return false; }
  std::string Endless() const override { return "SELECT SLEEP(60)"; }

  MysqlServer& server() { return server_; }
  const profile::ConnectionProfile& profile() const { return profile_; }

 private:
  MysqlServer& server_;
  profile::ConnectionProfile profile_;
};

std::string ShortName(const std::string& server) {
  return absl::StrReplaceAll(server, {{"-", ""}, {".", ""}});
}

std::vector<MigrateFactory> Factories() {
  std::vector<MigrateFactory> factories;
  for (const std::string& server : siphon::testing::AllMysqlServers()) {
    factories.push_back(
        {ShortName(server), [server] { return std::make_unique<ServerFixture>(server); }});
  }
  return factories;
}

INSTANTIATE_TEST_SUITE_P(Server, MigrateContract, ::testing::ValuesIn(Factories()),
                         siphon::testing::MigrateName);

class Migrations : public ::testing::TestWithParam<std::string> {
 protected:
  Migrations() : fixture_(GetParam()) {}

  std::unique_ptr<migrate::Database> Open(
      const std::map<std::string, std::string>& parameters = {}) {
    auto database = fixture_.Open(parameters);
    OrDie(database.status());
    return *std::move(database);
  }
  absl::Status Up(const Files& files, const std::map<std::string, std::string>& parameters = {},
                  migrate::MigratorOptions options = {}) {
    const auto database = Open(parameters);
    return UpOn(*database, files, std::move(options));
  }
  static absl::Status UpOn(migrate::Database& database, const Files& files,
                           migrate::MigratorOptions options = {}) {
    const auto source = siphon::testing::SourceOf(files);
    options.lock_timeout = std::chrono::milliseconds(300);
    migrate::Migrator migrator(source.get(), &database, std::move(options));
    std::vector<migrate::Step> applied;
    return migrator.Run({}, {}, applied);
  }
  absl::Status Resume(const Files& files,
                      migrate::UnknownOutcome unknown_outcome = migrate::UnknownOutcome::kDetect) {
    const auto source = siphon::testing::SourceOf(files);
    const auto database = Open();
    migrate::MigratorOptions options;
    options.unknown_outcome = unknown_outcome;
    migrate::Migrator migrator(source.get(), database.get(), options);
    std::vector<migrate::Step> applied;
    return migrator.Resume({}, applied);
  }
  std::string Version() {
    const auto state = Open()->Version({});
    return state.ok() ? migrate::StateText(*state) : std::string(state.status().message());
  }
  std::string Value(const std::string& sql) { return fixture_.Value(sql); }
  bool Exists(const std::string& table) {
    return Value(absl::StrCat("SELECT count(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
                              "DATABASE() AND TABLE_NAME = '",
                              table, "'")) == "1";
  }
  // Ends siphon's connection as soon as it runs a statement that holds `part`.
  std::jthread KillerOf(const std::string& part) {
    return std::jthread([this, part](const std::stop_token& stop) {
      PlainConnection plain(fixture_.profile());
      while (!stop.stop_requested()) {
        const std::string id = plain.Value(absl::StrCat(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() "
            "AND INFO LIKE '%",
            part, "%'"));
        if (!id.empty()) {
          std::this_thread::sleep_for(std::chrono::milliseconds(200));
          plain.Run(absl::StrCat("KILL ", id));
          return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    });
  }

  ServerFixture fixture_;
};

INSTANTIATE_TEST_SUITE_P(Server, Migrations,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return ShortName(info.param);
                         });

TEST_P(Migrations, WaitForGolangMigratesLockAndHoldIt) {
  PlainConnection golang(fixture_.profile());
  const std::string id = absl::StrCat(
      migrate::LockId(absl::StrCat(fixture_.profile().database, ":schema_migrations")));
  ASSERT_EQ(golang.Value(absl::StrCat("SELECT GET_LOCK('", id, "', 0)")), "1");
  EXPECT_THAT(Up(kOneStep), StatusIs(errs::kLocked, HasSubstr("of root (from ")));
  // Who wants no lock needs none.
  EXPECT_THAT(Up(kOneStep, {{"x-no-lock", "true"}}), IsOk());
  golang.Run(absl::StrCat("SELECT RELEASE_LOCK('", id, "')"));
  const auto database = Open();
  ASSERT_THAT(database->Lock({}, std::chrono::seconds(1)), IsOk());
  EXPECT_EQ(golang.Value(absl::StrCat("SELECT GET_LOCK('", id, "', 0)")), "0");
}

TEST_P(Migrations, GoOnInATableThatGolangMigrateMade) {
  fixture_.Execute(
      "CREATE TABLE `my own` (version bigint not null primary key, dirty boolean not null); INSERT "
      "INTO `my own` VALUES (1, 0)");
  Files files = kOneStep;
  files["2_b.up.sql"] = "CREATE TABLE b (x int)";
  EXPECT_THAT(Up(files, {{"x-migrations-table", "my own"}}), IsOk());
  EXPECT_EQ(Value("SELECT version FROM `my own`"), "2");
  EXPECT_FALSE(Exists("a"));
  EXPECT_TRUE(Exists("b"));
}

TEST_P(Migrations, TheSchemeMysqlIsForBothForks) {
  for (const Fork* const fork : {&kMysql, &kMariadb}) {
    const auto database =
        ForkMigrations(*fork).Open({}, fixture_.profile(), driver::MigrationAccess::kRead);
    ASSERT_THAT(database, IsOk());
    EXPECT_THAT((*database)->Version({}), IsOkAndHolds(migrate::State{}));
  }
}

// The connection is lost while a definition waits for somebody else's transaction.
class LostConnection : public Migrations {
 protected:
  void Lose() {
    fixture_.Execute("CREATE TABLE x (i int)");
    PlainConnection other(fixture_.profile());
    other.Run("BEGIN");
    other.Run("SELECT * FROM x");
    const std::jthread killer = KillerOf("ALTER TABLE x");
    const absl::Status status = Up(files_);
    EXPECT_TRUE(errs::Is(status, errs::kConnectionFailed)) << status;
    EXPECT_THAT(errs::GetError(status)->hint,
                HasSubstr("the outcome of statement 2 of 3 (1_a.up.sql, line 2) is not known"));
    EXPECT_EQ(Version(), "1 (dirty)");
    EXPECT_TRUE(errs::Is(Up(files_), errs::kDirty));
  }
  void ExpectWhole() {
    EXPECT_EQ(Version(), "1");
    EXPECT_EQ(Value("SELECT count(y) FROM x"), "0");
    EXPECT_EQ(Value("SELECT count(*) FROM a"), "1");
  }

  const Files files_ = {
      {"1_a.up.sql",
       "CREATE TABLE a (x int);\nALTER TABLE x ADD y int;\nINSERT INTO a VALUES (1);"}};
};

INSTANTIATE_TEST_SUITE_P(Server, LostConnection,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return ShortName(info.param);
                         });

TEST_P(LostConnection, IsMendedWhereTheStatementWasNotDone) {
  Lose();
  EXPECT_THAT(Resume(files_), IsOk());
  ExpectWhole();
}

TEST_P(LostConnection, IsMendedWhereTheStatementWasDoneAndItsRecordIsMissing) {
  Lose();
  // As if the server had completed the statement.
  fixture_.Execute("ALTER TABLE x ADD y int");
  EXPECT_THAT(Resume(files_), IsOk());
  ExpectWhole();
}

TEST_P(LostConnection, LooksWhereTheStatementWas) {
  ServerFixture away(GetParam());
  away.Execute("CREATE TABLE x (i int)");
  PlainConnection other(away.profile());
  other.Run("BEGIN");
  other.Run("SELECT * FROM x");
  const Files files = {{"1_a.up.sql", absl::StrCat("USE `", away.profile().database,
                                                   "`;\nALTER TABLE x ADD y int;\nDO 1;")}};
  {
    const std::jthread killer = KillerOf("ALTER TABLE x");
    EXPECT_TRUE(errs::Is(Up(files), errs::kConnectionFailed));
  }
  other.Run("COMMIT");
  EXPECT_THAT(Resume(files), IsOk());
  EXPECT_EQ(Version(), "1");
  EXPECT_EQ(away.Value("SELECT count(y) FROM x"), "0");
}

TEST_P(LostConnection, IsMendedByTheUsersWordToo) {
  Lose();
  Files changed = files_;
  changed["1_a.up.sql"] =
      "CREATE TABLE a (x int);\nALTER TABLE x ADD (y int, z int);\nINSERT INTO a VALUES (1);";
  // The effect of the original statement cannot be detected from the changed one.
  EXPECT_TRUE(errs::Is(Resume(changed), errs::kDirty));
  EXPECT_THAT(Resume(changed, migrate::UnknownOutcome::kRunAgain), IsOk());
  EXPECT_EQ(Value("SELECT count(z) FROM x"), "0");
  ExpectWhole();
}

TEST_P(Migrations, AskWhereNothingShowsWhetherAStatementWasDone) {
  fixture_.Execute(
      "CREATE TABLE a (x int);\nDELIMITER //\nCREATE PROCEDURE p() BEGIN INSERT INTO a VALUES (1); "
      "DO SLEEP(2); INSERT INTO a VALUES (2); END//\n");
  for (const auto& [unknown_outcome, rows] : {std::pair(migrate::UnknownOutcome::kTreatAsDone, "1"),
                                              std::pair(migrate::UnknownOutcome::kRunAgain, "3")}) {
    fixture_.Execute("DELETE FROM a; DROP TABLE IF EXISTS b, schema_migrations");
    const Files files = {{"1_a.up.sql", "CALL p();\nCREATE TABLE b (x int);"}};
    {
      const std::jthread killer = KillerOf("SLEEP(2)");
      EXPECT_TRUE(errs::Is(Up(files), errs::kConnectionFailed));
    }
    EXPECT_EQ(Version(), "1 (dirty)");
    const absl::Status asked = Resume(files);
    EXPECT_THAT(asked, StatusIs(errs::kDirty, HasSubstr("statement 1 of 2 (1_a.up.sql, line 1) "
                                                        "began")));
    EXPECT_THAT(errs::GetError(asked)->hint, HasSubstr("--done"));
    EXPECT_EQ(Version(), "1 (dirty)");
    EXPECT_THAT(Resume(files, unknown_outcome), IsOk());
    EXPECT_EQ(Version(), "1");
    EXPECT_TRUE(Exists("b"));
    EXPECT_EQ(Value("SELECT count(*) FROM a"), rows);
  }
}

TEST_P(Migrations, GiveAResumedFileItsSettingsAgain) {
  Files files = {{"1_a.up.sql",
                  "SET @n = 5, sql_mode = 'ANSI_QUOTES';\nCREATE TABLE \"c\" (x int);\nINSERT INTO "
                  "\"b\" VALUES (@n);"}};
  EXPECT_TRUE(errs::Is(Up(files), errs::kDatabase));
  EXPECT_EQ(Version(), "1 (dirty)");
  fixture_.Execute("CREATE TABLE b (x int)");
  EXPECT_THAT(Resume(files), IsOk());
  EXPECT_EQ(Value("SELECT x FROM b"), "5");

  files["2_b.up.sql"] =
      "SET @n = LAST_INSERT_ID();\nCREATE TABLE d (x int);\nINSERT INTO e VALUES (@n);";
  EXPECT_TRUE(errs::Is(Up(files), errs::kDatabase));
  EXPECT_THAT(Resume(files),
              StatusIs(errs::kDirty, HasSubstr("@n was made by an earlier statement")));
}

TEST_P(Migrations, KeepWhatTablesWithoutTransactionsDoFromLookingUndone) {
  // Made in the same run, so that nothing was known of it before.
  const Files files = {
      {"1_a.up.sql", "CREATE TABLE m (x int) ENGINE=MyISAM; CREATE TABLE i (x int)"},
      {"2_b.up.sql",
       "INSERT INTO i VALUES (1); INSERT INTO m VALUES (1); INSERT INTO b VALUES (1)"}};
  const absl::Status status = Up(files);
  EXPECT_TRUE(errs::Is(status, errs::kDatabase)) << status;
  if (!fixture_.server().is_mariadb()) {
    // With GTIDs, MySQL does not let such a table into a transaction at all.
    EXPECT_EQ(Version(), "1");
    EXPECT_EQ(Value("SELECT (SELECT count(*) FROM m) + (SELECT count(*) FROM i)"), "0");
    return;
  }
  EXPECT_THAT(errs::GetError(status)->hint, HasSubstr("tables without transactions"));
  EXPECT_EQ(Version(), "2 (dirty)");
  EXPECT_EQ(Value("SELECT count(*) FROM m"), "1");
  EXPECT_EQ(Value("SELECT count(*) FROM i"), "0");
  EXPECT_TRUE(errs::Is(Resume(files), errs::kDirty));
  fixture_.Execute("DELETE FROM m; CREATE TABLE b (x int)");
  EXPECT_THAT(Resume(files, migrate::UnknownOutcome::kRunAgain), IsOk());
  EXPECT_EQ(Version(), "2");
  EXPECT_EQ(Value("SELECT count(*) FROM m"), "1");
  // Now it is known: every statement by itself.
  const auto script = migrate::ParseScript("3_c.up.sql", "DO 1; DO 2", Open()->script_options());
  ASSERT_THAT(script, IsOk());
  EXPECT_FALSE((*script)->atomic());
}

TEST_P(Migrations, WaitForARunningDumpWithoutStandingInTheWay) {
  fixture_.Execute("CREATE TABLE a (x int)");
  PlainConnection dump(fixture_.profile());
  dump.Run("START TRANSACTION WITH CONSISTENT SNAPSHOT");
  dump.Run("SELECT * FROM a");
  std::jthread end([&dump] {
    std::this_thread::sleep_for(std::chrono::seconds(8));
    dump.Run("COMMIT");
  });
  std::chrono::steady_clock::duration longest{0};
  std::jthread reader([this, &longest](const std::stop_token& stop) {
    PlainConnection plain(fixture_.profile());
    while (!stop.stop_requested()) {
      const auto began = std::chrono::steady_clock::now();
      plain.Run("SELECT count(*) FROM a");
      longest = std::max(longest, std::chrono::steady_clock::now() - began);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  EXPECT_THAT(Up({{"1_a.up.sql", "ALTER TABLE a ADD y int"}}), IsOk());
  reader.request_stop();
  reader.join();
  EXPECT_EQ(Value("SELECT count(y) FROM a"), "0");
  EXPECT_LT(longest, std::chrono::milliseconds(6500));
}

TEST_P(Migrations, RunWhatTheServersOwnDumpProgramWrites) {
  fixture_.Execute(
      "CREATE TABLE p (id int PRIMARY KEY, t text); INSERT INTO p VALUES (1, 'a\\\\'';--'), (2, "
      "NULL);"
      "CREATE TABLE c (p int, FOREIGN KEY (p) REFERENCES p (id)); INSERT INTO c VALUES (2);"
      "CREATE VIEW v AS SELECT * FROM p;\nDELIMITER //\nCREATE TRIGGER g BEFORE INSERT ON c FOR "
      "EACH "
      "ROW BEGIN SET @x = 1; SET @y = 2; END//\nCREATE PROCEDURE q() BEGIN SELECT 1; END//\n");
  const std::string dump = Describe(fixture_.server(), fixture_.profile().database);
  ASSERT_THAT(dump, AllOf(HasSubstr("/*!"), HasSubstr("DELIMITER ;;")));
  ServerFixture other(GetParam());
  const auto database = other.Open({});
  ASSERT_THAT(database, IsOk());
  EXPECT_THAT(UpOn(**database, {{"1_a.up.sql", dump}, {"2_b.up.sql", "INSERT INTO c VALUES (1)"}}),
              IsOk());
  other.Execute(
      "DELETE FROM c WHERE p = 1; DROP TABLE schema_migrations, schema_migrations_history");
  EXPECT_EQ(Describe(other.server(), other.profile().database), dump);
}

TEST_P(Migrations, RecordWhatIsDoneUnderALockOfTables) {
  Files files = {
      {"1_a.up.sql",
       "CREATE TABLE a (x int);\nLOCK TABLES a WRITE;\nINSERT INTO a VALUES (1);\nINSERT "
       "INTO a VALUES (2, 3);\nINSERT INTO a VALUES (4);\nUNLOCK TABLES;"}};
  EXPECT_THAT(Up(files), StatusIs(errs::kDatabase, HasSubstr("1_a.up.sql, line 4")));
  EXPECT_EQ(Version(), "1 (dirty)");
  files["1_a.up.sql"] =
      "CREATE TABLE a (x int);\nLOCK TABLES a WRITE;\nINSERT INTO a VALUES (1);\nINSERT INTO a "
      "VALUES (2), (3);\nINSERT INTO a VALUES (4);\nUNLOCK TABLES;";
  EXPECT_THAT(Resume(files), IsOk());
  EXPECT_EQ(Value("SELECT group_concat(x ORDER BY x) FROM a"), "1,2,3,4");
}

TEST_P(Migrations, FindTheSessionAsItWas) {
  ServerFixture other(GetParam());
  const std::string before = Value("SELECT CONCAT(@@sql_mode, @@time_zone)");
  fixture_.Execute("CREATE TABLE b (s text)");
  EXPECT_THAT(
      Up({{"1_a.up.sql", absl::StrCat("SET sql_mode = '', foreign_key_checks = 0, time_zone = "
                                      "'+05:00', autocommit = 0, timestamp = 1000; USE `",
                                      other.profile().database, "`; CREATE TABLE a (x int)")},
          {"2_b.up.sql",
           "INSERT INTO b SELECT CONCAT(@@sql_mode, @@time_zone, @@foreign_key_checks + 0, "
           "@@autocommit + 0, now() > '2020-01-01')"}}),
      IsOk());
  EXPECT_FALSE(Exists("a"));
  EXPECT_EQ(other.Value("SELECT count(*) FROM a"), "0");
  EXPECT_EQ(Value("SELECT s FROM b"), before + "111");
}

TEST_P(Migrations, NoticeThatTheLockIsNotTheirOwnAnyMore) {
  EXPECT_THAT(Up({{"1_a.up.sql", "SELECT RELEASE_ALL_LOCKS()"}, {"2_b.up.sql", "DO 1"}}),
              StatusIs(errs::kLocked, HasSubstr("no longer holds the lock")));
  EXPECT_EQ(Version(), "1");
}

TEST_P(Migrations, GiveUpAStatementThatTakesTooLong) {
  fixture_.Execute("CREATE TABLE a (x int)");
  PlainConnection other(fixture_.profile());
  const auto database = Open({{"x-statement-timeout", "300"}});
  Files files = {{"1_a.up.sql", "INSERT INTO a VALUES (1);\nINSERT INTO a SELECT SLEEP(30);"}};
  EXPECT_THAT(UpOn(*database, files),
              StatusIs(errs::kDatabase, HasSubstr("1_a.up.sql, line 2: it took longer than")));
  // The same connection goes on.
  EXPECT_THAT(database->Version({}), IsOkAndHolds(migrate::State{}));
  EXPECT_EQ(Value("SELECT count(*) FROM a"), "0");
  files["1_a.up.sql"] = "ALTER TABLE a ADD y int";
  other.Run("BEGIN");
  other.Run("SELECT * FROM a");
  EXPECT_THAT(UpOn(*database, files), StatusIs(errs::kDatabase, HasSubstr("took longer")));
  EXPECT_THAT(database->Version({}), IsOkAndHolds(migrate::State{1, true}));
  other.Run("COMMIT");
  EXPECT_THAT(Resume(files), IsOk());
  EXPECT_EQ(Value("SELECT count(y) FROM a"), "0");
}

TEST_P(Migrations, AReaderNeedsNoPrivilegeToCreate) {
  EXPECT_THAT(Up(kOneStep), IsOk());
  profile::ConnectionProfile profile = fixture_.profile();
  fixture_.Execute(
      "CREATE USER IF NOT EXISTS reader IDENTIFIED BY 'r'; GRANT SELECT ON "
      "schema_migrations TO reader");
  profile.user = "reader";
  profile.password = "r";
  const auto database =
      ForkMigrations(ForkOf(fixture_.server())).Open({}, profile, driver::MigrationAccess::kRead);
  ASSERT_THAT(database, IsOk());
  EXPECT_THAT((*database)->Version({}), IsOkAndHolds(migrate::State{1, false}));
  // A server shows no table to a user without any right on it.
  for (const char* const rights :
       {"REVOKE SELECT ON schema_migrations FROM reader; GRANT SELECT ON a TO reader",
        "GRANT INSERT ON schema_migrations TO reader"}) {
    fixture_.Execute(rights);
    const auto again =
        ForkMigrations(ForkOf(fixture_.server())).Open({}, profile, driver::MigrationAccess::kRead);
    ASSERT_THAT(again, IsOk());
    const absl::Status refused = (*again)->Version({}).status();
    EXPECT_THAT(refused, StatusIs(errs::kDatabase, HasSubstr("denied")));
    EXPECT_THAT(errs::GetError(refused)->hint, HasSubstr("grant the "));
  }
}

TEST_P(Migrations, AHistoryThatTheUserMayNotReadIsNamed) {
  EXPECT_THAT(Up(kOneStep), IsOk());
  fixture_.Execute(
      "CREATE USER IF NOT EXISTS reader IDENTIFIED BY 'r'; GRANT SELECT ON "
      "schema_migrations TO reader");
  profile::ConnectionProfile profile = fixture_.profile();
  profile.user = "reader";
  profile.password = "r";
  // The server shows the table to a user who has some right on it, and not to others.
  for (const char* const right : {"", "GRANT INSERT ON schema_migrations_history TO reader"}) {
    if (*right != '\0') fixture_.Execute(right);
    const auto database =
        ForkMigrations(ForkOf(fixture_.server())).Open({}, profile, driver::MigrationAccess::kRead);
    ASSERT_THAT(database, IsOk());
    EXPECT_THAT((*database)->Version({}), IsOkAndHolds(migrate::State{1, false}));
    const absl::Status refused = (*database)->History({}).status();
    EXPECT_THAT(refused, StatusIs(errs::kDatabase, HasSubstr("denied")));
    EXPECT_THAT(errs::GetError(refused).value_or(errs::Error()).hint,
                AllOf(HasSubstr("grant the user SELECT on"), HasSubstr("_history`")));
  }
}

TEST_P(Migrations, TakeVariablesOfTheSessionFromTheUrl) {
  const std::string ansi = "CREATE TABLE \"a\" (\"x y\" int); INSERT INTO \"a\" VALUES (1)";
  EXPECT_TRUE(errs::Is(Up({{"1_a.up.sql", ansi}}), errs::kDatabase));
  fixture_.Execute("DROP TABLE schema_migrations, schema_migrations_history");
  EXPECT_THAT(Up({{"1_a.up.sql", ansi}, {"2_b.up.sql", "INSERT INTO \"a\" VALUES (2)"}},
                 {{"sql_mode", "'ANSI_QUOTES'"},
                  {"parseTime", "true"},
                  {"collation", "utf8mb4_general_ci"}}),
              IsOk());
  EXPECT_EQ(Value("SELECT sum(`x y`) FROM a"), "3");
  EXPECT_THAT(fixture_.Open({{"no_such_thing", "1"}}).status(),
              StatusIs(errs::kInvalidArgument, HasSubstr("no_such_thing=1")));
}

// golang-migrate's TestMigrateAnsiQuotes.
TEST_P(Migrations, RunOnAServerWithAnsiQuotes) {
  auto server = MysqlServer::Start(
      {.server = GetParam(), .settings = {{"sql_mode", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"}}});
  ASSERT_THAT(server, IsOk());
  ASSERT_THAT((*server)->CreateDatabase("public"), IsOk());
  const auto database =
      ForkMigrations(ForkOf(**server))
          .Open({}, ProfileFor(**server, "public"), driver::MigrationAccess::kCreate);
  ASSERT_THAT(database, IsOk());
  EXPECT_THAT(UpOn(**database,
                   {{"1_a.up.sql",
                     "CREATE TABLE \"a;\" (x text);\nINSERT INTO \"a;\" VALUES ('\\'); INSERT INTO "
                     "\"a;\" VALUES (';');"},
                    {"2_b.up.sql", "ALTER TABLE \"a;\" RENAME TO b"}}),
              IsOk());
  EXPECT_THAT((*database)->Version({}), IsOkAndHolds(migrate::State{2, false}));
  EXPECT_EQ((*server)->Value("SELECT group_concat(hex(x)) FROM b", "public").value(), "5C,3B");
}

TEST_P(Migrations, DropNamesTheForeignKeysOfOtherDatabases) {
  ASSERT_OK(Up(kOneStep));
  fixture_.Execute("CREATE TABLE parent (id int PRIMARY KEY);");
  const profile::ConnectionProfile other = NewDatabase(fixture_.server());
  ASSERT_OK(fixture_.server().RunSql(
      absl::StrCat("CREATE TABLE child (p int, CONSTRAINT to_parent FOREIGN KEY (p) REFERENCES `",
                   fixture_.profile().database, "`.parent (id));"),
      other.database));
  const std::vector<std::string> before = fixture_.Objects();
  EXPECT_THAT(Open()->Drop({}),
              StatusIs(errs::kDatabase, HasSubstr(absl::StrCat("to_parent of ", other.database))));
  EXPECT_EQ(fixture_.Objects(), before);
  ASSERT_OK(fixture_.server().RunSql("DROP TABLE child;", other.database));
  EXPECT_OK(Open()->Drop({}));
}

}  // namespace
}  // namespace siphon::mysqlcommon
