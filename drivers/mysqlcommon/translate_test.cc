// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/translate.h"

#include <set>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/sql/charset.h"

namespace siphon::mysqlcommon {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Translator ToMariadb() {
  return Translator(kMariadb, {"utf8mb4_uca1400_nopad_ai_ci", "utf8mb4_uca1400_nopad_as_cs",
                               "utf8mb4_uca1400_german2_nopad_ai_ci", "utf8mb4_nopad_bin",
                               "utf8mb4_general_ci", "latin1_swedish_ci"});
}
Translator ToMysql() {
  return Translator(kMysql, {"utf8mb4_0900_ai_ci", "utf8mb4_0900_as_cs", "utf8mb4_de_pb_0900_ai_ci",
                             "utf8mb4_0900_bin", "utf8mb3_unicode_520_ci", "utf8mb4_general_ci",
                             "utf8mb4_bin", "latin1_bin"});
}

TEST(TranslatorTest, FindsTheNearestCollation) {
  const Translator mariadb = ToMariadb();
  EXPECT_EQ(mariadb.Collation("utf8mb4_0900_ai_ci"), "utf8mb4_uca1400_nopad_ai_ci");
  EXPECT_EQ(mariadb.Collation("utf8mb4_0900_as_cs"), "utf8mb4_uca1400_nopad_as_cs");
  EXPECT_EQ(mariadb.Collation("utf8mb4_de_pb_0900_ai_ci"), "utf8mb4_uca1400_german2_nopad_ai_ci");
  EXPECT_EQ(mariadb.Collation("utf8mb4_ja_0900_as_cs"), "utf8mb4_uca1400_nopad_as_cs");
  EXPECT_EQ(mariadb.Collation("utf8mb4_0900_bin"), "utf8mb4_nopad_bin");
  EXPECT_EQ(mariadb.Collation("utf8mb4_general_ci"), "utf8mb4_general_ci");
  EXPECT_EQ(mariadb.Collation("gb18030_chinese_ci"), "gb18030_chinese_ci");
  EXPECT_EQ(mariadb.Collation("cs_0900"), "cs_0900");
  const Translator mysql = ToMysql();
  EXPECT_EQ(mysql.Collation("utf8mb4_uca1400_ai_ci"), "utf8mb4_0900_ai_ci");
  EXPECT_EQ(mysql.Collation("utf8mb4_uca1400_nopad_as_cs"), "utf8mb4_0900_as_cs");
  EXPECT_EQ(mysql.Collation("utf8mb4_uca1400_ai_cs"), "utf8mb4_0900_as_cs");
  EXPECT_EQ(mysql.Collation("utf8mb4_uca1400_german2_ai_ci"), "utf8mb4_de_pb_0900_ai_ci");
  EXPECT_EQ(mysql.Collation("utf8mb3_uca1400_ai_ci"), "utf8mb3_unicode_520_ci");
  // MySQL's other collations of this character set ignore spaces at the end.
  EXPECT_EQ(mysql.Collation("utf8mb4_general_nopad_ci"), "utf8mb4_0900_ai_ci");
  EXPECT_EQ(mysql.Collation("utf8mb4_unicode_520_nopad_ci"), "utf8mb4_0900_ai_ci");
  EXPECT_EQ(mysql.Collation("utf8mb4_nopad_bin"), "utf8mb4_0900_bin");
  EXPECT_EQ(mysql.Collation("latin1_nopad_bin"), "latin1_bin");
}

TEST(TranslatorTest, CollationThatNoLongerCountsSpacesAtTheEndIsALoss) {
  const auto translate = [&](std::string_view collation) {
    return ToMysql().Table(
        absl::StrCat("CREATE TABLE `t` (`a` varchar(9) COLLATE ", collation, ") ENGINE=InnoDB"));
  };
  EXPECT_THAT(translate("latin1_nopad_bin").losses, ElementsAre(HasSubstr("spaces at the end")));
  EXPECT_THAT(translate("latin1_nopad_bin").changes, IsEmpty());
  EXPECT_THAT(translate("utf8mb3_uca1400_nopad_ai_ci").losses,
              ElementsAre(HasSubstr("spaces at the end")));
  for (const char* const kept : {"utf8mb4_unicode_520_nopad_ci", "utf8mb4_uca1400_nopad_as_cs",
                                 "utf8mb4_uca1400_ai_ci", "utf8mb4_nopad_bin"}) {
    EXPECT_THAT(translate(kept).losses, IsEmpty()) << kept;
    EXPECT_THAT(translate(kept).changes, ElementsAre(HasSubstr("becomes"))) << kept;
  }
}

// MariaDB stores an expression as text, and writes a literal with a character set without escapes.
TEST(TranslatorTest, LiteralsInExpressionsKeepTheirBytesInMariadb) {
  const Translated table = ToMariadb().Table(
      R"sql(CREATE TABLE `t` (
  `a` varchar(50) DEFAULT (concat(_utf8mb4'it\'s',_utf8mb4'x')),
  `b` int GENERATED ALWAYS AS (locate(_utf8mb3'C:\\x',_latin1'it\'s')) VIRTUAL,
  `c` varbinary(9) DEFAULT (concat(_binary'\'\0\\',_binary'q')),
  `d` varchar(9) DEFAULT 'it''s' COMMENT '_latin1''x\\',
  CONSTRAINT `k` CHECK ((`a` <> _utf8mb4'nul\0\n') and (`a` not like _utf8mb4'x|_%' escape _utf8mb4'|'))
) ENGINE=InnoDB)sql");
  EXPECT_EQ(table.sql,
            R"sql(CREATE TABLE `t` (
  `a` varchar(50) DEFAULT (concat('it\'s','x')),
  `b` int GENERATED ALWAYS AS (locate('C:\\x',convert(X'69742773' using latin1))) VIRTUAL,
  `c` varbinary(9) DEFAULT (concat(X'27005c',_binary'q')),
  `d` varchar(9) DEFAULT 'it''s' COMMENT '_latin1''x\\',
  CONSTRAINT `k` CHECK ((`a` <> 'nul\0\n') and (`a` not like 'x|_%' escape '|'))
) ENGINE=InnoDB)sql");
  EXPECT_THAT(table.losses, IsEmpty());
}

