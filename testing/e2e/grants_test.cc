// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Runs the verbs as the users that docs/grants.md creates, and `profile test --for` as them and as
// users without their rights.

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/mysql_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/servers/mysql.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The statements of the page in the blocks for an engine.
std::string Statements(std::string_view engine) {
  std::ifstream page("docs/grants.md");
  std::string statements;
  bool in_block = false;
  for (std::string line; std::getline(page, line);) {
    if (absl::StartsWith(line, "```")) {
      in_block = line == absl::StrCat("```sql ", engine);
    } else if (in_block) {
      absl::StrAppend(&statements, line, "\n");
    }
  }
  EXPECT_FALSE(statements.empty()) << engine;
  return statements;
}

class GrantsTest : public ::testing::Test {
 protected:
  GrantsTest() {
    std::filesystem::create_directories(box_.Path("config"));
    std::filesystem::create_directories(box_.Path("m"));
    WriteBytes(box_.Path("m/1_notes.up.sql"), "CREATE TABLE notes (a int);");
  }

  // Adds a profile with the name and the database of a user of the page.
  void AddProfile(std::string_view name, std::string_view driver, int port, std::string_view user,
                  std::string_view database, std::string_view more = "") {
    absl::StrAppend(&config_, "  ", name, ":\n    driver: ", driver,
                    "\n    host: 127.0.0.1\n    port: ", port, "\n    user: ", user,
                    "\n    password: literal:secret\n    database: ", database, "\n", more);
    WriteBytes(box_.Path("config/config.yaml"), config_);
    std::filesystem::permissions(
        box_.Path("config/config.yaml"),
        std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }

  ProcessResult Succeed(const std::vector<std::string>& args) {
    ProcessResult result = box_.Run(args);
    EXPECT_EQ(result.exit_code, 0) << absl::StrJoin(args, " ") << ": " << result.err;
    return result;
  }
  void Refused(const std::vector<std::string>& args, const std::string& words) {
    const ProcessResult result = box_.Run(args);
    EXPECT_EQ(result.exit_code, 2) << absl::StrJoin(args, " ") << ": " << result.err;
    EXPECT_THAT(result.err, HasSubstr(words)) << absl::StrJoin(args, " ");
  }

  Sandbox box_;
  std::string config_ = "version: 1\nprofiles:\n";
};

TEST_F(GrantsTest, OfPostgres) {
  ASSERT_OK_AND_ASSIGN(const auto server, PostgresServer::Start());
  for (const char* const name : {"shop", "staging"}) ASSERT_OK(server->CreateDatabase(name));
  ASSERT_OK(server->RunSql(Statements("postgres")));
  ASSERT_OK(server->RunSql(
      "CREATE SCHEMA store; CREATE TABLE store.items(id serial PRIMARY KEY, name text);"
      "INSERT INTO store.items(name) VALUES ('one'); CREATE VIEW named AS SELECT name FROM "
      "store.items; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      "shop"));
  AddProfile("backup", "postgres", server->port(), "siphon_backup", "shop");
  AddProfile("restore", "postgres", server->port(), "siphon_restore", "staging");
  AddProfile("verify", "postgres", server->port(), "siphon_verify", "postgres");
  AddProfile("wrong", "postgres", server->port(), "siphon_verify", "shop");
  AddProfile("foreign", "postgres", server->port(), "siphon_backup", "staging");

  EXPECT_THAT(Succeed({"profile", "test", "backup", "--for", "backup"}).out,
              HasSubstr("the user may backup"));
  Succeed({"profile", "test", "restore", "--for", "sync", "--for", "migrate"});
  Refused({"profile", "test", "wrong", "--for", "backup"}, "items");
  Refused({"profile", "test", "foreign", "--for", "restore"}, "CREATE");
  Refused({"profile", "test", "foreign", "--for", "migrate"}, "CREATE");
  Succeed({"profile", "test", "verify", "--for", "verify"});
  Refused({"profile", "test", "backup", "--for", "verify"}, "CREATEDB");
  ASSERT_OK(server->RunSql("CREATE ROLE half LOGIN PASSWORD 'secret' CREATEDB"));
  AddProfile("half", "postgres", server->port(), "half", "postgres");
  Refused({"profile", "test", "half", "--for", "verify"}, "CREATEROLE");

  Succeed({"backup", "backup"});
  Refused({"verify", "latest:backup", "--restore", "backup"}, "CREATEDB");
  Refused({"verify", "latest:backup", "--restore", "half"}, "CREATEROLE");
  Refused({"restore", "latest:backup", "--profile", "backup", "--create", "shop_copy"}, "CREATEDB");
  Succeed({"inspect", "backup", "--exact"});
  Succeed({"verify", "latest:backup", "--restore", "verify"});
  Succeed({"restore", "latest:backup", "--profile", "restore", "--no-owner", "--no-acl"});
  Succeed({"sync", "backup", "restore", "--clean", "--no-owner", "--no-acl"});
  EXPECT_THAT(server->Value("SELECT name FROM named", "staging"), IsOkAndHolds("one"));
  Succeed({"migrate", "--path", box_.Path("m"), "--database", "restore", "up"});
  Succeed({"migrate", "--path", box_.Path("m"), "--database", "foreign", "status"});
}

class MysqlGrantsTest : public GrantsTest, public ::testing::WithParamInterface<std::string> {};

INSTANTIATE_TEST_SUITE_P(Server, MysqlGrantsTest, ::testing::ValuesIn(AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(MysqlGrantsTest, OfMysqlAndMariadb) {
  ASSERT_OK_AND_ASSIGN(const auto server,
                       MysqlServer::Start({.server = GetParam(), .password = "secret"}));
  const std::string engine = server->is_mariadb() ? "mariadb" : "mysql";
  for (const char* const name : {"shop", "staging"}) ASSERT_OK(server->CreateDatabase(name));
  ASSERT_OK(server->RunSql(absl::StrCat(
      Statements(engine), "CREATE USER nobody@'%' IDENTIFIED BY 'secret';",
      "GRANT INSERT ON shop.* TO nobody@'%'; GRANT SELECT ON staging.* TO nobody@'%';")));
  ASSERT_OK(
      server->RunSql("CREATE TABLE items(id INT PRIMARY KEY, name VARCHAR(9)); INSERT INTO items "
                     "VALUES (1, 'one');"
                     "CREATE VIEW named AS SELECT name FROM items;"
                     "CREATE TRIGGER tr BEFORE INSERT ON items FOR EACH ROW SET NEW.name = 'x';"
                     "CREATE PROCEDURE p() SELECT 1;"
                     "CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DO SELECT 1;",
                     "shop"));
  const std::string key = ServerKeyLine(*server);
  AddProfile("backup", engine, server->port(), "siphon_backup", "shop", key);
  AddProfile("restore", engine, server->port(), "siphon_restore", "staging", key);
  AddProfile("wrong", engine, server->port(), "nobody", "shop", key);
  AddProfile("foreign", engine, server->port(), "nobody", "staging", key);

  EXPECT_THAT(Succeed({"profile", "test", "backup", "--for", "backup"}).out,
              HasSubstr("the user may backup"));
  Succeed({"profile", "test", "restore", "--for", "sync", "--for", "migrate"});
  Refused({"profile", "test", "wrong", "--for", "backup"}, "items");
  Refused({"profile", "test", "foreign", "--for", "restore"}, "siphon\\_%");
  Succeed({"profile", "test", "restore", "--for", "verify"});
  Refused({"profile", "test", "foreign", "--for", "verify"}, "siphon\\_%");

  const ProcessResult backup = Succeed({"backup", "backup"});
  EXPECT_THAT(backup.err, Not(HasSubstr("no increments"))) << "a detail, for --verbose";
  Refused({"verify", "latest:backup", "--restore", "foreign"}, "siphon\\_%");
  Refused({"restore", "latest:backup", "--profile", "foreign", "--create", "shop_copy"},
          "grant the user");
  const ProcessResult mistyped = box_.Run({"backup", "backup", "--table", "itmes"});
  EXPECT_THAT(mistyped.err, HasSubstr(absl::StrCat(engine, ".backup failed")));
  EXPECT_THAT(mistyped.err, HasSubstr("did you mean items?"));
  EXPECT_EQ(mistyped.exit_code, 1);
  const ProcessResult absent = box_.Run({"restore", "latest:backup", "--profile", "restore",
                                         "--table", "itmes", "--definer", "current"});
  EXPECT_THAT(absent.err, HasSubstr("did you mean items?"));
  EXPECT_THAT(absent.err, HasSubstr(absl::StrCat(engine, ".restore failed")));
  EXPECT_THAT(backup.err, Not(HasSubstr("may not see"))) << "nothing is hidden from the user";
  Succeed({"inspect", "backup", "--exact"});
  Succeed({"restore", "latest:backup", "--profile", "restore", "--definer", "current"});
  Succeed({"sync", "backup", "restore", "--clean", "--definer", "current"});
  EXPECT_EQ(server->Value("SELECT name FROM named", "staging").value_or(""), "one");
  EXPECT_EQ(server
                ->Value("SELECT COUNT(*) FROM information_schema.events WHERE event_schema = "
                        "'staging'")
                .value_or(""),
            "1");
  Succeed({"migrate", "--path", box_.Path("m"), "--database", "restore", "up"});
}

}  // namespace
}  // namespace siphon::testing
