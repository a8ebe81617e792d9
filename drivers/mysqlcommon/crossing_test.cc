// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Databases that go from one fork to the other: what is told before, and what arrives.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/driver/part_copier.h"
#include "siphon/driver/restoration.h"
#include "siphon/driver/snapshot.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MemoryTarget;
using siphon::testing::MysqlServer;
using siphon::testing::PieceReader;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// What both forks have.
constexpr char kCommon[] = R"sql(
CREATE TABLE numbers(a TINYINT UNSIGNED PRIMARY KEY, b BIGINT UNSIGNED, c DECIMAL(65,30), d FLOAT,
  e DOUBLE, f BIT(9), g YEAR);
INSERT INTO numbers VALUES (0, 18446744073709551615, -12345678901234567890.123456789, 0.1, 1e-300,
  b'101010101', 1901), (255, 0, NULL, -3e38, NULL, NULL, NULL);
CREATE TABLE texts(id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(40) UNIQUE, b TEXT CHARACTER SET latin1,
  c VARBINARY(40), d ENUM('x', 'it''s'), e SET('p', 'q'), f LONGTEXT DEFAULT ('abc'),
  g VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, h VARCHAR(40) INVISIBLE DEFAULT 'h');
INSERT INTO texts(a, b, c, d, e, g) VALUES ('Zoë 😀', 'café', x'00ff275c0a1a', 'it''s', 'p,q', 'x'),
  ('tab\tand ''quotes'' \\', NULL, '', 'x', '', NULL);
CREATE TABLE times(a DATE, b DATETIME(6), c TIMESTAMP(3) NULL, d TIME(6),
  e DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP);
INSERT INTO times VALUES ('1000-01-01', '9999-12-31 23:59:59.999999', '2025-03-30 01:30:00.123',
  '-838:59:59', '2020-02-02 02:02:02');
CREATE TABLE docs(id INT PRIMARY KEY, j JSON, twice INT AS (id * 2) VIRTUAL, thrice INT AS (id * 3) STORED,
  CHECK (id > 0), KEY k (thrice DESC));
INSERT INTO docs(id, j) VALUES (1, '{"a": [1, 2.5, "x"]}'), (2, NULL);
CREATE TABLE places(p POINT NOT NULL, l LINESTRING, SPATIAL KEY (p));
INSERT INTO places VALUES (ST_GeomFromText('POINT(1.5 -2)'), ST_GeomFromText('LINESTRING(0 0, 1 1)'));
CREATE TABLE parts(id INT, at DATE NOT NULL) PARTITION BY RANGE (YEAR(at))
  (PARTITION p0 VALUES LESS THAN (2024), PARTITION p1 VALUES LESS THAN MAXVALUE);
INSERT INTO parts VALUES (1, '2023-05-05'), (2, '2025-05-05');
CREATE TABLE child(id INT PRIMARY KEY, t INT, FOREIGN KEY (t) REFERENCES texts(id) ON DELETE CASCADE);
INSERT INTO child VALUES (1, 1);
CREATE VIEW named AS SELECT id, UPPER(a) AS big FROM texts;
CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2;
CREATE PROCEDURE add_doc(IN n INT) INSERT INTO docs(id) VALUES (twice(n));
CREATE TRIGGER child_check BEFORE INSERT ON child FOR EACH ROW SET NEW.t = COALESCE(NEW.t, 1);
CREATE EVENT tidy ON SCHEDULE EVERY 1 SECOND ENABLE DO DELETE FROM child WHERE id < 0;
)sql";