TEST(TranslatorTest, EngineThatTheServerLacksBecomesInnodb) {
  const Translator translator(kMariadb, {}, {"INNODB", "MYISAM"});
  const Translated table = translator.Table(
      "CREATE TABLE `t` (`a` int) ENGINE=ARCHIVE\n/*!50100 PARTITION BY HASH (`a`)\n"
      "(PARTITION p0 ENGINE = ARCHIVE) */");
  EXPECT_THAT(table.sql, AllOf(HasSubstr(") ENGINE=InnoDB"), HasSubstr("p0 ENGINE = InnoDB")));
  EXPECT_THAT(table.changes, ElementsAre(HasSubstr("InnoDB there, not ARCHIVE")));
  EXPECT_THAT(translator.Table("CREATE TABLE `t` (`a` int) ENGINE=MyISAM").changes, IsEmpty());
  // The server refuses it, and says so: its rows are elsewhere.
  EXPECT_THAT(translator.Table("CREATE TABLE `t` (`a` int) ENGINE=FEDERATED").sql,
              HasSubstr("ENGINE=FEDERATED"));
}

TEST(TranslatorTest, WritesMysqlsTablesForMariadb) {
  const Translated table = ToMariadb().Table(
      "CREATE TABLE `t` (\n"
      "  `j` json DEFAULT NULL COMMENT 'SRID, STORED NOT NULL utf8mb4_0900_ai_ci',\n"
      "  `i` int DEFAULT '3' /*!80023 INVISIBLE */,\n"
      "  `s` int GENERATED ALWAYS AS ((`i` + 1)) STORED NOT NULL,\n"
      "  `p` point NOT NULL /*!80003 SRID 4326 */,\n"
      "  KEY `inv` (`i`) /*!80000 INVISIBLE */,\n"
      "  KEY `pre` (`j`(10),`i` DESC),\n"
      "  KEY `fx` ((lower(`i`))),\n"
      "  UNIQUE KEY `fy` (`i`,(`i` + 1)),\n"
      "  CONSTRAINT `ne` CHECK ((`i` < 100000)) /*!80016 NOT ENFORCED */,\n"
      "  CONSTRAINT `ok` CHECK ((`i` > 0))\n"
      ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci ENCRYPTION='Y'\n"
      "/*!50100 PARTITION BY HASH (`i`) */");
  EXPECT_EQ(table.sql,
            "CREATE TABLE `t` (\n"
            "  `j` json DEFAULT NULL COMMENT 'SRID, STORED NOT NULL utf8mb4_0900_ai_ci',\n"
            "  `i` int DEFAULT '3' INVISIBLE,\n"
            "  `s` int GENERATED ALWAYS AS ((`i` + 1)) STORED,\n"
            "  `p` point NOT NULL,\n"
            "  KEY `inv` (`i`) IGNORED,\n"
            "  KEY `pre` (`j`(10),`i` DESC),\n"
            "  CONSTRAINT `ok` CHECK ((`i` > 0))\n"
            ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_nopad_ai_ci"
            " PARTITION BY HASH (`i`)");
  EXPECT_THAT(table.losses,
              ElementsAre(HasSubstr("`s` can't be NOT NULL"), HasSubstr("`p` is not bound"),
                          HasSubstr("index `fx`"), HasSubstr("index `fy`"),
                          HasSubstr("constraint `ne`"), HasSubstr("ENCRYPTION")));
  EXPECT_THAT(table.changes, ElementsAre(HasSubstr("JSON column `j`"), HasSubstr("`inv`"),
                                         HasSubstr("becomes utf8mb4_uca1400_nopad_ai_ci")));
}

