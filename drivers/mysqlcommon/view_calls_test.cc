// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// MariaDB calls functions while it only opens or creates views (view_calls.h). The functions and
// views here are of somebody who owns one database, and want to run with the rights of the
// superuser who backs it up, looks at it, or restores its dump.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/driver.h"
#include "testing/rounds.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MysqlServer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Uses of a function that the server calls when it opens or creates the view, or prepares the text.
constexpr std::string_view kForms[] = {"SELECT SUBSTRING(b, spy(), 1) AS c FROM t",
                                       "SELECT ROUND(a / 3, spy()) AS c FROM t",
                                       "SELECT STR_TO_DATE(b, spy()) AS c FROM t",
                                       "SELECT a FROM t WHERE (a, b) IN ((spy(), 'x'), (2, 'y'))",
                                       "SELECT a FROM t WHERE spy() = 1 AND a = 1",
                                       "SELECT a FROM t WHERE a IN (spy(), 2)",
                                       "SELECT REPEAT(b, spy()) AS c FROM t",
                                       "SELECT a FROM t WHERE b LIKE spy()",
                                       "SELECT a FROM t WHERE spy() > ALL (SELECT a FROM t)"};

class ViewCalls : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    root_ = std::make_unique<PlainConnection>(ProfileFor(server_, "mysql"));
    root_->Run("SET GLOBAL log_bin_trust_function_creators = 1");
    root_->Run("CREATE DATABASE IF NOT EXISTS spied");
    root_->Run("CREATE TABLE IF NOT EXISTS spied.runs (who VARCHAR(200))");
    root_->Run("CREATE USER IF NOT EXISTS owner@'%' IDENTIFIED BY 'its own'");
    root_->Run("GRANT INSERT ON spied.runs TO owner@'%'");
    // As the definer in restored databases.
    root_->Run("GRANT SELECT, EXECUTE ON *.* TO owner@'%'");
    source_ = Owned();
    target_ = NewDatabase(server_);
  }
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  // A new database of the owner's.
  profile::ConnectionProfile Owned() {
    const profile::ConnectionProfile made = NewDatabase(server_);
    root_->Run(absl::StrCat("GRANT ALL ON `", made.database, "`.* TO owner@'%'"));
    return made;
  }
  PlainConnection ByOwner(const profile::ConnectionProfile& database) {
    profile::ConnectionProfile own = database;
    own.user = "owner";
    own.password = "its own";
    return PlainConnection(own);
  }

  // The function that runs as whoever causes it to.
  static std::string Spy(std::string_view security) {
    return absl::StrCat("CREATE FUNCTION spy() RETURNS INT DETERMINISTIC MODIFIES SQL DATA",
                        " SQL SECURITY ", security,
                        " BEGIN INSERT INTO spied.runs VALUES (CURRENT_USER()); RETURN 1; END");
  }
  static void Fill(PlainConnection& own, std::string_view security) {
    own.Run("CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(9))");
    own.Run("INSERT INTO t VALUES (1, 'x'), (2, 'y')");
    own.Run(Spy(security));
    int number = 0;
    for (const std::string_view form : kForms) {
      own.Run(absl::StrCat("CREATE SQL SECURITY ", security, " VIEW v", number++, " AS ", form));
    }
    own.Run(absl::StrCat("CREATE SQL SECURITY ", security, " VIEW w AS SELECT * FROM v0"));
  }

  // The database as the server's own program writes it, without its name.
  std::string Content(const profile::ConnectionProfile& profile) {
    return absl::StrReplaceAll(Describe(server_, profile.database),
                               {{absl::StrCat("`", profile.database, "`."), ""}});
  }

  // The runs with other rights than the owner's since the last call.
  std::vector<std::string> Runs() {
    std::vector<std::string> runs =
        root_->Column("SELECT DISTINCT who FROM spied.runs WHERE who NOT LIKE 'owner@%'");
    root_->Run("DELETE FROM spied.runs");
    return runs;
  }

  MysqlServer& server_ = SharedServer(GetParam());
  std::unique_ptr<PlainConnection> root_;
  profile::ConnectionProfile source_, target_;
  const base::Context context_;
};

INSTANTIATE_TEST_SUITE_P(
    Server, ViewCalls,
    ::testing::ValuesIn(siphon::testing::VersionsToTest(siphon::testing::AllMysqlServers())),
    [](const ::testing::TestParamInfo<std::string>& info) {
      return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
    });