// Asked on both sides.
constexpr std::string_view kQuestions[] = {
    "SELECT a, b, c, CAST(d AS DOUBLE), e, HEX(f), g FROM numbers ORDER BY a",
    "SELECT id, HEX(CONVERT(a USING utf8mb4)), HEX(b), HEX(c), d, e, f, g, h FROM texts ORDER BY "
    "id",
    "SELECT * FROM times",
    "SELECT id, JSON_EXTRACT(j, '$.a[1]'), twice, thrice FROM docs ORDER BY id",
    "SELECT ST_AsText(p), ST_AsText(l) FROM places",
    "SELECT id, at FROM parts ORDER BY id",
    "SELECT * FROM child",
    "SELECT id, HEX(big) FROM named ORDER BY id",
    "SELECT twice(21)",
    "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()",
    "SELECT event_name FROM information_schema.events WHERE event_schema = DATABASE()",
    "SELECT constraint_name, delete_rule FROM information_schema.referential_constraints"
    " WHERE constraint_schema = DATABASE()",
};

class NoObserver : public driver::CopyObserver {
 public:
  void Begin(int /*worker*/, const frames::Part& /*part*/) override {}
  void Add(int /*worker*/, uint64_t /*bytes*/) override {}
  void AddRows(int /*worker*/, uint64_t /*rows*/) override {}
  void End(int /*worker*/, const frames::Part& /*part*/) override {}
};

class CrossingTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    mysql_source_ = NewDatabase(mysql_);
    mysql_target_ = NewDatabase(mysql_);
    mariadb_source_ = NewDatabase(mariadb_);
    mariadb_target_ = NewDatabase(mariadb_);
    // The older server's default is latin1.
    PlainConnection(mariadb_source_)
        .Run(absl::StrCat("ALTER DATABASE ", siphon::testing::MysqlName(mariadb_source_.database),
                          " CHARACTER SET utf8mb4"));
  }
  void TearDown() override {
    EXPECT_THAT(Leftovers(mysql_), IsEmpty());
    EXPECT_THAT(Leftovers(mariadb_), IsEmpty());
  }

  // A copy as `siphon sync --cross-engine` makes it; returns what was told before.
  driver::Crossing Cross(MysqlServer& from_server, const profile::ConnectionProfile& from,
                         MysqlServer& to_server, const profile::ConnectionProfile& to) {
    const base::Context context;
    ForkDriver from_driver(ForkOf(from_server)), to_driver(ForkOf(to_server));
    EXPECT_TRUE(to_driver.Crosses(from_driver.name()));
    EXPECT_FALSE(to_driver.Crosses(to_driver.name()));
    const auto source = from_driver.Connect(context, from, driver::Driver::Access::kRead);
    const auto target = to_driver.Connect(context, to, driver::Driver::Access::kWrite);
    EXPECT_OK(source);
    EXPECT_OK(target);
    if (!source.ok() || !target.ok()) return {};
    driver::BackupOptions backup;
    backup.crossing_to = std::string(to_driver.name());
    const absl::StatusOr<driver::Crossing> crossing =
        (*target)->CheckCrossing(context, **source, backup);
    EXPECT_OK(crossing);
    if (!crossing.ok()) return {};
    EXPECT_EQ(PlainConnection(to).Value("SELECT COUNT(*) FROM information_schema.tables"
                                        " WHERE table_schema = DATABASE()"),
              "0");
    driver::RestoreOptions restore;
    restore.crossing_from = std::string(from_driver.name());
    restore.leave_out = crossing->leave_out;
    if (jobs_ > 1) {
      EXPECT_OK(CopyByJobs(context, **source, backup, **target, restore));
      return *crossing;
    }
    MemoryTarget body;
    EXPECT_OK((*source)->Backup(context, backup, body));
    PieceReader reader(body.data());
    EXPECT_OK((*target)->Restore(context, restore, reader));
    return *crossing;
  }

  // The end of such a copy by several jobs.
  absl::Status CopyByJobs(const base::Context& context, driver::Connection& source,
                          driver::BackupOptions backup, driver::Connection& target,
                          driver::RestoreOptions restore) const {
    backup.jobs = restore.jobs = jobs_;
    ASSIGN_OR_RETURN(const std::unique_ptr<driver::Snapshot> snapshot,
                     driver::OpenSnapshot(context, source, backup));
    driver::SnapshotBody body(snapshot.get());
    RETURN_IF_ERROR(body.ReadHead(context));
    std::string why;
    ASSIGN_OR_RETURN(const std::unique_ptr<driver::Restoration> restoration,
                     dynamic_cast<driver::RestorationTarget&>(target).OpenRestoration(
                         context, restore, body, why));
    if (restoration == nullptr) return absl::InternalError(why);
    NoObserver observer;
    return driver::CopyParts(context, *snapshot, body, *restoration, jobs_, observer);
  }

  // The end of a copy whose crossing was accepted, whatever was told before.
  static absl::Status Copy(MysqlServer& from_server, const profile::ConnectionProfile& from,
                           MysqlServer& to_server, const profile::ConnectionProfile& to) {
    ForkDriver from_driver(ForkOf(from_server)), to_driver(ForkOf(to_server));
    driver::BackupOptions backup;
    backup.crossing_to = std::string(to_driver.name());
    MemoryTarget body;
    EXPECT_OK(TryBackUp(from_server, from, body, backup));
    driver::RestoreOptions restore;
    restore.crossing_from = std::string(from_driver.name());
    return TryRestore(to_server, to, body.data(), restore);
  }

  static std::string Ask(const MysqlServer& server, const profile::ConnectionProfile& profile,
                         std::string_view question) {
    const auto rows = server.Query(question, profile.database);
    EXPECT_OK(rows);
    if (!rows.ok()) return "";
    return absl::StrJoin(*rows, "\n", [](std::string* out, const MysqlServer::Row& row) {
      absl::StrAppend(out, absl::StrJoin(row, "|", [](std::string* text, const auto& value) {
                        absl::StrAppend(text, value.value_or("<NULL>"));
                      }));
    });
  }

  MysqlServer& mysql_ = SharedServer(std::string(siphon::testing::kMysql97));
  MysqlServer& mariadb_ = SharedServer(GetParam());
  profile::ConnectionProfile mysql_source_, mysql_target_, mariadb_source_, mariadb_target_;
  int jobs_ = 1;
};

