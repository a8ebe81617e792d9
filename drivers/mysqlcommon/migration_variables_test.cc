// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// A session of migrations keeps the server's values of variables for the user's statements;
// siphon's own statements are neither cut, refused nor ended by them.

#include "drivers/mysqlcommon/migration_variables.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "drivers/mysqlcommon/migrations.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/migrate/migrator.h"
#include "siphon/domain/migrate/review.h"
#include "testing/contracts/migrate_contract.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MysqlServer;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kNames[] = {"sql_select_limit", "sql_safe_updates", "max_join_size",
                                  "sql_big_selects", "completion_type"};

class MigrationVariablesTest : public ::testing::TestWithParam<std::string> {
 protected:
  void TearDown() override {
    for (const std::string name : kNames) {
      admin_.Run(absl::StrCat("SET GLOBAL ", name, " = DEFAULT"));
    }
  }

  std::unique_ptr<migrate::Database> Open() {
    auto database =
        ForkMigrations(ForkOf(server_)).Open({}, profile_, driver::MigrationAccess::kCreate);
    EXPECT_OK(database);
    return *std::move(database);
  }
  absl::Status Run(const migrate::Goal& goal = {}) {
    const auto source = siphon::testing::SourceOf(files_);
    const auto database = Open();
    migrate::Migrator migrator(source.get(), database.get(), {});
    std::vector<migrate::Step> applied;
    return migrator.Run({}, goal, applied);
  }
  absl::StatusOr<std::vector<migrate::Review>> Status() {
    const auto source = siphon::testing::SourceOf(files_);
    const auto database = Open();
    migrate::Migrator migrator(source.get(), database.get(), {});
    migrate::State state;
    return migrator.Status({}, state);
  }

  MysqlServer& server_ = SharedServer(GetParam());
  const profile::ConnectionProfile profile_ = NewDatabase(server_);
  PlainConnection admin_{profile_};
  std::map<std::string, std::string> files_ = {
      {"1_a.up.sql", "CREATE TABLE a (x int, s bigint unsigned, u int)"},
      {"1_a.down.sql", "DROP TABLE a"},
      {"2_b.up.sql",
       "INSERT INTO a VALUES (1, @@sql_select_limit, @@sql_safe_updates), (2, 0, 0);"
       "SET sql_select_limit = 7; INSERT INTO a VALUES (3, @@sql_select_limit, 0)"},
      {"2_b.down.sql", "TRUNCATE TABLE a"},
      {"3_c.up.sql",
       "INSERT INTO a VALUES (4, @@sql_select_limit, 0); SET sql_select_limit = 0;"
       "ALTER TABLE a ADD y int; INSERT INTO a VALUES (5, @@sql_select_limit, 0, 0)"},
      {"3_c.down.sql", "ALTER TABLE a DROP y"}};
};

INSTANTIATE_TEST_SUITE_P(Server, MigrationVariablesTest,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

// At sql_select_limit = 0, even a SELECT of one value has no row.
TEST_P(MigrationVariablesTest, LimitsOfTheServerHoldForTheUsersStatementsOnly) {
  for (const char* const limit : {"1", "0"}) {
    for (const std::string assignment : {"sql_safe_updates = 1", "max_join_size = 1",
                                         "sql_big_selects = 0", "completion_type = 2"}) {
      admin_.Run(absl::StrCat("SET GLOBAL ", assignment));
    }
    admin_.Run(absl::StrCat("SET GLOBAL sql_select_limit = ", limit));
    EXPECT_OK(Run());
    EXPECT_THAT(Open()->Version({}), IsOkAndHolds(migrate::State{3, false}));
    EXPECT_THAT(Open()->History({}), IsOkAndHolds(SizeIs(3)));
    EXPECT_THAT(Status(), IsOkAndHolds(SizeIs(3)));
    EXPECT_THAT(admin_.Column("SELECT s FROM a ORDER BY x"),
                ElementsAre(limit, "0", "7", limit, "0"));
    EXPECT_EQ(admin_.Value("SELECT u FROM a WHERE x = 1"), "1");
    migrate::Goal down;
    down.kind = migrate::Goal::Kind::kDown;
    EXPECT_OK(Run(down));
    EXPECT_THAT(Open()->Version({}), IsOkAndHolds(migrate::State{}));
    EXPECT_THAT(Open()->History({}), IsOkAndHolds(SizeIs(6)));
    EXPECT_OK(Open()->Force({}, 3));
    EXPECT_OK(Open()->Drop({}));
    EXPECT_THAT(admin_.Column("SHOW TABLES"), IsEmpty());
  }
}

}  // namespace
}  // namespace siphon::mysqlcommon
