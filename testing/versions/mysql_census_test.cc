// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/versions/mysql_census.h"

#include "drivers/mysqlcommon/fork.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/driver/version.h"

namespace siphon::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(AsReadByTest, VersionedCommentsAreReadByTheVersionsThatExecuteThem) {
  const auto read = [](std::string_view sql, bool mariadb, driver::Version version) {
    return AsReadBy(sql, mariadb ? mysqlcommon::kMariadb : mysqlcommon::kMysql, version);
  };
  EXPECT_EQ(read("a /*!80023 b */ c", false, {8, 0, 22}), "a   c");
  EXPECT_EQ(read("a /*!80023 b */ c", false, {8, 0, 23}), "a  b  c");
  EXPECT_EQ(read("a /*!80023 b */ c", true, {11, 8, 0}), "a   c");
  EXPECT_EQ(read("a /*!40101 b */", true, {10, 11, 0}), "a  b ");
  EXPECT_EQ(read("a /*!100100 b */", true, {10, 11, 0}), "a  b ");
  EXPECT_EQ(read("/*M!100201 b */", false, {9, 7, 0}), " ");
  EXPECT_EQ(read("/*M!100201 b */", true, {10, 11, 6}), " b ");
  EXPECT_EQ(read("/*! b", false, {8, 0, 11}), " b");
}

TEST(MysqlCensusTest, StatementIsAcceptedByTheVersionsThatTheTableNames) {
  MysqlCensus old(mysqlcommon::kMysql, "8.0.42"), later(mysqlcommon::kMysql, "8.4.0");
  EXPECT_EQ(old.Judge("SHOW MASTER STATUS").error, 0);
  EXPECT_EQ(later.Judge("show master\nstatus").error, 1064);
  EXPECT_EQ(old.Judge("SHOW BINARY LOG STATUS").error, 1064);
  EXPECT_EQ(later.Judge("SHOW BINARY LOG STATUS").error, 0);
  EXPECT_THAT(old.refused(), ElementsAre(HasSubstr("SHOW BINARY LOG STATUS")));
  EXPECT_THAT(later.refused(), ElementsAre(HasSubstr("show master\nstatus")));
  EXPECT_TRUE(later.Saw("SHOW MASTER STATUS"));
  EXPECT_FALSE(old.Saw("MASTER STATUS SHOW"));
}

TEST(MysqlCensusTest, VariablesColumnsAndFunctionsAreRefusedWithTheServersErrors) {
  MysqlCensus census(mysqlcommon::kMysql, "8.0.29");
  EXPECT_EQ(census.Judge("SET SESSION show_gipk_in_create_table_and_information_schema=ON").error,
            1193);
  EXPECT_EQ(census.Judge("SELECT @@sql_generate_invisible_primary_key").error, 1193);
  EXPECT_EQ(census.Judge("SELECT full_collation_name FROM t").error, 1054);
  EXPECT_EQ(census.Judge("DO SETVAL(`s`, 1)").error, 1305);
  EXPECT_EQ(census.Judge("SELECT 1 FROM `t` FOR SYSTEM_TIME ALL").error, 1064);
}

TEST(MysqlCensusTest, WordThatIsNowhereListedIsRefused) {
  MysqlCensus census(mysqlcommon::kMysql, "9.7.4");
  EXPECT_EQ(census.Judge("SELECT UUID_SHORT()").error, 1064);
  EXPECT_THAT(census.refused(), ElementsAre(HasSubstr("neither in server_facts.h")));
}

TEST(MysqlCensusTest, QuotedNamesStringsNumbersAndUserVariablesAreNoWords) {
  MysqlCensus census(mysqlcommon::kMysql, "8.0.11");
  EXPECT_EQ(census.Judge("SELECT `UUID_SHORT`, 'UUID_SHORT', 0x00FF, 1e5, @uuid_short").error, 0);
  EXPECT_THAT(census.refused(), IsEmpty());
}

TEST(MysqlCensusTest, RealServerIsAskedForTheAnswerOfTheVersion) {
  MysqlCensus census(mysqlcommon::kMysql, "8.0.11");
  EXPECT_EQ(census.Judge("SELECT version(), @@max_allowed_packet LIMIT 1").sql,
            "SELECT '8.0.11', @@max_allowed_packet LIMIT 1");
  EXPECT_EQ(census.Judge("SHOW MASTER STATUS").sql, "SHOW BINARY LOG STATUS");
  EXPECT_EQ(census.Judge("SELECT character_set_name, extra FROM information_schema.columns").sql,
            "SELECT REPLACE(character_set_name,'utf8mb3','utf8'), extra"
            " FROM information_schema.columns");
  MysqlCensus own(mysqlcommon::kMariadb, "11.8.6-MariaDB");
  EXPECT_EQ(own.Judge("SELECT version(), @@max_allowed_packet LIMIT 1").sql,
            "SELECT version(), @@max_allowed_packet LIMIT 1");
}

}  // namespace
}  // namespace siphon::testing
