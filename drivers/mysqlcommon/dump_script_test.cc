// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/dump_script.h"

#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/dump_form.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The form that a backup gives a definition.
std::string Recorded(std::string_view sql) {
  return absl::StrCat("-- siphon: statement of ", sql.size(), " bytes\nDELIMITER ;;\n", sql,
                      "\n;;\nDELIMITER ;\n");
}

class DumpScriptTest : public ::testing::TestWithParam<bool> {
 protected:
  DumpScriptTest() : script_(&dump_, GetParam()) {
    EXPECT_OK(script_.Write(context_, "the head",
                            absl::StrCat(kDumpBegin, "a server", kDumpForm, "\n\n")));
    Set("SET NAMES utf8mb4");
    Set("SET sql_mode='NO_AUTO_VALUE_ON_ZERO'");
  }
  void Set(std::string_view sql) { EXPECT_OK(script_.WriteStatement(context_, "a setting", sql)); }
  absl::Status Define(std::string_view object, std::string_view sql) {
    return script_.WriteAs(context_, object, sql, Recorded(sql));
  }

  const base::Context context_;
  base::StringWriter dump_;
  DumpScript script_;
};

INSTANTIATE_TEST_SUITE_P(Fork, DumpScriptTest, ::testing::Bool());

TEST_P(DumpScriptTest, WritesWhatARestoreReads) {
  const std::string create = "CREATE TABLE `t` (`a` varchar(9) DEFAULT 'it''s; \\'') ENGINE=InnoDB";
  EXPECT_OK(script_.Write(context_, "table t", "\n-- Table t\n"));
  EXPECT_OK(Define("table t", create));
  EXPECT_OK(script_.CheckSample(context_, "table t", "INSERT INTO `t` VALUES\n(_latin1'')"));
  EXPECT_OK(script_.CheckSample(context_, "table u", "INSERT INTO `u` () VALUES\n()"));
  EXPECT_OK(script_.rows().Write(context_, "INSERT INTO `t` VALUES\n('x');\n"));
  EXPECT_OK(script_.Finish(context_));
  EXPECT_EQ(dump_.data(), absl::StrCat(kDumpBegin, "a server", kDumpForm,
                                       "\n\nSET NAMES utf8mb4;\n"
                                       "SET sql_mode='NO_AUTO_VALUE_ON_ZERO';\n\n-- Table t\n",
                                       Recorded(create), "INSERT INTO `t` VALUES\n('x');\n"));
  EXPECT_THAT(script_.refused(), IsEmpty());
}

TEST_P(DumpScriptTest, RefusesAStringThatIsNeverClosed) {
  EXPECT_THAT(Define("table t", "CREATE TABLE `t` (\n`a` varchar(9) DEFAULT 'C:\\')"),
              StatusIs(errs::kIntegrity,
                       AllOf(HasSubstr("table t"), HasSubstr("string that begins in line 2"))));
}

TEST_P(DumpScriptTest, FollowsTheSqlModeOfADefinition) {
  Set("SET sql_mode=_latin1'NO_BACKSLASH_ESCAPES'");
  EXPECT_OK(Define("table t", "CREATE TABLE `t` (`a` varchar(9) DEFAULT 'C:\\')"));
  EXPECT_OK(Define("procedure p", "CREATE PROCEDURE `p`() SELECT 'C:\\' # a comment"));
  EXPECT_THAT(Define("table u", "CREATE TABLE `u` (`a` varchar(9) DEFAULT 'it\\'s')"),
              StatusIs(errs::kIntegrity, HasSubstr("table u")));
}

TEST_P(DumpScriptTest, RefusesTwoStatementsInOne) {
  EXPECT_THAT(Define("table t", "CREATE TABLE `t` (`a` int); DROP TABLE `u`"),
              StatusIs(errs::kIntegrity, AllOf(HasSubstr("table t"), HasSubstr("2 statements"))));
}

TEST_P(DumpScriptTest, RefusesAStatementThatIsReadAsAnother) {
  const std::string sql = "CREATE TABLE `t` (`a` int)";
  EXPECT_THAT(script_.WriteAs(context_, "table t", sql, "CREATE TABLE `t` (`b` int);\n"),
              StatusIs(errs::kIntegrity, HasSubstr("table t")));
}

TEST_P(DumpScriptTest, RefusesAStatementWithoutAnEnd) {
  const std::string sql = "CREATE TABLE `t` (`a` int)";
  EXPECT_THAT(script_.WriteAs(context_, "table t", sql, sql),
              StatusIs(errs::kIntegrity, HasSubstr("table t")));
}

TEST_P(DumpScriptTest, RefusesASettingWithAStringThatIsNeverClosed) {
  EXPECT_THAT(script_.WriteStatement(context_, "view v", "SET sql_mode=_latin1'ANSI\\'"),
              StatusIs(errs::kIntegrity, AllOf(HasSubstr("view v"), HasSubstr("never closed"))));
}

TEST_P(DumpScriptTest, RefusesACommentThatEndsEarly) {
  EXPECT_THAT(script_.Write(context_, "table t", "-- Table t\nDROP TABLE u;\n"),
              StatusIs(errs::kIntegrity, HasSubstr("table t")));
}

TEST_P(DumpScriptTest, RefusesASampleThatIsNoInsert) {
  EXPECT_THAT(script_.CheckSample(context_, "table t", "INSERT INTO `t` (`a) VALUES\n('')"),
              StatusIs(errs::kIntegrity, HasSubstr("table t")));
}

TEST_P(DumpScriptTest, ReadsADefinitionInHexadecimal) {
  const std::string sql = "CREATE PROCEDURE `p`() SELECT '\n'";
  const auto as = [](std::string_view bytes) {
    return absl::StrCat(kHexadecimal, absl::BytesToHexString(bytes),
                        "\nSIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'x';\n");
  };
  EXPECT_OK(script_.WriteAs(context_, "procedure p", sql, as(sql)));
  EXPECT_THAT(script_.WriteAs(context_, "procedure q", sql, as("CREATE VIEW v AS SELECT 1")),
              StatusIs(errs::kIntegrity, HasSubstr("procedure q")));
}

TEST_P(DumpScriptTest, ListsDefinitionsThatNeedTrust) {
  EXPECT_OK(Define("table t", "CREATE TABLE `t` (`a` int) DATA DIRECTORY='/srv'"));
  EXPECT_OK(Define("table u", "CREATE TABLE `u` (`a` int) ENGINE=InnoDB"));
  EXPECT_THAT(script_.refused(), ElementsAre(AllOf(HasSubstr("table t ("), HasSubstr("DATA"))));
}

}  // namespace
}  // namespace siphon::mysqlcommon
