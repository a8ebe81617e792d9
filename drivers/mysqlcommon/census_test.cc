// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// After a restore the target has the objects of the dump, no others; or it is as it was.

#include "drivers/mysqlcommon/census.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "drivers/mysqlcommon/scratch.h"
#include "drivers/mysqlcommon/settings.h"
#include "drivers/mysqlcommon/swap.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/io.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MysqlServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kOld[] =
    "CREATE TABLE old(a INT); INSERT INTO old VALUES (7);"
    "CREATE VIEW old_view AS SELECT a FROM old;"
    "CREATE TRIGGER old_trigger BEFORE INSERT ON old FOR EACH ROW SET NEW.a = 1;";

// A dump, and its tables' names.
constexpr char kDump[] =
    "CREATE TABLE old(a INT);\nCREATE TABLE u(a INT);\nINSERT INTO old VALUES (1);\n";

// The dump with enough additional statements that it is loaded in several parts, the tables first.
std::string Padded(std::string dump) {
  const std::string pad(size_t{1} << 20, 'x');
  for (int i = 0; i < 6; ++i) absl::StrAppend(&dump, "/*", pad, "*/ INSERT INTO old VALUES (1);\n");
  return dump;
}

// Calls `last` before it returns the end of a body.
class LastCall : public base::Reader {
 public:
  LastCall(std::string body, std::function<void()> last)
      : body_(std::move(body)), rest_(body_), last_(std::move(last)) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    const size_t size = rest_.copy(out.data(), out.size());
    rest_.remove_prefix(size);
    if (size == 0 && last_ != nullptr) std::exchange(last_, nullptr)();
    return size;
  }

 private:
  const std::string body_;
  std::string_view rest_;
  std::function<void()> last_;
};

class CensusTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    target_ = NewDatabase(server_);
    ASSERT_OK(server_.RunSql(kOld, target_.database));
    before_ = Describe(server_, target_.database);
    const auto settings = ConnectionSettings(target_);
    ASSERT_OK(settings);
    auto session = Session::Connect(context_, ForkOf(server_), *settings);
    ASSERT_OK(session);
    session_ = *std::move(session);
  }
  void TearDown() override {
    session_.reset();
    EXPECT_THAT(Leftovers(server_), IsEmpty());
  }

  Census Of(const std::vector<std::string>& statements) {
    Census census;
    for (const std::string& sql : statements) {
      EXPECT_OK(census.Note(context_, *session_, Classify(sql), sql));
    }
    return census;
  }
  // Exchanges the target's content for a scratch database that was made by `made` and has these
  // definitions; the dump had `census`.
  absl::Status Swap(const std::string& made, const std::vector<std::string>& definitions,
                    const std::vector<std::string>& census, bool whole = true) {
    const auto scratch = ScratchDatabase::Create(context_, ForkOf(server_), session_->settings());
    EXPECT_OK(scratch);
    EXPECT_OK(server_.RunSql(made, (*scratch)->name()));
    std::vector<Definition> deferred;
    for (const std::string& create : definitions) deferred.emplace_back().create = create;
    const Census objects = Of(census);
    return mysqlcommon::Swap(context_, *session_, (*scratch)->name(), deferred, objects,
                             whole ? Extent::kDatabase : Extent::kTables, false);
  }
  void ExpectUnchanged() { EXPECT_EQ(Describe(server_, target_.database), before_); }

  // Restores a dump while `statement` is run in the scratch database, or the target with in_place.
  absl::Status RestoreMeanwhile(const std::string& statement, driver::RestoreOptions options) {
    options.clean = true;
    const auto connection =
        ForkDriver(ForkOf(server_)).Connect(context_, target_, driver::Driver::Access::kWrite);
    EXPECT_OK(connection);
    LastCall reader(Padded(kDump), [&] {
      const std::string database =
          options.in_place ? target_.database
                           : server_
                                 .Value(
                                     "SELECT schema_name FROM information_schema.schemata"
                                     " WHERE schema_name LIKE '%siphon\\_scratch%'")
                                 .value_or("");
      EXPECT_OK(server_.RunSql(statement, database));
    });
    return (*connection)->Restore(context_, options, reader);
  }

  MysqlServer& server_ = SharedServer(GetParam());
  profile::ConnectionProfile target_;
  std::string before_;
  std::unique_ptr<Session> session_;
  const base::Context context_;
};