TEST_P(ViewCalls, DoNotHappenInABackupOrAnInspection) {
  PlainConnection own = ByOwner(source_);
  Fill(own, "INVOKER");
  // A view that no longer works, whose text siphon would try by itself.
  own.Run("CREATE TABLE u (a INT, b VARCHAR(9), gone INT)");
  own.Run(
      "CREATE SQL SECURITY DEFINER VIEW broken AS SELECT SUBSTRING(b, spy(), 1) AS c, gone"
      " FROM u");
  own.Run("ALTER TABLE u DROP gone");
  if (server_.is_mariadb()) {
    // What another tool would do.
    Runs();
    root_->Run(absl::StrCat("SHOW CREATE VIEW `", source_.database, "`.v0"));
    EXPECT_THAT(Runs(), ::testing::Contains(HasSubstr("root@")));
  }
  Runs();
  ForkDriver driver(ForkOf(server_));
  ASSERT_OK_AND_ASSIGN(const auto connection,
                       driver.Connect(context_, source_, driver::Driver::Access::kRead));
  ASSERT_OK(connection->Inspect(context_, {.exact = true, .checksums = true}).status());
  ASSERT_OK(connection->CheckIntegrity(context_));
  EXPECT_THAT(Runs(), IsEmpty()) << "inspect";
  const std::string body = BackUp(server_, source_);
  EXPECT_THAT(Runs(), IsEmpty()) << "backup";
  EXPECT_THAT(body, HasSubstr("VIEW `v0` AS"));
  EXPECT_THAT(body, HasSubstr("VIEW `w` AS"));
  if (!server_.is_mariadb()) return;
  // The server's own program would open them.
  profile::ConnectionProfile by_program = source_;
  by_program.tools = profile::Tools::kSystem;
  siphon::testing::MemoryTarget target;
  EXPECT_THAT(TryBackUp(server_, by_program, target),
              StatusIs(errs::kDriverUnsupported, HasSubstr("view v0")));
  EXPECT_THAT(Runs(), IsEmpty()) << "backup by the server's program";
}

// The definitions that siphon reads without SHOW CREATE VIEW.
TEST_P(ViewCalls, LeaveTheDefinitionsAsTheyAre) {
  PlainConnection own = ByOwner(source_);
  Fill(own, "INVOKER");
  const std::string expected = Content(source_);
  driver::RestoreOptions trust;
  trust.trust = true;
  ASSERT_OK(TryRestore(server_, target_, BackUp(server_, source_), trust, context_));
  EXPECT_EQ(Content(target_), expected);
}

// Everything that a restore can do with a dump of such a database.
TEST_P(ViewCalls, DoNotHappenInARestore) {
  for (const std::string security : {"INVOKER", "DEFINER"}) {
    source_ = Owned();
    target_ = NewDatabase(server_);
    PlainConnection own = ByOwner(source_);
    Fill(own, security);
    const std::string expected = Content(source_);
    const std::string body = BackUp(server_, source_);
    Runs();
    const auto restore = [&](const char* how, const driver::RestoreOptions& options) {
      ASSERT_OK(TryRestore(server_, target_, body, options, context_)) << how;
      EXPECT_THAT(Runs(), IsEmpty()) << how << ", SQL SECURITY " << security;
      if (!options.no_owner) {
        EXPECT_EQ(Content(target_), expected) << how;
      }
    };
    driver::RestoreOptions clean, in_place, no_owner;
    clean.clean = in_place.clean = in_place.in_place = no_owner.clean = no_owner.no_owner = true;
    restore("into an empty database", {});
    restore("over itself", clean);
    restore("in place", in_place);
    restore("without owners", no_owner);
    ASSERT_OK_AND_ASSIGN(const auto scratch,
                         ForkDriver(ForkOf(server_)).OpenScratchOn(context_, target_));
    base::StringReader reader(body);
    ASSERT_OK(scratch->Restore(context_, {}, reader));
    ASSERT_OK(scratch->CheckIntegrity(context_));
    ASSERT_OK(scratch->Inspect(context_, {.exact = true, .checksums = true}).status());
    ASSERT_OK(scratch->Close());
    EXPECT_THAT(Runs(), IsEmpty()) << "scratch restore, SQL SECURITY " << security;
    // The functions are real ones, and do their work for those who read the views.
    EXPECT_EQ(PlainConnection(target_).Value("SELECT spy()"), "1");
    EXPECT_THAT(Runs(), ::testing::SizeIs(1));
  }
}