INSTANTIATE_TEST_SUITE_P(Mariadb, CrossingTest,
                         ::testing::Values(std::string(siphon::testing::kMariadb1011),
                                           std::string(siphon::testing::kMariadb118)),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(CrossingTest, SeveralJobsBringWhatOneDoes) {
  jobs_ = 4;
  ASSERT_OK(mysql_.RunSql(kCommon, mysql_source_.database));
  EXPECT_THAT(Cross(mysql_, mysql_source_, mariadb_, mariadb_target_).losses, IsEmpty());
  EXPECT_THAT(Cross(mariadb_, mariadb_target_, mysql_, mysql_target_).losses, IsEmpty());
  for (const std::string_view question : kQuestions) {
    const std::string asked = Ask(mysql_, mysql_source_, question);
    EXPECT_NE(asked, "") << question;
    EXPECT_EQ(Ask(mariadb_, mariadb_target_, question), asked) << question;
    EXPECT_EQ(Ask(mysql_, mysql_target_, question), asked) << question;
  }
}

TEST_P(CrossingTest, WhatBothHaveGoesThereAndBackAgainWithoutALoss) {
  ASSERT_OK(mysql_.RunSql(kCommon, mysql_source_.database));
  const driver::Crossing there = Cross(mysql_, mysql_source_, mariadb_, mariadb_target_);
  EXPECT_THAT(there.losses, IsEmpty());
  EXPECT_THAT(there.leave_out, IsEmpty());
  EXPECT_THAT(there.changes, Contains(HasSubstr("JSON column `j`")));
  const driver::Crossing back = Cross(mariadb_, mariadb_target_, mysql_, mysql_target_);
  EXPECT_THAT(back.losses, IsEmpty());
  EXPECT_THAT(back.leave_out, IsEmpty());
  for (const std::string_view question : kQuestions) {
    const std::string asked = Ask(mysql_, mysql_source_, question);
    EXPECT_NE(asked, "") << question;
    EXPECT_EQ(Ask(mariadb_, mariadb_target_, question), asked) << question;
    EXPECT_EQ(Ask(mysql_, mysql_target_, question), asked) << question;
  }
}

TEST_P(CrossingTest, LiteralsOfExpressionsKeepTheirBytes) {
  ASSERT_OK(mysql_.RunSql(
      R"sql(CREATE TABLE t(id INT PRIMARY KEY, a VARCHAR(50),
  b VARCHAR(40) DEFAULT (CONCAT('it''s','x')), c VARCHAR(40) DEFAULT (CONCAT('C:\\x','\n','ü"')),
  d VARBINARY(40) DEFAULT (CONCAT(_binary'a\'\\', _binary'b')),
  e VARCHAR(40) AS (CONCAT(a, '\\', '''', '\n')) STORED, f VARCHAR(20) DEFAULT (_latin1'it''s'),
  CONSTRAINT c1 CHECK (a <> 'C:\\x'), CONSTRAINT c2 CHECK (a <> 'it''s'),
  CONSTRAINT c3 CHECK (a NOT LIKE 'x\\_%')) CHARSET=utf8mb4;
INSERT INTO t(id, a) VALUES (1, 'a'))sql",
      mysql_source_.database));
  EXPECT_THAT(Cross(mysql_, mysql_source_, mariadb_, mariadb_target_).losses, IsEmpty());
  // Definitions as the server reads them after a start.
  ASSERT_OK(mariadb_.RunSql("FLUSH TABLES"));
  EXPECT_THAT(Cross(mariadb_, mariadb_target_, mysql_, mysql_target_).losses, IsEmpty());
  constexpr std::string_view kQuestion =
      "SELECT id, HEX(a), HEX(b), HEX(c), HEX(d), HEX(e), HEX(f) FROM t ORDER BY id";
  ASSERT_OK(mysql_.RunSql("INSERT INTO t(id, a) VALUES (2, 'xy')", mysql_source_.database));
  const std::string expected = Ask(mysql_, mysql_source_, kQuestion);
  for (const auto& [server, profile] :
       {std::pair(&mariadb_, mariadb_target_), std::pair(&mysql_, mysql_target_)}) {
    ASSERT_OK(server->RunSql("INSERT INTO t(id, a) VALUES (2, 'xy')", profile.database));
    EXPECT_EQ(Ask(*server, profile, kQuestion), expected);
    for (const char* const refused : {"C:\\\\x", "it''s", "x_y"}) {
      EXPECT_FALSE(server
                       ->RunSql(absl::StrCat("INSERT INTO t(id, a) VALUES (3, '", refused, "')"),
                                profile.database)
                       .ok())
          << refused;
    }
  }
}

TEST_P(CrossingTest, EngineThatTheOtherServerLacksIsReplacedAndSaid) {
  ASSERT_OK(mysql_.RunSql("CREATE TABLE a(id INT) ENGINE=ARCHIVE; INSERT INTO a VALUES (1), (2)",
                          mysql_source_.database));
  const bool has = mariadb_
                       .Value(
                           "SELECT COUNT(*) FROM information_schema.engines WHERE engine ="
                           " 'ARCHIVE' AND support IN ('YES', 'DEFAULT')")
                       .value_or("") == "1";
  const driver::Crossing crossing = Cross(mysql_, mysql_source_, mariadb_, mariadb_target_);
  EXPECT_THAT(crossing.losses, IsEmpty());
  if (!has) {
    EXPECT_THAT(crossing.changes, Contains(HasSubstr("InnoDB there, not ARCHIVE")));
  }
  EXPECT_EQ(Ask(mariadb_, mariadb_target_, "SELECT COUNT(*) FROM a"), "2");
}

TEST_P(CrossingTest, NamesOfChecksAndTypesThatOnlyOneKnowsAreTranslated) {
  ASSERT_OK(mariadb_.RunSql(
      "CREATE TABLE t(a INT, CONSTRAINT own CHECK (a > 0));"
      "CREATE TABLE u(a INT, CONSTRAINT own CHECK (a > 1), CONSTRAINT other CHECK (a > 2));",
      mariadb_source_.database));
  const driver::Crossing there = Cross(mariadb_, mariadb_source_, mysql_, mysql_target_);
  EXPECT_THAT(there.losses, IsEmpty());
  EXPECT_THAT(there.changes, Contains(AllOf(HasSubstr("table u"), HasSubstr("CHECK"))));
  EXPECT_FALSE(mysql_.RunSql("INSERT INTO u VALUES (1)", mysql_target_.database).ok());
  ASSERT_OK(
      mysql_.RunSql("CREATE TABLE g(c GEOMETRYCOLLECTION);"
                    "INSERT INTO g VALUES (ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2))'))",
                    mysql_source_.database));
  EXPECT_THAT(Cross(mysql_, mysql_source_, mariadb_, mariadb_target_).losses, IsEmpty());
  EXPECT_EQ(Ask(mariadb_, mariadb_target_, "SELECT ST_AsText(c) FROM g"),
            "GEOMETRYCOLLECTION(POINT(1 2))");
}

TEST_P(CrossingTest, ValuesThatDifferInSpacesAtTheEndStayDifferentOrAreTold) {
  ASSERT_OK(mariadb_.RunSql(
      "CREATE TABLE t(a VARCHAR(9) COLLATE utf8mb4_unicode_520_nopad_ci UNIQUE) CHARSET=utf8mb4;"
      "INSERT INTO t VALUES ('a'), ('a ');"
      "CREATE TABLE l(a VARCHAR(9) COLLATE latin1_swedish_nopad_ci) CHARSET=latin1;",
      mariadb_source_.database));
  const driver::Crossing crossing = Cross(mariadb_, mariadb_source_, mysql_, mysql_target_);
  EXPECT_THAT(crossing.losses,
              AllOf(Contains(AllOf(HasSubstr("table l"), HasSubstr("spaces at the end"))),
                    Not(Contains(HasSubstr("table t")))));
  EXPECT_EQ(Ask(mysql_, mysql_target_, "SELECT COUNT(DISTINCT a) FROM t"), "2");
}

// MySQL's longest TIME has no fraction, and MariaDB from 11.5 on has later TIMESTAMPs than it.
TEST_P(CrossingTest, AValueThatTheOtherServerCannotHoldStopsTheCopy) {
  const bool late = GetParam() == siphon::testing::kMariadb118;
  ASSERT_OK(mariadb_.RunSql(
      absl::StrCat("CREATE TABLE t(id INT PRIMARY KEY, a TIME(3));"
                   "INSERT INTO t VALUES (1, '838:59:59.000'), (2, '-838:59:59.999');"
                   "CREATE TABLE u(id INT PRIMARY KEY, at TIMESTAMP NULL, e ENUM('x'));",
                   "SET sql_mode=''; INSERT INTO u VALUES (1, '0000-00-00', ''), (2, '",
                   late ? "2050-01-01" : "2030-01-01", "', 'x');"),
      mariadb_source_.database));
  EXPECT_THAT(Copy(mariadb_, mariadb_source_, mysql_, mysql_target_),
              AllOf(StatusIs(errs::kDatabase, AllOf(HasSubstr("table t"), HasSubstr("'a' at row 2"),
                                                    HasSubstr("line "))),
                    HasHint(HasSubstr("--exclude-data"))));
  EXPECT_EQ(Ask(mysql_, mysql_target_, "SHOW TABLES"), "");
  ASSERT_OK(mariadb_.RunSql("DELETE FROM t WHERE id = 2", mariadb_source_.database));
  if (late) {
    EXPECT_THAT(Copy(mariadb_, mariadb_source_, mysql_, mysql_target_),
                StatusIs(errs::kDatabase, AllOf(HasSubstr("table u"), HasSubstr("'at' at row 2"))));
    ASSERT_OK(mariadb_.RunSql("DELETE FROM u WHERE id = 2", mariadb_source_.database));
  }
  ASSERT_OK(Copy(mariadb_, mariadb_source_, mysql_, mysql_target_));
  EXPECT_EQ(Ask(mysql_, mysql_target_, "SELECT a FROM t"), "838:59:59.000");
  EXPECT_EQ(Ask(mysql_, mysql_target_, "SELECT at, e + 0 FROM u WHERE id = 1"),
            "0000-00-00 00:00:00|0");
}

TEST_P(CrossingTest, WhatMariadbMadeGoesToMysqlAndBackAgainWithoutALoss) {
  ASSERT_OK(mariadb_.RunSql(kCommon, mariadb_source_.database));
  EXPECT_THAT(Cross(mariadb_, mariadb_source_, mysql_, mysql_target_).losses, IsEmpty());
  EXPECT_THAT(Cross(mysql_, mysql_target_, mariadb_, mariadb_target_).losses, IsEmpty());
  for (const std::string_view question : kQuestions) {
    const std::string asked = Ask(mariadb_, mariadb_source_, question);
    EXPECT_NE(asked, "") << question;
    EXPECT_EQ(Ask(mysql_, mysql_target_, question), asked) << question;
    EXPECT_EQ(Ask(mariadb_, mariadb_target_, question), asked) << question;
  }
}

TEST_P(CrossingTest, WhatMariadbHasNothingLikeIsListedAndLeftOut) {
  ASSERT_OK(mysql_.RunSql(
      "CREATE TABLE t(id INT PRIMARY KEY, a VARCHAR(20), p POINT NOT NULL SRID 4326,"
      " KEY fx ((LOWER(a))), KEY hidden (a) INVISIBLE, CONSTRAINT lax CHECK (id < 9) NOT ENFORCED);"
      "INSERT INTO t VALUES (11, 'x', ST_GeomFromText('POINT(1 2)', 4326));"
      "CREATE TABLE g(a VARCHAR(9) CHARACTER SET gb18030); INSERT INTO g VALUES ('x');"
      "CREATE TRIGGER gt BEFORE INSERT ON g FOR EACH ROW SET NEW.a = 'y';"
      "CREATE VIEW v AS SELECT REGEXP_LIKE(a, 'x') AS r FROM t; CREATE VIEW w AS SELECT id FROM t;"
      "CREATE VIEW vv AS SELECT r FROM v;",
      mysql_source_.database));
  const driver::Crossing crossing = Cross(mysql_, mysql_source_, mariadb_, mariadb_target_);
  EXPECT_THAT(
      crossing.losses,
      AllOf(Contains(HasSubstr("table t: functional index `fx`")),
            Contains(HasSubstr("table t: constraint `lax`")),
            Contains(HasSubstr("table t: column `p` is not bound to its SRID")),
            Contains(HasSubstr("table g: is left out")), Contains(HasSubstr("view v: is left out")),
            Contains(HasSubstr("view vv: is left out")),
            Contains(HasSubstr("trigger gt: is left out")), Not(Contains(HasSubstr("view w")))));
  EXPECT_THAT(crossing.changes, Contains(HasSubstr("`hidden`")));
  EXPECT_EQ(Ask(mariadb_, mariadb_target_, "SELECT id, a, ST_SRID(p) FROM t"), "11|x|4326");
  EXPECT_EQ(Ask(mariadb_, mariadb_target_, "SELECT id FROM w"), "11");
  EXPECT_EQ(Ask(mariadb_, mariadb_target_,
                "SELECT GROUP_CONCAT(table_name ORDER BY 1) FROM information_schema.tables"
                " WHERE table_schema = DATABASE()"),
            "t,w");
}

TEST_P(CrossingTest, InvisibleColumnsAndIndexesAndUnenforcedChecksArriveAsListed) {
  ASSERT_OK(mysql_.RunSql(
      "SET sql_generate_invisible_primary_key=ON; CREATE TABLE g(a INT); INSERT INTO g VALUES (4);"
      "SET sql_generate_invisible_primary_key=OFF;"
      "CREATE TABLE t(a INT, b INT NOT NULL DEFAULT 3 INVISIBLE, c INT AS (a + 1) INVISIBLE,"
      " KEY k (a) INVISIBLE, CONSTRAINT lax CHECK (a > 0) NOT ENFORCED);"
      "INSERT INTO t(a, b) VALUES (-1, 9);"
      "CREATE TABLE m(a INT, b INT NOT NULL INVISIBLE); INSERT INTO m(a, b) VALUES (5, 6);",
      mysql_source_.database));
  const driver::Crossing crossing = Cross(mysql_, mysql_source_, mariadb_, mariadb_target_);
  EXPECT_THAT(crossing.leave_out, IsEmpty());
  EXPECT_THAT(crossing.losses,
              UnorderedElementsAre(HasSubstr("table t: constraint `lax`"),
                                   HasSubstr("table m: column `b` is visible there")));
  EXPECT_THAT(crossing.changes, Contains(HasSubstr("table t: invisible index `k`")));
  EXPECT_EQ(Ask(mariadb_, mariadb_target_, "SELECT * FROM g"), "4");
  EXPECT_EQ(Ask(mariadb_, mariadb_target_, "SELECT my_row_id FROM g"), "1");
  EXPECT_EQ(Ask(mariadb_, mariadb_target_, "SELECT * FROM t"), "-1");
  EXPECT_EQ(Ask(mariadb_, mariadb_target_, "SELECT a, b, c FROM t"), "-1|9|0");
  EXPECT_EQ(Ask(mariadb_, mariadb_target_, "SELECT * FROM m"), "5|6");
  EXPECT_EQ(Ask(mariadb_, mariadb_target_,
                "SELECT ignored FROM information_schema.statistics WHERE table_schema = DATABASE()"
                " AND table_name = 't'"),
            "YES");
  EXPECT_OK(mariadb_.RunSql("INSERT INTO t(a) VALUES (-2)", mariadb_target_.database));
  EXPECT_THAT(Cross(mariadb_, mariadb_target_, mysql_, mysql_target_).losses, IsEmpty());
  EXPECT_EQ(Ask(mysql_, mysql_target_, "SELECT * FROM t ORDER BY a"), "-2\n-1");
  EXPECT_EQ(Ask(mysql_, mysql_target_, "SELECT * FROM g"), "4");
}

TEST_P(CrossingTest, DefinitionsAreReadInTheirOwnSqlMode) {
  ASSERT_OK(mariadb_.RunSql(
      R"sql(CREATE TABLE t(a VARCHAR(60)) CHARSET=utf8mb4;
DELIMITER //
SET sql_mode='NO_BACKSLASH_ESCAPES'//
CREATE FUNCTION slash() RETURNS VARCHAR(60) CHARACTER SET utf8mb4 DETERMINISTIC
  RETURN CONCAT('C:\', ' utf8mb4_uca1400_ai_ci ')//
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW
  SET NEW.a = CONCAT('C:\', ' utf8mb4_uca1400_ai_ci ')//
CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DISABLE DO
  INSERT INTO t SELECT CONCAT('C:\', ' utf8mb4_uca1400_ai_ci ')//
SET sql_mode='ANSI_QUOTES'//
CREATE FUNCTION quotes() RETURNS VARCHAR(60) CHARACTER SET utf8mb4 DETERMINISTIC
BEGIN DECLARE "a\" VARCHAR(60) DEFAULT '" utf8mb4_uca1400_ai_ci "'; RETURN "a\"; END//
DELIMITER ;
)sql",
      mariadb_source_.database));
  EXPECT_THAT(Cross(mariadb_, mariadb_source_, mysql_, mysql_target_).losses, IsEmpty());
  EXPECT_EQ(Ask(mysql_, mysql_target_, "SELECT REPLACE(slash(), '\\\\', '/')"),
            "C:/ utf8mb4_uca1400_ai_ci ");
  EXPECT_EQ(Ask(mysql_, mysql_target_, "SELECT quotes()"), "\" utf8mb4_uca1400_ai_ci \"");
  ASSERT_OK(mysql_.RunSql("INSERT INTO t VALUES ('x')", mysql_target_.database));
  EXPECT_EQ(Ask(mysql_, mysql_target_, "SELECT REPLACE(a, '\\\\', '/') FROM t"),
            "C:/ utf8mb4_uca1400_ai_ci ");
  EXPECT_THAT(Ask(mysql_, mysql_target_,
                  "SELECT event_definition FROM information_schema.events"
                  " WHERE event_schema = DATABASE()"),
              HasSubstr("' utf8mb4_uca1400_ai_ci '"));
}

TEST_P(CrossingTest, WhatMysqlHasNothingLikeIsListedAndLeftOut) {
  ASSERT_OK(mariadb_.RunSql(
      "CREATE SEQUENCE s; CREATE TABLE t(id INT DEFAULT NEXTVAL(s), a INET6, c TEXT COMPRESSED,"
      " d VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_nopad_ci);"
      "INSERT INTO t(a, c, d) VALUES ('2001:db8::1', 'long', 'd');"
      "CREATE TABLE h(id INT PRIMARY KEY, a INT) WITH SYSTEM VERSIONING;"
      "INSERT INTO h VALUES (1, 1); UPDATE h SET a = 2;"
      "CREATE TABLE i(id INT PRIMARY KEY, a INT, since TIMESTAMP(6) GENERATED ALWAYS AS ROW START,"
      " till TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME(since, till))"
      " WITH SYSTEM VERSIONING; INSERT INTO i(id, a) VALUES (1, 1); UPDATE i SET a = 3;"
      "CREATE TABLE r(id INT) ENGINE=Aria; INSERT INTO r VALUES (5);",
      mariadb_source_.database));
  const driver::Crossing crossing = Cross(mariadb_, mariadb_source_, mysql_, mysql_target_);
  EXPECT_THAT(crossing.losses,
              AllOf(Contains(HasSubstr("sequence s: is left out")),
                    Contains(HasSubstr("table t: column `id` has no default")),
                    Contains(HasSubstr("table t: column `a` of type inet6 becomes text")),
                    Contains(HasSubstr("table h: it is not versioned there")),
                    Contains(HasSubstr("table i: column `since`"))));
  EXPECT_THAT(crossing.changes, AllOf(Contains(HasSubstr("table t: column `c` is not compressed")),
                                      Contains(HasSubstr("becomes utf8mb4_0900_ai_ci")),
                                      Contains(HasSubstr("engine is InnoDB"))));
  EXPECT_EQ(Ask(mysql_, mysql_target_, "SELECT * FROM t"), "1|2001:db8::1|long|d");
  EXPECT_EQ(Ask(mysql_, mysql_target_, "SELECT * FROM h"), "1|2");
  EXPECT_EQ(Ask(mysql_, mysql_target_, "SELECT * FROM i"), "1|3");
  EXPECT_EQ(Ask(mysql_, mysql_target_, "SELECT * FROM r"), "5");
}

}  // namespace
}  // namespace siphon::mysqlcommon
