// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// As hostile_names_test, for names and messages of servers.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/hostile_text.h"
#include "testing/e2e/mysql_urls.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"
#include "testing/servers/mysql.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;

class HostileServerNames : public ::testing::Test {
 protected:
  ProcessResult Run(std::vector<std::string> args, int exit_code) {
    return RunInTerminal(box_, args, exit_code);
  }

  // Every verb that names objects of `source`, whose table has an evil name, and which `copy`
  // lacks.
  void NameEverywhere(const std::string& source, const std::string& copy) {
    EXPECT_THAT(Run({"inspect", source, "--exact"}, 0).out, HasSubstr("e\\x1b[2J"));
    EXPECT_THAT(Run({"inspect", source, "--json"}, 0).out, HasSubstr("\\u001b[2J"));
    Run({"backup", source}, 0);
    const std::string id = box_.ListedDumps().front();
    EXPECT_THAT(Run({"dumps", "inspect", id}, 0).out, HasSubstr("e\\x1b[2J"));
    EXPECT_THAT(Run({"backup", source, "--table", absl::StrCat("no", kEvil)}, 1).err,
                HasSubstr("noe\\x1b[2J"));
    Run({"verify", id, "--deep"}, 0);
    Run({"verify", id, "--restore", copy}, 0);
    Run({"restore", id, "--profile", source}, 1);
    Run({"restore", id, "--profile", copy}, 0);
    Run({"restore", id, "--profile", copy, "--table", absl::StrCat("no", kEvil), "--clean",
         "--yes"},
        1);
    Run({"sync", source, copy, "--clean", "--yes"}, 0);
  }

  // Runs a migration, which fails with a message of its own: for a person, and for a program.
  void Fail(const std::string& url, const std::string& other, std::string_view sql) {
    std::filesystem::create_directory(box_.Path("m"));
    WriteBytes(box_.Path("m/1_a.up.sql"), sql);
    const std::vector<std::string> migrate = {"migrate", "--path", box_.Path("m"), "--database"};
    for (const std::vector<std::string>& rest :
         {std::vector<std::string>{url, "up"}, {other, "up", "--json"}}) {
      std::vector<std::string> args = migrate;
      args.insert(args.end(), rest.begin(), rest.end());
      const ProcessResult result = Run(args, 2);
      EXPECT_THAT(result.out + result.err, HasSubstr("[2J"));
    }
  }

  Sandbox box_;
};

TEST_F(HostileServerNames, OfPostgres) {
  const auto server = PostgresServer::Start({});
  ASSERT_OK(server);
  const std::string app = absl::StrCat("a", kEvil);
  for (const std::string& name : {app, std::string("copy")}) {
    ASSERT_OK((*server)->CreateDatabase(name));
  }
  const std::string name = QuoteName(kEvil);
  ASSERT_OK((*server)->RunSql(
      absl::StrCat("CREATE ROLE ", name, "; CREATE SCHEMA ", name, "; CREATE TABLE ", name, ".",
                   name, "(a int PRIMARY KEY, b int, CONSTRAINT ", name,
                   " CHECK (b > 0)); INSERT INTO ", name, ".", name, " VALUES (1, 1); ALTER TABLE ",
                   name, ".", name, " OWNER TO ", name, "; CREATE VIEW ",
                   QuoteName(absl::StrCat("v", kEvil)),
                   " AS SELECT 1 AS a; COMMENT"
                   " ON TABLE ",
                   name, ".", name, " IS 'c'; CREATE FUNCTION ", name,
                   "() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
      app));
  NameEverywhere(PostgresUrl(**server, app), PostgresUrl(**server, "copy"));
  Fail(PostgresUrl(**server, app), PostgresUrl(**server, "copy"),
       absl::StrCat("DO $$ BEGIN RAISE WARNING '%', '", kEvil, "'; RAISE EXCEPTION '%', '", kEvil,
                    "'; END $$;"));
}

TEST_F(HostileServerNames, OfMariadb) {
  const auto server = MysqlServer::Start({.server = std::string(kMariadb118)});
  ASSERT_OK(server);
  const std::string app = absl::StrCat("a", kEvil);
  for (const std::string& name : {app, std::string("copy")}) {
    ASSERT_OK((*server)->CreateDatabase(name));
  }
  const std::string name = MysqlName(kEvil);
  ASSERT_OK((*server)->RunSql(
      absl::StrCat("CREATE TABLE ", name, "(a INT PRIMARY KEY, b INT, CONSTRAINT ", name,
                   " CHECK (b > 0)); INSERT INTO ", name, " VALUES (1, 1); CREATE VIEW ",
                   MysqlName(absl::StrCat("v", kEvil)), " AS SELECT 1 AS a; CREATE PROCEDURE ",
                   name, "() SELECT 1;"),
      app));
  NameEverywhere(MysqlUrl(**server, app), MysqlUrl(**server, "copy"));
  Fail(MysqlUrl(**server, app), MysqlUrl(**server, "copy"),
       absl::StrCat("SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '", kEvil, "';"));
}

}  // namespace
}  // namespace siphon::testing