TEST(TranslatorTest, InvisibleColumnThatNeedsAValueIsVisibleInMariadb) {
  const Translated table = ToMariadb().Table(
      "CREATE TABLE `t` (\n"
      "  `id` bigint NOT NULL AUTO_INCREMENT /*!80023 INVISIBLE */,\n"
      "  `a` int NOT NULL /*!80023 INVISIBLE */,\n"
      "  `b` int NOT NULL DEFAULT '3' /*!80023 INVISIBLE */,\n"
      "  `c` int GENERATED ALWAYS AS (`a`) VIRTUAL NOT NULL /*!80023 INVISIBLE */\n)");
  EXPECT_EQ(table.sql,
            "CREATE TABLE `t` (\n"
            "  `id` bigint NOT NULL AUTO_INCREMENT INVISIBLE,\n"
            "  `a` int NOT NULL,\n"
            "  `b` int NOT NULL DEFAULT '3' INVISIBLE,\n"
            "  `c` int GENERATED ALWAYS AS (`a`) VIRTUAL INVISIBLE )");
  EXPECT_THAT(table.losses, ElementsAre(HasSubstr("`a` is visible there"), HasSubstr("`c`")));
}

TEST(TranslatorTest, ReadsVersionedCommentsAsTheServerOfTheSource) {
  // No part of a table in MariaDB, and none in MySQL.
  EXPECT_EQ(ToMysql().Table("CREATE TABLE `t` (\n  `a` int /*!80023 INVISIBLE */\n)").sql,
            "CREATE TABLE `t` (\n  `a` int )");
  EXPECT_EQ(ToMariadb().Table("CREATE TABLE `t` (\n  `a` int /*M!100301 COMPRESSED*/\n)").sql,
            "CREATE TABLE `t` (\n  `a` int )");
}

