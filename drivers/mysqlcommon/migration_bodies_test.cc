// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Bodies of routines, triggers, events and packages in migrations without DELIMITER, run by the
// servers.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "drivers/mysqlcommon/migrations.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/migrate/migrator.h"
#include "testing/contracts/migrate_contract.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MysqlServer;

class MigrationBodiesTest : public ::testing::TestWithParam<std::string> {
 protected:
  absl::Status Up(const std::map<std::string, std::string>& files) {
    auto database =
        ForkMigrations(ForkOf(server_)).Open({}, profile_, driver::MigrationAccess::kCreate);
    if (!database.ok()) return database.status();
    const auto source = siphon::testing::SourceOf(files);
    migrate::Migrator migrator(source.get(), database->get(), {});
    std::vector<migrate::Step> applied;
    return migrator.Run({}, {}, applied);
  }
  std::string Value(const std::string& sql) { return PlainConnection(profile_).Value(sql); }
  std::string Version() {
    return Value("SELECT CONCAT(version, IF(dirty, ' (dirty)', '')) FROM schema_migrations");
  }

  MysqlServer& server_ = SharedServer(GetParam());
  const profile::ConnectionProfile profile_ = NewDatabase(server_);
};

INSTANTIATE_TEST_SUITE_P(Server, MigrationBodiesTest,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(MigrationBodiesTest, ReadCompoundBodiesWithoutDelimiter) {
  EXPECT_THAT(
      Up({{"1_a.up.sql",
           "CREATE TABLE a (begin int, end int);\n"
           "CREATE PROCEDURE p(n int)\nBEGIN\n  DECLARE i int DEFAULT 0;\n  WHILE i < n DO\n    IF "
           "i % 2 = 0 THEN\n      INSERT INTO a VALUES (i, CASE i WHEN 0 THEN 7 ELSE 8 END);\n    "
           "END IF;\n    SET i = i + 1;\n  END WHILE;\nEND;\n"
           "CREATE FUNCTION f(x int) RETURNS int DETERMINISTIC BEGIN RETURN x + 1; END;\n"
           "CREATE TRIGGER g BEFORE INSERT ON a FOR EACH ROW BEGIN SET NEW.begin = NEW.begin + 10; "
           "SET NEW.end = f(NEW.end); END;\n"
           // Without STARTS the server would run it at once.
           "CREATE EVENT e ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01' DO BEGIN DELETE FROM a; "
           "DELETE FROM a; END;\n"
           "CALL p(3);"},
          {"2_b.up.sql", "CREATE PROCEDURE q() BEGIN SELECT 1; SELECT 2; END"}}),
      IsOk());
  EXPECT_EQ(Value("SELECT group_concat(begin, '-', end ORDER BY begin) FROM a"), "10-8,12-9");
  EXPECT_EQ(Value("SELECT count(*) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()"),
            "1");
  EXPECT_EQ(Version(), "2");
}

TEST_P(MigrationBodiesTest, ReadOraclesSyntaxWithoutDelimiter) {
  if (!server_.is_mariadb()) return;
  EXPECT_THAT(
      Up({{"1_a.up.sql",
           "SET sql_mode = ORACLE;\n"
           "CREATE TABLE a (x int);\n"
           "CREATE PACKAGE k AS\n  PROCEDURE q(n int);\n  FUNCTION f RETURN int;\nEND;\n"
           "CREATE PACKAGE BODY k AS\n  v int := 40;\n"
           "  FUNCTION f RETURN int AS BEGIN RETURN v + 2; END f;\n"
           "  PROCEDURE q(n int) IS\n    i int := 0;\n  BEGIN\n    <<again>>\n    LOOP\n"
           "      EXIT again WHEN i = n;\n      IF i = 0 THEN INSERT INTO a VALUES (f());\n"
           "      ELSIF i = 1 THEN INSERT INTO a VALUES (1); ELSE NULL; END IF;\n"
           "      i := i + 1;\n    END LOOP;\n  END q;\n"
           "BEGIN\n  v := v;\nEND;\n"
           "CREATE PROCEDURE p AS\n  i int;\nBEGIN\n  SELECT x INTO i FROM a WHERE x = 7;\n"
           "EXCEPTION\n  WHEN NO_DATA_FOUND THEN\n    INSERT INTO a VALUES (7);\n"
           "    INSERT INTO a VALUES (8);\nEND;\n"
           "CREATE TRIGGER g BEFORE INSERT ON a FOR EACH ROW DECLARE d int := 100;\n"
           "BEGIN :NEW.x := :NEW.x + d; d := 0; END;\n"
           "CALL k.q(2);\nCALL p;\n"
           "DECLARE n int := 9;\nBEGIN INSERT INTO a VALUES (n); INSERT INTO a VALUES (n); END;\n"
           "BEGIN INSERT INTO a VALUES (10); END;\n"},
          {"2_b.up.sql",
           "SET sql_mode = ORACLE; CREATE FUNCTION h RETURN int DETERMINISTIC AS BEGIN RETURN 1; "
           "END"}}),
      IsOk());
  EXPECT_EQ(Value("SELECT group_concat(x ORDER BY x) FROM a"), "101,107,108,109,109,110,142");
  EXPECT_EQ(Version(), "2");
}

TEST_P(MigrationBodiesTest, ReadPackagesOfTheServersOwnSyntaxWithoutDelimiter) {
  if (GetParam() != siphon::testing::kMariadb118) return;  // 10.11 has them in Oracle's mode only.
  EXPECT_THAT(Up({{"1_a.up.sql",
                   "CREATE PACKAGE k\n  FUNCTION f() RETURNS int;\n  PROCEDURE q();\nEND;\n"
                   "CREATE PACKAGE BODY k\n  FUNCTION f() RETURNS int RETURN 5;\n"
                   "  PROCEDURE q() BEGIN SELECT 1; SELECT 2; END;\nEND;\n"
                   "CREATE TABLE a AS SELECT k.f() AS x;"}}),
              IsOk());
  EXPECT_EQ(Value("SELECT x FROM a"), "5");
}

}  // namespace
}  // namespace siphon::mysqlcommon
