// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/allowed_statements.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::mysqlcommon {
namespace {

using Action = Judgement::Action;
using ::testing::HasSubstr;

constexpr CommentRule kMysql9{.all = false, .mariadb = false, .version = 90704};
constexpr CommentRule kMariadb11{.all = false, .mariadb = true, .version = 110809};

Judgement Judge(std::string_view sql, const CommentRule& rule = kMysql9,
                const ScriptSettings& settings = {}) {
  StatementJudge judge(rule);
  judge.Judge("USE `mine`", settings);
  return judge.Judge(sql, settings);
}

std::string WhatRuns(std::string_view sql, const CommentRule& rule = kMysql9) {
  const Judgement judgement = Judge(sql, rule);
  EXPECT_EQ(judgement.action, Action::kRun) << sql << ": " << judgement.reason;
  return judgement.sql.value_or("unchanged");
}

void Refuse(const std::vector<std::string>& statements, const ScriptSettings& settings = {}) {
  for (const std::string& sql : statements) {
    for (const CommentRule& rule : {kMysql9, kMariadb11}) {
      const Judgement judgement = Judge(sql, rule, settings);
      EXPECT_EQ(judgement.action, Action::kRefuse) << sql;
      EXPECT_NE(judgement.reason, "") << sql;
    }
  }
}

ScriptSettings Settings(std::string_view set) {
  ScriptSettings settings;
  settings.Apply(*ParseSet(set, {}, {}));
  return settings;
}

TEST(StatementJudgeTest, RefusesWhatIsNotListed) {
  Refuse({"GRANT ALL ON *.* TO me",
          "CREATE USER me",
          "DROP USER root@localhost",
          "UPDATE t SET a = 1",
          "DELETE FROM t",
          "RENAME TABLE t TO other.t",
          "LOAD DATA INFILE '/etc/passwd' INTO TABLE t",
          "SELECT 1 INTO OUTFILE '/tmp/x'",
          "SELECT LOAD_FILE('/etc/passwd')",
          "PREPARE s FROM 'GRANT ALL ON *.* TO me'",
          "EXECUTE IMMEDIATE 'GRANT ALL ON *.* TO me'",
          "EXECUTE s",
          "DO SLEEP(100)",
          "DO f()",
          "CALL p()",
          "HANDLER t OPEN",
          "KILL 1",
          "INSTALL SONAME 'x'",
          "INSTALL PLUGIN x SONAME 'x.so'",
          "UNINSTALL PLUGIN x",
          "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'x')",
          "BINLOG 'AAAA'",
          "CHANGE MASTER TO MASTER_HOST='x'",
          "CHANGE REPLICATION SOURCE TO SOURCE_HOST='x'",
          "START SLAVE",
          "START REPLICA",
          "SHUTDOWN",
          "RESTART",
          "XA START 'x'",
          "BEGIN NOT ATOMIC GRANT ALL ON *.* TO me; END",
          "IF 1 THEN GRANT ALL ON *.* TO me; END IF",
          "FLUSH PRIVILEGES",
          "RESET MASTER",
          "PURGE BINARY LOGS TO 'x'",
          "TRUNCATE mysql.user",
          "ANALYZE TABLE t",
          "CHECK TABLE other.t",
          "CACHE INDEX t IN x",
          "WITH x AS (SELECT 1) SELECT * FROM x",
          "TABLE mysql.user INTO OUTFILE 'x'",
          "VALUES ROW(1)",
          "(SELECT 1)",
          "CLONE LOCAL DATA DIRECTORY 'x'",
          "IMPORT TABLE FROM 'x'",
          "CREATE TABLESPACE x ADD DATAFILE 'x'",
          "CREATE LOGFILE GROUP x",
          "CREATE RESOURCE GROUP x TYPE=USER",
          "CREATE ROLE r",
          "CREATE SPATIAL REFERENCE SYSTEM 1 NAME 'x'",
          "CREATE FUNCTION f RETURNS STRING SONAME 'lib.so'",
          "CREATE AGGREGATE FUNCTION f RETURNS STRING SONAME 'lib.so'",
          "CREATE FUNCTION f /*!99999 ( */ RETURNS STRING SONAME 'lib.so'",
          "ALTER USER me IDENTIFIED BY 'x'",
          "ALTER EVENT e ENABLE",
          "ALTER INSTANCE ROTATE INNODB MASTER KEY",
          "ALTER SERVER s OPTIONS (HOST 'x')",
          "ALTER VIEW v AS SELECT 1",
          "DROP SERVER s",
          "DROP INDEX i ON t",
          "SIGNAL SQLSTATE '45000'",
          "HELP 'x'",
          "\\! sh",
          "$$",
          "COMMIT RELEASE",
          "ROLLBACK AND CHAIN RELEASE"});
}

TEST(StatementJudgeTest, TakesOnlyPlainValuesForListedVariables) {
  Refuse({"SET a=1, GLOBAL b=2",
          "SET sql_mode='', GLOBAL general_log_file='/tmp/x'",
          "SET SESSION sql_mode='', @@global.general_log=1",
          "SET @a=1, PERSIST general_log=1, sql_mode=''",
          "SET GLOBAL sql_notes=1, sql_notes=1",
          "SET sql_mode='', GLOBAL @x=1",
          "SET @x = OUTFILE@y",
          "SET @x = -OUTFILE",
          "SET @x = 33.;",
          "SET @x = 33.;, sql_mode=''",
          "SET sql_mode='', SESSION @@sql_notes=1",
          "SET general_log=1",
          "SET debug='d:t:o,/tmp/x'",
          "SET @@debug='d'",
          "SET default_storage_engine=FEDERATED",
          "SET @x = (SELECT 1)",
          "SET @x = f()",
          "SET @x = 1 + 1",
          "SET @x = LOAD_FILE('x')",
          "SET sql_mode = CONCAT(@@sql_mode, ',ANSI')",
          "SET PASSWORD = 'x'",
          "SET PASSWORD FOR root = 'x'",
          "SET ROLE ALL",
          "SET DEFAULT ROLE ALL TO me",
          "SET STATEMENT sql_mode='' FOR GRANT ALL ON *.* TO me",
          "SET TRANSACTION READ ONLY",
          "SET RESOURCE GROUP x",
          "SET sql_mode = DEFAULT",
          "SET sql_mode = @@global.sql_mode",
          "SET sql_mode = 1048576",
          "SET character_set_client = 28",
          "SET sql_mode = 'ANSI_QUOTES', @x = @@sql_mode",
          "SET @x = 'ANSI_QUOTES', sql_mode = @x",
          "SET NAMES DEFAULT",
          "SET a.b = 1",
          "SET @x := 'open",
          "SET sql_mode = '' /*!50000 , GLOBAL general_log=1 */"});
  EXPECT_EQ(WhatRuns("SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO'"),
            "unchanged");
  EXPECT_EQ(WhatRuns("/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */"),
            "SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT");
  EXPECT_EQ(WhatRuns("/*!50503 SET NAMES utf8mb4 */"), "SET NAMES utf8mb4");
  EXPECT_EQ(WhatRuns("SET sql_mode=_latin1'ANSI_QUOTES', character_set_client=gbk"), "unchanged");
  for (const char* const skipped :
       {"SET @@SESSION.SQL_LOG_BIN= 0",
        "SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN,"
        " @@SESSION.SQL_LOG_BIN = 0",
        "SET GLOBAL INNODB_STATS_AUTO_RECALC=OFF",
        "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '0-1-2'", "SET sql_log_bin=@x"}) {
    EXPECT_EQ(Judge(skipped).action, Action::kSkip) << skipped;
  }
}

// The reader of the dump must know what the server's sql_mode and character set are.
TEST(StatementJudgeTest, TakesNoModeFromAVariableThatTheDumpDoesNotTell) {
  const std::vector<std::string> uses = {"SET sql_mode=@x",
                                         "SET sql_mode=@`x`",
                                         "SET @y=1, sql_mode=@X",
                                         "SET character_set_client=@x",
                                         "SET @@session.sql_mode := @x",
                                         "/*!50003 SET sql_mode = @x */"};
  // Set by nobody, by siphon itself, or by a trigger of the target.
  Refuse(uses);
  Refuse(uses, Settings("SET @x = @@character_set_results"));
  Refuse(uses, Settings("SET @x = @@global.sql_mode, @y = 'gbk'"));
  Refuse(uses, Settings("SET @x = @y"));
  const ScriptSettings known = Settings("SET @x = @@sql_mode, @cs = @@character_set_client");
  EXPECT_EQ(Judge("SET sql_mode=@x", kMysql9, known).action, Action::kRun);
  EXPECT_EQ(Judge("SET character_set_client = @cs", kMysql9, known).action, Action::kRun);
  // A statement that is skipped for its other variables.
  Refuse({"SET @m='', sql_log_bin=0", "SET @m=@@sql_mode, GLOBAL innodb_stats_auto_recalc=OFF",
          "SET sql_log_bin=0, @m=ANSI", "SET @m=@@character_set_client, @@SESSION.SQL_LOG_BIN=0"});
  Refuse({"SET @m=@x, sql_log_bin=0"}, known);
}

TEST(StatementJudgeTest, RefusesBracketsThatMayQuoteNames) {
  Refuse({"CREATE TABLE t (a INT, [b'] INT) SELECT 1 -- ')", "CREATE TABLE [t'] (a INT) -- '",
          "INSERT INTO t VALUES ([a'])) -- ')", "ALTER TABLE t ADD [b'] INT, RENAME TO u -- '",
          "DROP TABLE t, [x'], u -- '"},
         Settings("SET sql_mode='MSSQL'"));
}

TEST(StatementJudgeTest, ConfinesTables) {
  Refuse({"CREATE TABLE other.t (a INT)",
          "CREATE TABLE t LIKE other.t",
          "CREATE TABLE t (LIKE other.t)",
          "CREATE TABLE t SELECT * FROM other.t",
          "CREATE TABLE t (a INT) SELECT * FROM other.t",
          "CREATE TABLE t (a INT) AS SELECT 1",
          "CREATE TABLE t (a INT DEFAULT (SELECT@x))",
          "CREATE TABLE t (a INT, CHECK (a > LOAD_FILE@x))",
          "CREATE TABLE t (a INT DEFAULT (@x@y))",
          "CREATE TABLE t@x (a INT)",
          "CREATE TABLE t (a INT REFERENCES other mine..u (a))",
          "CREATE TABLE t (a INT, CHECK (other mine..f > 0))",
          "CREATE TABLE t (a INT) ENGINE=InnoDB SELECT 1",
          "CREATE TABLE t (a INT) IGNORE SELECT 1",
          "CREATE TABLE t (a INT) TABLE other",
          "CREATE TABLE t (a INT) VALUES ROW(1)",
          "CREATE TABLE t (a INT) WITH x AS (SELECT 1) SELECT 1",
          "CREATE TABLE t (a INT) (SELECT 1)",
          "CREATE TABLE t (SELECT 1)",
          "CREATE TABLE t ((SELECT 1))",
          "CREATE TABLE t (a INT, FOREIGN KEY (a) REFERENCES other.t(a))",
          "CREATE TABLE t (a INT, FOREIGN KEY (a) REFERENCES `other` . `t`(a))",
          "CREATE TABLE t (a INT, FOREIGN KEY (a) REFERENCES 1other.t(a))",
          "CREATE TABLE t (a INT) ENGINE=MERGE UNION=(other.t)",
          "CREATE TABLE t (a INT) ENGINE=FEDERATED CONNECTION='mysql://x/y/z'",
          "CREATE TABLE t (a INT) ENGINE FEDERATED",
          "CREATE TABLE t (a INT) ENGINE='FEDERATED'",
          "CREATE TABLE t (a INT) TYPE=CONNECT",
          "CREATE TABLE t (a INT) CONNECTION='x'",
          "CREATE TABLE t (a INT) ENGINE=/*!50000 SPIDER */",
          "CREATE TABLE t (a INT) DATA DIRECTORY='/tmp'",
          "CREATE TABLE t (a INT) INDEX DIRECTORY '/tmp'",
          "CREATE TABLE t (a INT) PARTITION BY HASH(a) (PARTITION p DATA DIRECTORY='/tmp')",
          "CREATE TABLE t (a INT) PARTITION BY HASH(a) (PARTITION p ENGINE FEDERATED)",
          "CREATE TABLE t (a INT) PARTITION BY HASH(a) (PARTITION p ENGINE=SPIDER)",
          "CREATE TABLE t (a INT DEFAULT (LOAD_FILE('x')))",
          "CREATE TABLE t (a INT DEFAULT (other.f()))",
          "CREATE TABLE t (a INT CHECK (a IN (SELECT b FROM u)))",
          "CREATE TABLE t (a INT) COMMENT='x' SELECT",
          "CREATE TABLE t (a INT, b INT",
          "CREATE TABLE t (a INT); GRANT ALL ON *.* TO me",
          "CREATE TABLE t (a INT)\\g",
          "CREATE TABLE t",
          "CREATE TABLE t ENGINE=InnoDB",
          "ALTER TABLE other.t ADD b INT",
          "ALTER TABLE t RENAME TO other.t",
          "ALTER TABLE t ADD b INT, RENAME other.t",
          "ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u",
          "ALTER TABLE t DISCARD TABLESPACE",
          "ALTER TABLE t IMPORT TABLESPACE",
          "ALTER TABLE t CONVERT TABLE u TO PARTITION p VALUES LESS THAN (1)",
          "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES other.t(a)",
          "ALTER TABLE t ENGINE FEDERATED",
          "ALTER TABLE t ENGINE=InnoDB, CONNECTION='x'",
          "ALTER TABLE t UNION=(other.t)",
          "CREATE INDEX i ON other.t(a)",
          "CREATE SEQUENCE other.s",
          "CREATE SEQUENCE s ENGINE=FEDERATED",
          "CREATE TABLE t (a INT) ENGINE=InnoDB.t",
          "CREATE SEQUENCE s `PAGE_COMPRESSED`",
          "INSERT INTO t VALUES (1--/**/ 1)",
          "INSERT INTO t VALUES (1--/*!, */ 2)",
          "INSERT INTO t VALUES (1--/**/ '\n, (SELECT a FROM other.t)) -- ')",
          "INSERT INTO t VALUES (-/**/-/**/ '\n)) -- ')",
          "DROP TABLE other.t",
          "DROP TABLE t, other.t",
          "DROP TABLE IF EXISTS t, `other`.`t`",
          "DROP VIEW v, other.v",
          "DROP PROCEDURE other.p",
          "DO SETVAL(other.s, 1)",
          "DO SETVAL(s, f())",
          "SELECT SETVAL(s, 1), SLEEP(1)"});
  EXPECT_EQ(WhatRuns("CREATE TABLE `mine`.`t` (`a` int, CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES"
                     " `mine`.`u` (`a`))"),
            "CREATE TABLE `t` (`a` int, CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `u` (`a`))");
  for (const char* const sql :
       {"CREATE TABLE `t` (\n  `a` int NOT NULL AUTO_INCREMENT,\n  `b` decimal(5,2) DEFAULT 1.50,\n"
        "  `c` varchar(9) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT 'a;b',\n"
        "  `d` int GENERATED ALWAYS AS ((`a` * 1.5e3)) STORED,\n  PRIMARY KEY (`a`),\n"
        "  CONSTRAINT `k` CHECK ((`c` like _utf8mb4'x%'))\n) ENGINE=InnoDB AUTO_INCREMENT=5"
        " DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci ROW_FORMAT=DYNAMIC COMMENT='it''s'"
        " STATS_PERSISTENT=0",
        "CREATE TABLE t (a INT) ENGINE=Aria PAGE_CHECKSUM=1 `PAGE_COMPRESSED`='ON' WITH SYSTEM"
        " VERSIONING",
        "CREATE TABLE t (a INT) PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (10) ENGINE ="
        " InnoDB, PARTITION q VALUES LESS THAN MAXVALUE COMMENT = 'x' ENGINE = InnoDB)",
        "CREATE TABLE t (a INT) PARTITION BY SYSTEM_TIME INTERVAL 1 DAY STARTS"
        " TIMESTAMP'2020-01-01 00:00:00' AUTO PARTITIONS 3",
        "CREATE TABLE t (a INT) ENGINE=MRG_MyISAM INSERT_METHOD=LAST UNION=(`u`,`v`)",
        "CREATE TABLE t (a INT DEFAULT @`x`, b TEXT DEFAULT (@@session.sql_mode))",
        "CREATE TABLE t (engine VARCHAR(9), connection INT, data INT)",
        "ALTER TABLE `Album` ADD CONSTRAINT `FK` FOREIGN KEY (`a`) REFERENCES `Artist` (`a`) ON"
        " DELETE NO ACTION ON UPDATE NO ACTION",
        "CREATE SEQUENCE `s` start with 1 minvalue 1 maxvalue 9223372036854775806 increment by -1"
        " nocache nocycle ENGINE=InnoDB",
        "CREATE SEQUENCE `s` start with 1 nocycle `PAGE_COMPRESSED`='ON' ENGINE=InnoDB",
        "ALTER SEQUENCE `s` RESTART WITH 7", "DO SETVAL(`s`,-7,0,0)", "SELECT SETVAL(`s`, 1, 0)",
        "DROP TABLE IF EXISTS `t`, u", "START TRANSACTION WITH CONSISTENT SNAPSHOT", "BEGIN",
        "COMMIT"}) {
    EXPECT_EQ(WhatRuns(sql), "unchanged") << sql;
  }
  EXPECT_EQ(WhatRuns("/*!40000 ALTER TABLE `t` DISABLE KEYS */"), "ALTER TABLE `t` DISABLE KEYS");
  EXPECT_EQ(Judge("DROP FUNCTION IF EXISTS `f`").action, Action::kSkip);
}

TEST(StatementJudgeTest, RefusesQueriesWithoutTheWordSelect) {
  Refuse({"CREATE TABLE t (a INT) (TABLE u)", "CREATE TABLE t (a INT) (VALUES ROW(1))",
          "CREATE TABLE t (a INT) (VALUES (1), (2))",
          "CREATE TABLE t (a INT) UNION=(u) (VALUES ROW(`f`()))",
          "CREATE TABLE t (a INT DEFAULT ((TABLE u)))",
          "CREATE TABLE t (a INT, CHECK (a IN (TABLE u)))",
          "CREATE TABLE t (a INT, CHECK (a IN (VALUES ROW(1))))",
          "CREATE TABLE t (a INT) PARTITION BY HASH ((TABLE u))",
          "ALTER TABLE t ADD CHECK (a > (TABLE u))",
          "CREATE INDEX i ON t ((a > (VALUES ROW(1))))"});
  for (const char* const sql :
       {"CREATE TABLE t (a INT) PARTITION BY LIST (a) (PARTITION p VALUES IN (1,2), PARTITION q"
        " VALUES  IN (3))",
        "CREATE TABLE t (a INT) PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (1))",
        "CREATE TABLE t (`values` INT, `table` INT, CHECK (`values` > 1 and `table` in (1,2)))"}) {
    EXPECT_EQ(WhatRuns(sql), "unchanged") << sql;
  }
}

// For the server, a number ends where no digit follows, and a word may begin there.
TEST(StatementJudgeTest, RefusesWordsThatBeginInANumber) {
  for (const char* const number : {"1e1", "1E1", "12e34", "1.5", ".5", "1.5e1", "1.e1", "1.",
                                   "1e+1", "1e-1", "1.5e+1", "1.e-1", "0e0", "0x1g"}) {
    for (const char* const form :
         {"CREATE TABLE t (a INT) MAX_ROWS=$SELECT YEAR(1)",
          "CREATE TABLE t (a INT) MIN_ROWS $TABLE",
          "ALTER TABLE t AUTO_INCREMENT=$ENGINE FEDERATED",
          "ALTER TABLE t COMMENT 'x' MAX_ROWS=$CONNECTION 'mysql://a/b/c'",
          "ALTER TABLE t COMMENT 'x' MAX_ROWS=$DATA DIRECTORY '/tmp'",
          "CREATE TABLE t (a INT DEFAULT $SELECT)", "INSERT INTO t VALUES ($SELECT)",
          "CREATE SEQUENCE s START $ENGINE FEDERATED"}) {
      Refuse({absl::StrReplaceAll(form, {{"$", number}})});
    }
  }
  Refuse({"CREATE TABLE 1e1t (a INT)", "DROP TABLE 1e1t", "DROP TABLE t, 1e1t"});
  const std::string numbers =
      "CREATE TABLE t (a DOUBLE DEFAULT 1.5e3, b DOUBLE DEFAULT (.5), c DOUBLE DEFAULT 1.e2,"
      " d DOUBLE DEFAULT 1e+2, e DOUBLE DEFAULT 1.e-2, f DOUBLE DEFAULT 1., g INT DEFAULT 0x1F,"
      " h INT DEFAULT 5, CHECK (`a` < 1.5e+10 and `b` > 1 . 5)) AUTO_INCREMENT=5 MAX_ROWS=1e3";
  EXPECT_EQ(WhatRuns(numbers), "unchanged");
}

// The server evaluates them when it creates the event, with the rights of the user who restores.
TEST(StatementJudgeTest, TakesPlainSchedulesOfEvents) {
  for (const char* const schedule :
       {"EVERY LENGTH(LOAD_FILE('/etc/passwd')) SECOND", "EVERY f() DAY", "EVERY `f`() DAY",
        "AT CURRENT_TIMESTAMP + INTERVAL (SELECT 1) DAY", "AT NOW(f())", "AT @x", "AT @@datadir",
        "AT '2037-01-01' + INTERVAL SLEEP(9) DAY", "EVERY 1 DAY STARTS GET_LOCK('x', 1)",
        "EVERY 1 DAY ENDS x.f()", "EVERY 1e1SELECT DAY", "EVERY 'x", "EVERY 1 DAY; DROP TABLE t"}) {
    Refuse({absl::StrCat("CREATE EVENT e ON SCHEDULE ", schedule, " DO SELECT 1"),
            absl::StrCat("CREATE EVENT IF NOT EXISTS `e` ON SCHEDULE ", schedule,
                         " ON COMPLETION PRESERVE DISABLE DO SELECT 1")});
  }
  Refuse({"CREATE EVENT e ON SCHEDULE EVERY 1 DAY", "CREATE EVENT e"});
  for (const char* const sql :
       {"CREATE DEFINER=`a`@`%` EVENT `e` ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01 00:00:00' "
        "ENDS"
        " '2038-01-01 00:00:00' ON COMPLETION NOT PRESERVE DISABLE ON SLAVE COMMENT 'it''s DO' DO"
        " SELECT LOAD_FILE('x')",
        "CREATE EVENT e ON SCHEDULE EVERY '1:30' HOUR_MINUTE ON COMPLETION PRESERVE DISABLE ON"
        " REPLICA DO BEGIN CALL p(); END",
        "CREATE EVENT e ON SCHEDULE AT TIMESTAMP'2037-01-01 00:00:00' DO SELECT 1",
        "CREATE EVENT e ON SCHEDULE AT CURRENT_TIMESTAMP() + INTERVAL 1 DAY - INTERVAL '1' HOUR DO"
        " SELECT 1",
        "CREATE EVENT e ON SCHEDULE AT NOW(6) DO SELECT 1"}) {
    EXPECT_EQ(WhatRuns(sql), "unchanged") << sql;
  }
  EXPECT_EQ(WhatRuns("/*!50106 CREATE*/ /*!50117 DEFINER=`a`@`%`*/ /*!50106 EVENT `e` ON SCHEDULE"
                     " EVERY /* x */ 1 DAY DO SELECT /* y */ 1 */"),
            "CREATE DEFINER=`a`@`%` EVENT `e` ON SCHEDULE EVERY 1 DAY DO SELECT /* y */ 1 ");
}

TEST(StatementJudgeTest, TakesTablespacesWhereTheyAreNoObjectsOfTheServer) {
  for (const char* const sql :
       {"CREATE TABLE t (a INT) TABLESPACE ts", "CREATE TABLE t (a INT) TABLESPACE=`ts`",
        "CREATE TABLE t (a INT) PARTITION BY HASH(a) (PARTITION p"
        " TABLESPACE = ts ENGINE = MyISAM)"}) {
    EXPECT_EQ(Judge(sql, kMysql9).action, Action::kRefuse) << sql;
    EXPECT_EQ(Judge(sql, kMariadb11).action, Action::kRun) << sql;
  }
  EXPECT_EQ(Judge("CREATE TABLE t (a INT) TABLESPACE innodb_system").action, Action::kRun);
}

TEST(StatementJudgeTest, TakesRowsOfLiteralsOnly) {
  Refuse({"INSERT INTO other.t VALUES (1)",
          "INSERT INTO t SELECT * FROM mysql.user",
          "INSERT INTO t (a) SELECT 1",
          "INSERT INTO t (SELECT 1)",
          "INSERT INTO t TABLE u",
          "INSERT INTO t SET a = 1",
          "INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = f()",
          "INSERT INTO t VALUES (1) RETURNING f()",
          "INSERT INTO t VALUES (1), (f())",
          "INSERT INTO t VALUES (1db.now())",
          "INSERT INTO t VALUES (.now())",
          "INSERT INTO t VALUES (LOAD_FILE('x'))",
          "INSERT INTO t VALUES (UNHEX(LOAD_FILE('x')))",
          "INSERT INTO t VALUES (other.UNHEX('00'))",
          "INSERT INTO t VALUES ((SELECT 1))",
          "INSERT INTO t VALUES (a)",
          "INSERT INTO t VALUES (`a`)",
          "INSERT INTO t VALUES (@x)",
          "INSERT INTO t VALUES (@@datadir)",
          "INSERT INTO t VALUES (SLEEP(9))",
          "INSERT INTO t VALUES (1 OR 1)",
          "INSERT INTO t VALUES (1",
          "INSERT INTO t VALUES ('x",
          "INSERT INTO t VALUES (1)) SELECT",
          "INSERT INTO t VALUES /*!50000 (f()), */ (1)",
          "REPLACE INTO other.t VALUES (1)"});
  Refuse({"INSERT INTO t VALUES (\"a\")"}, Settings("SET sql_mode='ANSI_QUOTES'"));
  const std::string rows =
      "INSERT INTO `t` (`a`,`b`) VALUES (1,-2.5e-3),('a\\';(',NULL),(_binary 'x',0x00),"
      "(b'01',X'FF'),(N'z',DEFAULT),(_latin1'y',1.),(CONVERT('x' USING UTF8MB4),.5),"
      "(DATE'2020-01-01',CAST('1' AS JSON)),(UNHEX('00'),TRUE),(_utf8mb4 0x41,+1)";
  EXPECT_EQ(WhatRuns(rows), "unchanged");
  EXPECT_EQ(Judge(rows).rows, 10);
  EXPECT_EQ(WhatRuns("REPLACE LOW_PRIORITY IGNORE INTO mine.t VALUES (1) -- x"),
            "REPLACE LOW_PRIORITY IGNORE INTO t VALUES (1)");
  EXPECT_EQ(WhatRuns("INSERT INTO t VALUES (/*!50705 0x00, */ 1, /* x */ 'a')"),
            "INSERT INTO t VALUES ( 0x00, 1, 'a')");
}

TEST(StatementJudgeTest, LeavesBodiesAloneAndTheirHeadsWithoutComments) {
  EXPECT_EQ(
      WhatRuns("/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `g` BEFORE"
               " INSERT ON `t` FOR EACH ROW BEGIN /* a */ SET @x = 'it''s */'; END */"),
      "CREATE DEFINER=`root`@`localhost` TRIGGER `g` BEFORE INSERT ON `t` FOR EACH ROW BEGIN"
      " /* a */ SET @x = 'it''s */'; END ");
  EXPECT_EQ(
      WhatRuns("/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`a`@`%` SQL SECURITY"
               " DEFINER */\n/*!50001 VIEW `mine`.`v` AS select 1 */"),
      "CREATE ALGORITHM=UNDEFINED DEFINER=`a`@`%` SQL SECURITY DEFINER VIEW `v` AS select 1 ");
  const std::string body =
      "CREATE DEFINER=CURRENT_USER() PROCEDURE p() BEGIN GRANT ALL ON *.* TO me; -- x\nEND # y";
  EXPECT_EQ(WhatRuns(body), "unchanged");
  EXPECT_EQ(WhatRuns("CREATE FUNCTION f() RETURNS INT /* c */ RETURN 1"), "unchanged");
  EXPECT_EQ(WhatRuns("CREATE OR REPLACE PACKAGE BODY p AS END", kMariadb11), "unchanged");
  EXPECT_EQ(Judge("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1").statement.kind,
            Statement::Kind::kEvent);
  Refuse({"CREATE PROCEDURE other.p() SELECT 1",
          "CREATE TRIGGER g BEFORE INSERT ON other.t FOR EACH"
          " ROW SET @x=1",
          "CREATE TRIGGER other.g BEFORE INSERT ON t FOR EACH ROW SET @x=1",
          "CREATE VIEW other.v AS SELECT 1",
          "CREATE EVENT other.e ON SCHEDULE EVERY 1 DAY DO SET @x=1",
          "/*!50003 CREATE PROCEDURE p() SELECT 1", "CREATE DEFINER=f() PROCEDURE p() SELECT 1",
          "CREATE DEFINER=`a`@ PROCEDURE",
          "/*!999999 CREATE PROCEDURE p() */ GRANT ALL ON *.* TO me"});
}

TEST(StatementJudgeTest, ReadsVersionedCommentsAsTheServerDoes) {
  EXPECT_EQ(WhatRuns("SET sql_mode='' /*M!100100 , foreign_key_checks=0 */", kMysql9),
            "SET sql_mode=''");
  EXPECT_EQ(WhatRuns("SET sql_mode='' /*M!100100 , foreign_key_checks=0 */", kMariadb11),
            "SET sql_mode='' , foreign_key_checks=0");
  EXPECT_EQ(WhatRuns("SET sql_mode='' /*!80000 , foreign_key_checks=0 */", kMariadb11),
            "SET sql_mode=''");
  // The judged statement is the one that the server executes, whichever comments it executes.
  const std::string hidden = "SET sql_mode='' /*!80000 , GLOBAL general_log=1 */";
  EXPECT_EQ(Judge(hidden, kMysql9).action, Action::kRefuse);
  EXPECT_EQ(WhatRuns(hidden, kMariadb11), "SET sql_mode=''");
  EXPECT_EQ(WhatRuns("SET sql_mode='' /*!999999 /* x */ , GLOBAL general_log=1 */"),
            "SET sql_mode=''");
}

TEST(StatementJudgeTest, RefusesBytesThatTheServerMightTakeForSpace) {
  const ScriptSettings latin1 = Settings("SET NAMES latin1");
  Refuse({"CREATE TABLE t (a INT) COMMENT=x\xA0SELECT\xA0 1", "DROP TABLE t\xA0, other.t"}, latin1);
  EXPECT_EQ(WhatRuns("CREATE TABLE t\xC3\xA9 (a INT)"), "unchanged");
  EXPECT_EQ(Judge("CREATE TABLE t\xC3 (a INT)", kMysql9, latin1).action, Action::kRun);
  const std::string nul("CREATE TABLE t (a INT)\0SELECT 1", 31);
  EXPECT_EQ(Judge(nul).action, Action::kRefuse);
}

TEST(StatementJudgeTest, KnowsOneDatabaseOnly) {
  StatementJudge judge(kMysql9);
  const ScriptSettings settings;
  EXPECT_EQ(judge.Judge("CREATE TABLE a.t (b INT)", settings).action, Action::kRefuse);
  EXPECT_EQ(judge.Judge("USE a", settings).action, Action::kSkip);
  EXPECT_EQ(judge.Judge("CREATE TABLE a.t (b INT)", settings).sql, "CREATE TABLE t (b INT)");
  EXPECT_EQ(judge.Judge("USE `a`", settings).action, Action::kSkip);
  EXPECT_THAT(judge.Judge("USE b", settings).reason, HasSubstr("second database"));
  EXPECT_EQ(judge.Judge("CREATE DATABASE b", settings).action, Action::kSkip);
  EXPECT_EQ(judge.Judge("LOCK TABLES t WRITE", settings).action, Action::kSkip);
}

TEST(ScriptSettingsTest, FollowsSavedVariables) {
  ScriptSettings settings;
  const auto apply = [&](std::string_view sql) {
    settings.Apply(*ParseSet(sql, settings.syntax(), kMysql9));
  };
  apply("SET @saved = @@sql_mode, @cs = @@character_set_client");
  apply("SET sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES', character_set_client = gbk");
  EXPECT_FALSE(settings.syntax().backslash_escapes);
  EXPECT_TRUE(settings.syntax().ansi_quotes);
  EXPECT_EQ(settings.syntax().charset, sql::Charset::kGbk);
  apply("SET sql_mode = @saved, character_set_client = @CS");
  EXPECT_EQ(settings.syntax(), Syntax());
  apply("SET NAMES 'sjis' COLLATE sjis_bin");
  EXPECT_EQ(settings.syntax().charset, sql::Charset::kSjis);
  apply("SET @@GLOBAL.sql_mode = 'ANSI'");
  EXPECT_FALSE(settings.syntax().ansi_quotes);
}

}  // namespace
}  // namespace siphon::mysqlcommon
