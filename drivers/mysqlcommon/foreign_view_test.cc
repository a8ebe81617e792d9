// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The owner of a database puts a view in the place of a table of migrations. The functions of such
// a view run with the rights of whoever reads it.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "drivers/mysqlcommon/migrations.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/migrate/migrator.h"
#include "testing/contracts/migrate_contract.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MysqlServer;
using ::testing::HasSubstr;

class ForeignView : public ::testing::TestWithParam<std::string> {
 protected:
  // Migrates with the rights of root.
  absl::Status Up() {
    auto database =
        ForkMigrations(ForkOf(server_)).Open({}, profile_, driver::MigrationAccess::kCreate);
    if (!database.ok()) return database.status();
    const auto source = siphon::testing::SourceOf(
        {{"1_a.up.sql", "CREATE TABLE a (x int)"}, {"2_b.up.sql", "CREATE TABLE b (x int)"}});
    migrate::Migrator migrator(source.get(), database->get(), {});
    std::vector<migrate::Step> applied;
    return migrator.Run({}, {}, applied);
  }

  MysqlServer& server_ = SharedServer(GetParam());
  const profile::ConnectionProfile profile_ = NewDatabase(server_);
};

INSTANTIATE_TEST_SUITE_P(Server, ForeignView,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(ForeignView, IsNoTableOfMigrations) {
  PlainConnection owner(profile_);
  owner.Run("CREATE TABLE log (who varchar(255))");
  owner.Run(
      "CREATE FUNCTION spy() RETURNS int DETERMINISTIC MODIFIES SQL DATA SQL SECURITY INVOKER"
      " BEGIN INSERT INTO log VALUES (CURRENT_USER()); RETURN 1; END");
  owner.Run("CREATE TABLE kept (version bigint not null primary key, dirty boolean not null)");
  owner.Run("INSERT INTO kept VALUES (1, 0)");
  const std::string as =
      " AS SELECT version, dirty, version AS seq FROM kept WHERE spy() OR version < 0";
  for (const std::string name : {"schema_migrations", "schema_migrations_history"}) {
    owner.Run(absl::StrCat("CREATE SQL SECURITY INVOKER VIEW ", name, as));
    // MariaDB calls functions in conditions when it creates a view.
    owner.Run("DELETE FROM log");
    EXPECT_THAT(Up(), StatusIs(errs::kDriverUnsupported, HasSubstr("is a view"))) << name;
    EXPECT_EQ(owner.Value("SELECT COUNT(*) FROM log"), "0") << name;
    owner.Run(absl::StrCat("DROP VIEW ", name));
    owner.Run("CREATE TABLE IF NOT EXISTS schema_migrations AS SELECT * FROM kept");
  }
}

}  // namespace
}  // namespace siphon::mysqlcommon
