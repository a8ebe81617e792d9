// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// An account that has rights on `siphon\_%` only leaves databases that look like those of a killed
// restore. The restore of a superuser does nothing with them, and reports them.

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "drivers/mysqlcommon/fixture.h"
#include "drivers/mysqlcommon/killed_restore.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/event_log.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class PlantedJournal : public KilledRestoreTest {
 protected:
  void SetUp() override {
    KilledRestoreTest::SetUp();
    source_ = NewDatabase(server_);
    victim_ = NewDatabase(server_);
    ASSERT_OK(
        server_.RunSql("CREATE TABLE t(a INT); INSERT INTO t VALUES (1);"
                       "CREATE VIEW v AS SELECT a FROM t;",
                       source_.database));
    ASSERT_OK(server_.RunSql("CREATE TABLE secret(a INT); INSERT INTO secret VALUES (42);",
                             victim_.database));
    body_ = BackUp(server_, source_);
    ASSERT_OK(
        server_.RunSql("DROP USER IF EXISTS planter;"
                       "CREATE USER planter IDENTIFIED BY 'secret';"
                       "GRANT ALL ON `siphon\\_%`.* TO planter;"));
    planter_ = target_;
    planter_.user = "planter";
    planter_.password = "secret";
    planter_.database = "information_schema";
  }
  void TearDown() override {
    DropDatabases();
    KilledRestoreTest::TearDown();
  }

  // A row of a journal as siphon 0.1 kept it in the database of the replaced tables.
  static std::string Line(std::string_view kind, std::string_view text) {
    return absl::StrCat(
        "INSERT INTO ", kOld, ".`siphon: journal`(kind, text) VALUES ('", kind, "', ",
        text.empty() ? "''" : absl::StrCat("x'", absl::BytesToHexString(text), "'"), ")");
  }
  void Plant(const std::vector<std::string>& lines) {
    PlainConnection planter(planter_);
    planter.Run(absl::StrCat("CREATE DATABASE ", kOld));
    planter.Run(
        absl::StrCat("CREATE TABLE ", kOld,
                     ".`siphon: journal`(id INT AUTO_INCREMENT PRIMARY KEY, kind VARCHAR(20),"
                     " text LONGBLOB, sql_mode BLOB, charset BLOB, collation BLOB,"
                     " time_zone BLOB)"));
    for (const std::string& line : lines) planter.Run(line);
  }
  std::vector<std::string> Restore() {
    driver::RestoreOptions options;
    options.clean = true;
    EXPECT_OK(TryRestore(server_, target_, body_, options, context_));
    EXPECT_EQ(PlainConnection(target_).Int("SELECT COUNT(*) FROM v"), 1);
    return log_.Warnings();
  }
  // Expects that a planted journal or object has had no effect.
  void ExpectNothingGained() {
    EXPECT_EQ(server_
                  .Value("SELECT COUNT(*) FROM information_schema.user_privileges"
                         " WHERE grantee LIKE '%planter%' AND privilege_type <> 'USAGE'")
                  .value_or(""),
              "0");
    EXPECT_EQ(PlainConnection(victim_).Int("SELECT a FROM secret"), 42);
  }
  profile::ConnectionProfile source_, victim_, planter_;
  std::string body_;
  siphon::testing::EventLog log_;
  const base::Context context_{std::stop_token(), &log_};
};

INSTANTIATE_TEST_SUITE_P(Server, PlantedJournal,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()), ServerTestName);

TEST_P(PlantedJournal, RunsNoGrant) {
  Plant({Line("target", target_.database), Line("scratch", kScratch),
         Line("made", "GRANT ALL ON *.* TO planter WITH GRANT OPTION"), Line("end", "")});
  EXPECT_THAT(Restore(), Contains(HasSubstr(kOld)));
  ExpectNothingGained();
  EXPECT_TRUE(Exists(kOld));
}

TEST_P(PlantedJournal, MovesNoTableOfAnotherDatabase) {
  // The planter's own database as the target, another's as the scratch database.
  PlainConnection(planter_).Run(absl::StrCat("CREATE DATABASE ", kScratch));
  Plant({Line("target", kScratch), Line("scratch", victim_.database), Line("late", "secret"),
         Line("end", "")});
  EXPECT_THAT(Restore(), Contains(HasSubstr(kOld)));
  ExpectNothingGained();
  EXPECT_TRUE(Exists(kOld));
}

TEST_P(PlantedJournal, PutsNoTableIntoTheTarget) {
  PlainConnection planter(planter_);
  planter.Run(absl::StrCat("CREATE DATABASE ", kScratch));
  planter.Run(absl::StrCat("CREATE TABLE ", kScratch, ".backdoor(a INT)"));
  Plant({Line("target", victim_.database), Line("scratch", kScratch), Line("late", "backdoor"),
         Line("end", "")});
  EXPECT_THAT(Restore(), Contains(HasSubstr(kOld)));
  EXPECT_THAT(PlainConnection(victim_).Column("SHOW TABLES"), ElementsAre("secret"));
  ExpectNothingGained();
}

TEST_P(PlantedJournal, DropsNoDatabaseThatIsOnlyNamedLikeItsOwn) {
  PlainConnection planter(planter_);
  for (const char* const name : {kScratch, kOld}) {
    planter.Run(absl::StrCat("CREATE DATABASE ", name));
    planter.Run(absl::StrCat("CREATE TABLE ", name, ".mine(a INT)"));
  }
  const std::vector<std::string> warnings = Restore();
  EXPECT_THAT(warnings, Contains(HasSubstr(kOld)));
  EXPECT_THAT(warnings, Contains(HasSubstr(kScratch)));
  for (const char* const name : {kScratch, kOld}) {
    EXPECT_EQ(server_.Value(absl::StrCat("SELECT COUNT(*) FROM ", name, ".mine")).value_or(""),
              "0");
  }
}

TEST_P(PlantedJournal, ReportsManyDatabasesInOneWarning) {
  constexpr int kCount = 20;
  const auto name = [](int i) { return absl::StrFormat("siphon_old_%016x", i); };
  PlainConnection planter(planter_);
  for (int i = 0; i < kCount; ++i) planter.Run(absl::StrCat("CREATE DATABASE ", name(i)));
  driver::RestoreOptions options;
  options.clean = true;
  const auto connection =
      ForkDriver(ForkOf(server_)).Connect(context_, target_, driver::Driver::Access::kWrite);
  ASSERT_OK(connection);
  // As the verb does: the target is checked before the dump is verified, and again.
  EXPECT_OK((*connection)->CheckTarget(context_, options));
  siphon::testing::PieceReader reader(body_);
  EXPECT_OK((*connection)->Restore(context_, options, reader));
  std::vector<std::string> warnings = log_.Warnings();
  std::erase_if(warnings,
                [](const std::string& w) { return !absl::StrContains(w, "siphon_old_"); });
  EXPECT_THAT(warnings, ElementsAre(AllOf(HasSubstr(name(0)), HasSubstr(name(4)),
                                          Not(HasSubstr(name(5))), HasSubstr("20 in all"))));
  for (int i = 0; i < kCount; ++i) planter.Run(absl::StrCat("DROP DATABASE ", name(i)));
}

}  // namespace
}  // namespace siphon::mysqlcommon