TEST(TranslatorTest, WritesMariadbsTablesForMysql) {
  const Translated table = ToMysql().Table(
      "CREATE TABLE `t` (\n"
      "  `id` int(11) NOT NULL DEFAULT nextval(`s`),\n"
      "  `u` uuid DEFAULT uuid(),\n"
      "  `x` text /*M!100301 COMPRESSED*/ DEFAULT 'it''s, (a)',\n"
      "  `y` longtext DEFAULT NULL CHECK (json_valid(`y`)),\n"
      "  `z` varchar(10) DEFAULT concat('a',lower('b')) COMMENT 'z',\n"
      "  `d` datetime DEFAULT current_timestamp() ON UPDATE current_timestamp(),\n"
      "  `w` int(11) DEFAULT NULL WITHOUT SYSTEM VERSIONING,\n"
      "  `i` text DEFAULT _latin1'x',\n"
      "  `v` vector(3) NOT NULL,\n"
      "  `since` timestamp(6) GENERATED ALWAYS AS ROW START,\n"
      "  `till` timestamp(6) GENERATED ALWAYS AS ROW END,\n"
      "  PRIMARY KEY (`id`,`till`),\n"
      "  UNIQUE KEY `over` (`w`,`p` WITHOUT OVERLAPS),\n"
      "  KEY `inv` (`d`) IGNORED,\n"
      "  VECTOR KEY `v` (`v`) `M`=8,\n"
      "  PERIOD FOR SYSTEM_TIME (`since`, `till`),\n"
      "  PERIOD FOR `p` (`d`, `d`),\n"
      "  CONSTRAINT `CONSTRAINT_1` CHECK (`w` > 0),\n"
      "  CONSTRAINT `t_chk_1` CHECK (`w` > 1),\n"
      "  CONSTRAINT `own` CHECK (`w` > 2)\n"
      ") ENGINE=Aria DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci PAGE_CHECKSUM=1"
      " `page_compressed`=1 WITH SYSTEM VERSIONING\n"
      " PARTITION BY SYSTEM_TIME \n"
      "(PARTITION `h` HISTORY ENGINE = InnoDB)");
  EXPECT_EQ(table.sql,
            "CREATE TABLE `t` (\n"
            "  `id` int(11) NOT NULL,\n"
            "  `u` char(36) CHARACTER SET ascii DEFAULT (uuid()),\n"
            "  `x` text DEFAULT ('it''s, (a)'),\n"
            "  `y` longtext DEFAULT NULL CHECK (json_valid(`y`)),\n"
            "  `z` varchar(10) DEFAULT (concat('a',lower('b'))) COMMENT 'z',\n"
            "  `d` datetime DEFAULT current_timestamp() ON UPDATE current_timestamp(),\n"
            "  `w` int(11) DEFAULT NULL,\n"
            "  `i` text DEFAULT (_latin1'x'),\n"
            "  `v` vector(3) NOT NULL,\n"
            "  PRIMARY KEY (`id`),\n"
            "  KEY `inv` (`d`) INVISIBLE,\n"
            "  CHECK (`w` > 0),\n"
            "  CHECK (`w` > 1),\n"
            "  CONSTRAINT `own` CHECK (`w` > 2)\n"
            ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci");
  EXPECT_THAT(
      table.losses,
      ElementsAre(HasSubstr("`id` has no default"), HasSubstr("of type uuid"), HasSubstr("`since`"),
                  HasSubstr("`till`"), HasSubstr("vector index `v`"), HasSubstr("period `p`"),
                  HasSubstr("key PRIMARY"), HasSubstr("key `over`"), HasSubstr("history")));
}

TEST(TranslatorTest, TakesOutModesThatTheOtherDoesNotKnow) {
  EXPECT_EQ(ToMysql()
                .Other("SET sql_mode='STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER',"
                       " character_set_client=utf8mb4, collation_connection=utf8mb4_uca1400_ai_ci")
                .sql,
            "SET sql_mode='STRICT_TRANS_TABLES', character_set_client=utf8mb4,"
            " collation_connection=utf8mb4_0900_ai_ci");
  EXPECT_EQ(ToMariadb().Other("SET sql_mode='TIME_TRUNCATE_FRACTIONAL,ANSI'").sql,
            "SET sql_mode='ANSI'");
  EXPECT_EQ(ToMysql().Other("SELECT 'NO_AUTO_CREATE_USER' -- sql_mode\n").sql,
            "SELECT 'NO_AUTO_CREATE_USER' -- sql_mode\n");
}

TEST(TranslatorTest, ReadsStringsInTheSyntaxOfTheDefinition) {
  const auto other = [](std::string_view sql, const Syntax& syntax) {
    return ToMysql().Other(sql, syntax).sql;
  };
  const std::string slash = R"(SELECT 'C:\', ' utf8mb4_uca1400_ai_ci ')";
  EXPECT_EQ(other(slash, {.backslash_escapes = false}), slash);
  EXPECT_EQ(
      other(R"(SELECT 'C:\', 'x' COLLATE utf8mb4_uca1400_ai_ci)", {.backslash_escapes = false}),
      R"(SELECT 'C:\', 'x' COLLATE utf8mb4_0900_ai_ci)");
  const std::string quotes = R"(SELECT "a\", '" utf8mb4_uca1400_ai_ci "')";
  EXPECT_EQ(other(quotes, {.ansi_quotes = true}), quotes);
  const std::string gbk = "SELECT '\xB5\x5C', ' utf8mb4_uca1400_ai_ci '";
  EXPECT_EQ(other(gbk, {.charset = sql::Charset::kGbk}), gbk);
}

TEST(TranslatorTest, LeavesWhatBothKnowAsItStands) {
  const std::string table =
      "CREATE TABLE `t` (\n  `a` decimal(10,2) DEFAULT (1 + 1),\n  `b` bit(5) DEFAULT b'0',\n"
      "  KEY `k` (`a`),\n  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `u` (`a`)\n)"
      " ENGINE=InnoDB COLLATE=utf8mb4_general_ci";
  for (const Translator& translator : {ToMariadb(), ToMysql()}) {
    const Translated same = translator.Table(table);
    EXPECT_EQ(same.sql, table);
    EXPECT_THAT(same.changes, IsEmpty());
    EXPECT_THAT(same.losses, IsEmpty());
  }
  EXPECT_EQ(ToMysql().Table("CREATE TABLE `t").sql, "CREATE TABLE `t");
}

}  // namespace
}  // namespace siphon::mysqlcommon