// Functions of all types and kinds come back as they were after stubs have stood for them.
TEST_P(ViewCalls, LeaveFunctionsOfAllKindsAsTheyAre) {
  PlainConnection own = ByOwner(source_);
  own.Run("CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(9))");
  for (const char* const function :
       {"f_one(x INT UNSIGNED, y VARCHAR(10) CHARACTER SET latin1, z ENUM('a', 'b''c')) RETURNS"
        " VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin DETERMINISTIC RETURN CONCAT(x, y)",
        "f_two(x DECIMAL(10,2), g GEOMETRY) RETURNS BIT(3) DETERMINISTIC SQL SECURITY INVOKER "
        "RETURN"
        " b'101'",
        "f_three() RETURNS SET('a','b') DETERMINISTIC COMMENT 'it''s' RETURN 'a'",
        "`vier ``ß`() RETURNS DATETIME(3) NOT DETERMINISTIC RETURN NOW(3)",
        "`fünf`() RETURNS JSON DETERMINISTIC RETURN '[]'"}) {
    own.Run(absl::StrCat("CREATE FUNCTION ", function));
  }
  own.Run("SET sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES'");
  own.Run("CREATE FUNCTION \"six\"() RETURNS TEXT DETERMINISTIC RETURN '\\' -- \"the end\"");
  own.Run(
      "CREATE VIEW v AS SELECT f_one(a, b, 'a') AS c1, f_two(a, NULL) AS c2, f_three() AS c3,"
      " `vier ``ß`() AS c4, `fünf`() AS c5, six() AS c6 FROM t WHERE f_one(1, 'x', 'a') = b");
  const std::string expected = Content(source_);
  const std::string body = BackUp(server_, source_);
  driver::RestoreOptions clean;
  clean.clean = true;
  for (int round = 0; round < 2; ++round) {
    ASSERT_OK(TryRestore(server_, target_, body, clean, context_));
    EXPECT_EQ(Content(target_), expected);
  }
}

// Code that is on the server already, in another database of the dump's writer.
TEST_P(ViewCalls, OfOtherDatabasesAreRefused) {
  if (!server_.is_mariadb()) return;  // MySQL calls nothing.
  PlainConnection own = ByOwner(source_);
  Fill(own, "INVOKER");
  own.Run("SET sql_mode=ORACLE");
  own.Run("CREATE PACKAGE p SQL SECURITY INVOKER AS FUNCTION f RETURN INT; END");
  own.Run(
      "CREATE PACKAGE BODY p SQL SECURITY INVOKER AS FUNCTION f RETURN INT DETERMINISTIC AS BEGIN"
      " INSERT INTO spied.runs VALUES (CURRENT_USER()); RETURN 1; END; END");
  Runs();
  const std::string there = absl::StrCat("`", source_.database, "`.");
  for (const std::string& select :
       {absl::StrCat("SELECT SUBSTRING('xy', ", there, "spy(), 1)"),
        absl::StrCat("SELECT SUBSTRING('xy', ", there, " SPY /* x */ (), 1)"),
        absl::StrCat("SELECT * FROM ", there, "v0"), absl::StrCat("SELECT * FROM ", there, "w"),
        absl::StrCat("SELECT ROUND(1.5, ", there, "p.f())")}) {
    const std::string body = absl::StrCat("CREATE VIEW stolen AS ", select, ";\n");
    driver::RestoreOptions clean, in_place;
    clean.clean = in_place.clean = in_place.in_place = true;
    for (const driver::RestoreOptions& options : {clean, in_place}) {
      const absl::Status status = TryRestore(server_, target_, body, options, context_);
      EXPECT_THAT(status, Not(IsOk())) << select;
      EXPECT_THAT(errs::Render(status), HasSubstr("--trust")) << select;
      EXPECT_THAT(Runs(), IsEmpty()) << select;
    }
  }
  // A function of a package of the dump itself.
  const std::string body =
      "SET sql_mode=ORACLE;\nDELIMITER ;;\n"
      "CREATE PACKAGE p AS FUNCTION f RETURN INT; END;;\n"
      "CREATE PACKAGE BODY p AS FUNCTION f RETURN INT DETERMINISTIC AS BEGIN"
      " INSERT INTO spied.runs VALUES (CURRENT_USER()); RETURN 1; END; END;;\n"
      "CREATE VIEW v AS SELECT ROUND(1.5, p.f());;\nDELIMITER ;\n";
  const absl::Status status = TryRestore(server_, target_, body, {}, context_);
  EXPECT_THAT(errs::Render(status), HasSubstr("--trust"));
  EXPECT_THAT(Runs(), IsEmpty());
}

}  // namespace
}  // namespace siphon::mysqlcommon