INSTANTIATE_TEST_SUITE_P(Server, CensusTest,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(CensusTest, TheObjectsOfTheDumpAreTaken) {
  const std::vector<std::string> definitions = {
      "CREATE VIEW v AS SELECT a FROM t", "CREATE PROCEDURE Proc() SELECT 1",
      "CREATE FUNCTION proc() RETURNS INT DETERMINISTIC RETURN 1",
      "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW SET @x = 1",
      "CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DISABLE DO SELECT 1"};
  std::vector<std::string> census = {
      "DROP TABLE IF EXISTS `t`,`gone`", "CREATE TABLE `t` (a INT)", "CREATE TABLE `Größe` (a INT)",
      // A placeholder, as mysqldump writes it, and a temporary table.
      "CREATE TABLE v(a INT)", "DROP TABLE v", "CREATE TEMPORARY TABLE passing(a INT)"};
  census.insert(census.end(), definitions.begin(), definitions.end());
  EXPECT_OK(Swap("CREATE TABLE t(a INT); CREATE TABLE `Größe`(a INT);", definitions, census));
  EXPECT_EQ(PlainConnection(target_).Int("SELECT COUNT(*) FROM information_schema.tables"
                                         " WHERE table_schema = DATABASE()"),
            3);
}

TEST_P(CensusTest, ATableThatIsNotInTheDumpDoesNotReachTheTarget) {
  EXPECT_THAT(
      Swap("CREATE TABLE t(a INT); CREATE TABLE planted(a INT);", {}, {"CREATE TABLE t(a INT)"}),
      StatusIs(errs::kIntegrity,
               AllOf(HasSubstr("not in the dump: table planted"), Not(HasSubstr("missing")))));
  ExpectUnchanged();
}

TEST_P(CensusTest, AMissingTableLeavesTheTargetAsItWas) {
  EXPECT_THAT(
      Swap("CREATE TABLE t(a INT);", {}, {"CREATE TABLE t(a INT)", "CREATE TABLE u(a INT)"}),
      StatusIs(errs::kIntegrity, HasSubstr("missing: table u")));
  ExpectUnchanged();
}

TEST_P(CensusTest, AViewInThePlaceOfATableIsADifference) {
  EXPECT_THAT(Swap("CREATE TABLE u(a INT); CREATE VIEW t AS SELECT a FROM u;", {},
                   {"CREATE TABLE t(a INT)", "CREATE TABLE u(a INT)"}),
              StatusIs(errs::kIntegrity, HasSubstr("view t")));
  ExpectUnchanged();
}

TEST_P(CensusTest, AForeignTriggerOnATableOfTheScratchDatabaseIsADifference) {
  EXPECT_THAT(Swap("CREATE TABLE t(a INT);"
                   "CREATE TRIGGER spy BEFORE INSERT ON t FOR EACH ROW SET @x = 1;",
                   {}, {"CREATE TABLE t(a INT)"}),
              StatusIs(errs::kIntegrity, HasSubstr("trigger spy on t")));
  ExpectUnchanged();
}

// These are seen after the tables have moved.
TEST_P(CensusTest, DefinitionsThatAreNotThoseOfTheDumpUndoTheExchange) {
  const std::string table = "CREATE TABLE t(a INT)";
  const std::vector<std::string> definitions = {
      "CREATE VIEW v AS SELECT a FROM t", "CREATE PROCEDURE p() SELECT 1",
      "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW SET @x = 1",
      "CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DISABLE DO SELECT 1"};
  for (const std::string& definition : definitions) {
    EXPECT_THAT(Swap(table, {definition}, {table}),
                StatusIs(errs::kIntegrity, HasSubstr("not in the dump")))
        << definition;
    ExpectUnchanged();
    EXPECT_THAT(Swap(table, {}, {table, definition}),
                StatusIs(errs::kIntegrity, HasSubstr("missing")))
        << definition;
    ExpectUnchanged();
  }
  // The same name on another table, and of another kind.
  EXPECT_THAT(Swap("CREATE TABLE t(a INT); CREATE TABLE u(a INT);",
                   {"CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW SET @x = 1"},
                   {table, "CREATE TABLE u(a INT)",
                    "CREATE TRIGGER tr AFTER INSERT ON u FOR EACH ROW SET @x = 1"}),
              StatusIs(errs::kIntegrity, HasSubstr("trigger tr on u")));
  EXPECT_THAT(Swap(table, {"CREATE PROCEDURE p() SELECT 1"},
                   {table, "CREATE FUNCTION p() RETURNS INT DETERMINISTIC RETURN 1"}),
              StatusIs(errs::kIntegrity, HasSubstr("function p")));
  ExpectUnchanged();
}

TEST_P(CensusTest, OfChosenTablesTheseAndTheirTriggersCount) {
  // The view that stays reads the column "a".
  const std::string table = "CREATE TABLE old(a INT, b INT)";
  const std::string trigger = "CREATE TRIGGER tr AFTER INSERT ON old FOR EACH ROW SET @x = 1";
  EXPECT_THAT(Swap(table, {trigger}, {table}, false),
              StatusIs(errs::kIntegrity, HasSubstr("trigger tr on old")));
  ExpectUnchanged();
  EXPECT_THAT(Swap(table, {}, {table, trigger}, false),
              StatusIs(errs::kIntegrity, HasSubstr("missing: trigger tr on old")));
  ExpectUnchanged();
  ASSERT_OK(
      server_.RunSql("CREATE TABLE stays(a INT); CREATE VIEW w AS SELECT a FROM stays;"
                     "CREATE TRIGGER stays_too BEFORE INSERT ON stays FOR EACH ROW SET @y = 1;",
                     target_.database));
  EXPECT_OK(Swap(table, {trigger}, {table, trigger}, false));
}

TEST_P(CensusTest, WhatAnotherSessionDoesToTheScratchDatabaseIsNotRestored) {
  for (const char* const statement :
       {"CREATE TABLE planted(a INT);", "DROP TABLE u;", "RENAME TABLE u TO w;",
        "CREATE TRIGGER spy BEFORE INSERT ON u FOR EACH ROW SET @x = 1;",
        "DROP TABLE u; CREATE VIEW u AS SELECT 1 AS a;", "CREATE PROCEDURE p() SELECT 1;"}) {
    EXPECT_THAT(RestoreMeanwhile(statement, {}), StatusIs(errs::kIntegrity)) << statement;
    ExpectUnchanged();
  }
  ASSERT_OK(RestoreMeanwhile("DO 0;", {}));
}

TEST_P(CensusTest, RowsOfForeignTablesReplaceNone) {
  ASSERT_OK(
      server_.RunSql("CREATE TABLE u(a INT);"
                     "CREATE TABLE other(a INT); INSERT INTO other VALUES (5);",
                     target_.database));
  before_ = Describe(server_, target_.database);
  driver::RestoreOptions options;
  options.data_only = true;
  EXPECT_THAT(RestoreMeanwhile("CREATE TABLE other(a INT); INSERT INTO other VALUES (6);", options),
              StatusIs(errs::kIntegrity, HasSubstr("table other")));
  ExpectUnchanged();
}

TEST_P(CensusTest, InPlaceADifferenceIsReportedAsAPartialRestore) {
  driver::RestoreOptions options;
  options.in_place = true;
  const absl::Status status = RestoreMeanwhile("CREATE TABLE planted(a INT);", options);
  EXPECT_THAT(status, StatusIs(errs::kIntegrity, HasSubstr("not in the dump: table planted")));
  EXPECT_EQ(errs::ExitCode(status), static_cast<int>(errs::Code::kPartial));
}

// A server of another version would execute the comment and make the view `decoy`. What was read is
// what is sent, so the name that the census knows is the one that the server reads.
TEST_P(CensusTest, TheNameThatWasReadIsTheNameThatTheServerReads) {
  driver::RestoreOptions options;
  options.clean = true;
  ASSERT_OK(TryRestore(server_, target_,
                       "CREATE TABLE t(a INT);\n"
                       "CREATE VIEW /*!99999 decoy AS SELECT 2 AS b UNION SELECT */ hidden AS"
                       " SELECT 1 AS a;\n",
                       options));
  PlainConnection connection(target_);
  EXPECT_EQ(connection.Value("SELECT GROUP_CONCAT(table_name ORDER BY table_name)"
                             " FROM information_schema.tables WHERE table_schema = DATABASE()"),
            "hidden,t");
  EXPECT_EQ(connection.Value("SELECT a FROM hidden"), "1");
  EXPECT_THAT(
      TryRestore(server_, target_,
                 "CREATE VIEW /*!50001 shown AS SELECT 3 AS c UNION SELECT */ 4 AS d;\n", options),
      StatusIs(errs::kDriverUnsupported));
}

}  // namespace
}  // namespace siphon::mysqlcommon
