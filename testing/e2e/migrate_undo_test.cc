// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Makes a backup before a migration and restores it afterwards, with a PostgreSQL URL of
// golang-migrate.

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/e2e/verbs.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_connection.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

TEST(MigrateUndoTest, TakesTheUrlThatTheMigrationHad) {
  const auto server = PostgresServer::Start();
  ASSERT_OK(server);
  ASSERT_OK((*server)->CreateDatabase("app"));
  const Sandbox box;
  std::filesystem::create_directory(box.Path("m"));
  WriteBytes(box.Path("m/1_a.up.sql"), "CREATE TABLE a (x int); INSERT INTO a VALUES (1);");
  for (const std::string scheme : {"pgx5", "pgx", "postgresql"}) {
    const std::string table = "versions_" + scheme;
    const std::string url = absl::StrReplaceAll(
        PostgresUrl(**server, "app",
                    {.parameters = absl::StrCat("sslmode=disable&x-migrations-table=", table,
                                                "&x-multi-statement=true")}),
        {{"postgres://", scheme + "://"}});
    const auto run = [&](std::vector<std::string> verb) {
      std::vector<std::string> args = {"migrate", "--path", box.Path("m"), "--database", url};
      args.insert(args.end(), verb.begin(), verb.end());
      return TellOk(box, args);
    };
    std::filesystem::remove(box.Path("m/2_b.up.sql"));
    EXPECT_EQ(run({"up"})["version"], 1);
    WriteBytes(box.Path("m/2_b.up.sql"), "DROP TABLE a;");
    const auto outcome = run({"up", "--backup"});
    EXPECT_EQ(outcome["version"], 2);
    run({"undo", outcome["backup"], "--yes"});
    EXPECT_EQ(run({"version"})["version"], 1);
    auto connection = PostgresConnection::Open((*server)->Conninfo("app"));
    ASSERT_OK(connection);
    EXPECT_THAT((*connection)->Value("SELECT x FROM a"), IsOkAndHolds("1"));
    ASSERT_OK((*connection)->Run("DROP TABLE a"));
  }
}

}  // namespace
}  // namespace siphon::testing
