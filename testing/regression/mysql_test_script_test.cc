// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/regression/mysql_test_script.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(MysqlTestScript, LeavesTheLanguagesOwnCommandsOut) {
  EXPECT_THAT(FillingStatements("# it's a comment; create table no (a int);\n"
                                "-- and this\n"
                                "--source include/have_innodb.inc\n"
                                "  --error ER_X\n"
                                "create table t1 (a int); --disable_warnings\n"
                                "let $x= insert into t1 values (1);\n"
                                "eval insert into t1 values ($x);\n"
                                "echo done; insert into t1\n  values (';', \"a\\\";\");\n"
                                "select 1; show tables;\n"
                                "replace into t1 values ('`;')"),
              ElementsAre("create table t1 (a int)", "insert into t1\n  values (';', \"a\\\";\")",
                          "replace into t1 values ('`;')"));
}

TEST(MysqlTestScript, KnowsDelimiters) {
  EXPECT_THAT(
      FillingStatements(
          "delimiter //;\ncreate procedure p() begin set @a= 1; end//\nDELIMITER ;//\n"
          "--delimiter |\ncall p()| call p() |\n--delimiter ;\ncall p();"),
      ElementsAre("create procedure p() begin set @a= 1; end", "call p()", "call p()", "call p()"));
}

TEST(MysqlTestScript, LeavesBlocksDocumentsAndOtherConnectionsOut) {
  EXPECT_THAT(
      FillingStatements("if ($x)\n{\n  call a();\n  while ($y) { call b(); }\n}\ncall c();\n"
                        "--if (`select 1`)\n{\ncall d();\n--exit\n}\n"
                        "--perl\ncall e();\nEOF\nwrite_file $f END;\ncall f();\nEND\n"
                        "connect (con1,localhost,root,,);\ncall g();\n"
                        "connection default;\ncall h();\nexit;\ncall i();\n"),
      ElementsAre("call c()", "call h()"));
}

TEST(MysqlTestScript, LeavesOutWhatIsNotAboutTheDatabase) {
  EXPECT_THAT(FillingStatements("create database x; alter schema x charset utf8; use x;\n"
                                "create or replace temporary table t (a int); set global y= 1;\n"
                                "set @@session.autocommit= 0; delete from t1; flush tables;\n"
                                "alter table t discard tablespace; begin; rollback;\n"
                                "select 1 into outfile 'f'; insert into t select sleep(9);"),
              IsEmpty());
  EXPECT_THAT(FillingStatements("delete from t1 where a= 1; set names latin1;"),
              ElementsAre("delete from t1 where a= 1", "set names latin1"));
}

TEST(MysqlTestScript, KeepsWhatAScriptDropsUnderOtherNames) {
  EXPECT_THAT(
      FillingStatements("drop table if exists t1, `a b` cascade;\n"
                        "drop view v1; drop table test.t1; drop table t1;"),
      ElementsAre("RENAME TABLE IF EXISTS t1 TO t1__1", "RENAME TABLE IF EXISTS `a b` TO `a b__1`",
                  "RENAME TABLE IF EXISTS v1 TO v1__1", "RENAME TABLE IF EXISTS t1 TO t1__2"));
  EXPECT_THAT(
      FillingStatements("create procedure p() set @a= 1; drop procedure p;\n"
                        "create definer=root@localhost procedure p() set @a= 2;\n"
                        "create function p() returns int return 1; DROP TRIGGER IF EXISTS g;\n"
                        "create sequence s; drop sequence s; create sequence s start 2;\n"
                        "CREATE TRIGGER g BEFORE INSERT ON t1 FOR EACH ROW SET @a= 1;"),
      ElementsAre("create procedure p() set @a= 1",
                  "create definer=root@localhost procedure p__1() set @a= 2",
                  "create function p() returns int return 1", "create sequence s",
                  "create sequence s__1 start 2",
                  "CREATE TRIGGER g__1 BEFORE INSERT ON t1 FOR EACH ROW SET @a= 1"));
}

}  // namespace
}  // namespace siphon::testing
