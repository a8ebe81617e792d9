// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Runs the commands of README.md and docs/*.md. Each page has a sandbox and the databases that its
// commands need; they run in the order of the page. A command fails if, and only if, the page shows
// an error as its output. how_to_test runs those of docs/how-to.md.

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "testing/e2e/database.h"
#include "testing/e2e/mysql_urls.h"
#include "testing/e2e/page_commands.h"
#include "testing/e2e/sandbox.h"
#include "testing/servers/mysql.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The pages whose commands this test runs, and those that other tests run.
const std::set<std::string>& Pages() {
  static const auto* const pages = new std::set<std::string>{
      "README.md",         "docs/changes.md",    "docs/cross-engine.md", "docs/delivery.md",
      "docs/dumps.md",     "docs/encryption.md", "docs/grants.md",       "docs/how-to.md",
      "docs/install.md",   "docs/mysql.md",      "docs/postgres.md",     "docs/migrations.md",
      "docs/retention.md", "docs/sqlite.md",     "docs/stores.md"};
  return *pages;
}

class DocumentsTest : public ::testing::Test {
 protected:
  DocumentsTest() {
    AddPrograms(box_);
    for (const char* const folder : {"config", "home", "srv", "tmp"}) {
      fs::create_directories(box_.Path(folder));
    }
    for (const char* const folder : {"testing/sample/migrations", "migrations"}) {
      fs::create_directories(fs::path(box_.Path(folder)).parent_path());
      fs::copy("testing/sample/migrations", box_.Path(folder), fs::copy_options::recursive);
    }
    box_.environment["WORK"] = box_.root();
  }

  // Makes the sample database of the README.
  void MakeShop(std::string_view name) {
    auto database = Database::Open(box_.Path(name));
    ASSERT_OK(database);
    ASSERT_OK(database->Execute(ReadBytes("testing/sample/shop.sql")));
  }

  void AddProfiles(std::string_view profiles) {
    WriteBytes(box_.Path("config/config.yaml"), absl::StrCat("version: 1\nprofiles:\n", profiles));
    fs::permissions(box_.Path("config/config.yaml"),
                    fs::perms::owner_read | fs::perms::owner_write);
  }

  // Calls `prepare` before the command that begins with these words.
  void Before(const std::string& command, std::function<void()> prepare) {
    before_[command] = std::move(prepare);
  }
  // Does not run the script that begins with these words, because `why`.
  void Skip(const std::string& command, std::string_view /*why*/) { skipped_.insert(command); }
  void Replace(const std::string& from, const std::string& to) { replace_.emplace_back(from, to); }

  void RunPage(const std::string& path) {
    ASSERT_TRUE(Pages().contains(path));
    int count = 0;
    for (const PageBlock& block : ReadPage(path)) {
      for (const PageCommand& command : block.commands) {
        ++count;
        if (Take(skipped_, command.script)) continue;
        const auto prepare = std::find_if(before_.begin(), before_.end(), [&](const auto& entry) {
          return absl::StartsWith(command.script, entry.first);
        });
        if (prepare != before_.end()) {
          prepare->second();
          before_.erase(prepare);
        }
        RunCommand(path, command);
      }
    }
    EXPECT_GT(count, 0) << path;
    EXPECT_THAT(skipped_, IsEmpty()) << "commands that the page no longer has";
    EXPECT_THAT(before_, IsEmpty()) << "commands that the page no longer has";
  }

  Sandbox box_;

 private:
  // The page shows the id of the dump that its last backup made.
  void RunCommand(const std::string& path, const PageCommand& command) {
    static const RE2 id("01[0-9A-HJKMNP-TV-Z]{24}");
    std::string script = absl::StrReplaceAll(command.script, replace_);
    RE2::GlobalReplace(&script, id, "latest");
    const ProcessResult result = RunScript(box_, script);
    EXPECT_EQ(result.exit_code != 0, command.fails) << path << ": " << script << "\n"
                                                    << result.out << result.err;
  }

  static bool Take(std::set<std::string>& beginnings, std::string_view script) {
    return std::erase_if(beginnings, [&](const std::string& beginning) {
             return absl::StartsWith(script, beginning);
           }) > 0;
  }

  std::map<std::string, std::function<void()>> before_;
  std::set<std::string> skipped_;
  std::vector<std::pair<std::string, std::string>> replace_;
};

// A PostgreSQL server with the databases `shop` and `copy`, whose superuser is the user `app`.
class PostgresDocumentsTest : public DocumentsTest {
 protected:
  void SetUp() override {
    auto server = PostgresServer::Start();
    ASSERT_OK(server);
    server_ = *std::move(server);
    ASSERT_OK(server_->RunSql("CREATE ROLE app SUPERUSER LOGIN PASSWORD 'secret'"));
    for (const char* const name : {"shop", "copy"}) ASSERT_OK(server_->CreateDatabase(name));
    ASSERT_OK(server_->RunSql(
        "CREATE SCHEMA billing;"
        "CREATE TABLE billing.invoices(id int PRIMARY KEY, amount numeric);"
        "INSERT INTO billing.invoices SELECT i, i * 1.5 FROM generate_series(1, 100) i;"
        "CREATE TABLE orders(id int, day date) PARTITION BY RANGE (day);"
        "CREATE TABLE orders_2026 PARTITION OF orders FOR VALUES FROM ('2026-01-01') TO"
        " ('2027-01-01');"
        "INSERT INTO orders SELECT i, '2026-05-01' FROM generate_series(1, 100) i;",
        "shop"));
    box_.environment["PGPASS_SHOP"] = "secret";
    port_ = absl::StrCat("127.0.0.1:", server_->port());
  }

  std::string Profile(std::string_view name, std::string_view database) const {
    return absl::StrCat("  ", name, ": {driver: postgres, host: 127.0.0.1, port: ", server_->port(),
                        ", user: app, password: 'literal:secret', database: ", database, "}\n");
  }
  void Empty(const std::string& database) {
    ASSERT_OK(server_->DropDatabase(database));
    ASSERT_OK(server_->CreateDatabase(database));
  }

  std::unique_ptr<PostgresServer> server_;
  std::string port_;
};

TEST_F(PostgresDocumentsTest, Readme) {
  MakeShop("shop.db");
  Before("siphon backup shop --with-globals", [&] { AddProfiles(Profile("shop", "shop")); });
  RunPage("README.md");
}

TEST_F(PostgresDocumentsTest, Postgres) {
  // //testing/smoke and //testing/frames run the programs of a system.
  Replace("tail -c +4097 01M8K0T7ADQ3BX8W9HR5P6EBN6.dump | pg_restore --dbname=copy\n", "");
  Replace("127.0.0.1:5432", port_);
  Replace("@127.0.0.1/copy", absl::StrCat("@", port_, "/copy"));
  Replace("@localhost/shop", absl::StrCat("@localhost:", server_->port(), "/shop"));
  // The blocks after the session have dumps and profiles of their own.
  Before("siphon restore 01M8K0T7ADQ3BX8W9HR5P6EBN6 --profile staging", [&] {
    ASSERT_OK(server_->CreateDatabase("staging"));
    ASSERT_OK(server_->RunSql(
        "CREATE FUNCTION billing.total(integer, text) RETURNS integer LANGUAGE sql AS 'SELECT 1';"
        "CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER audit BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION audit();"
        "CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
        "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION watch();",
        "shop"));
    AddProfiles(absl::StrCat(Profile("shop", "shop"), Profile("copy", "copy"),
                             Profile("staging", "staging")));
    Empty("copy");
    EXPECT_EQ(box_.Run({"backup", "shop", "--quiet"}).exit_code, 0);
  });
  Before("siphon restore 01M8MYGATBZ7XKHJQ3MHCPVKWB --profile copy --quiet", [&] {
    Empty("copy");
    Empty("staging");
    ASSERT_OK(server_->RunSql(
        "CREATE TABLE rates(a int); INSERT INTO rates VALUES (1);"
        "CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';"
        "CREATE TABLE t(a int); INSERT INTO t VALUES (1); CREATE INDEX t_f ON t(f(a));"
        "CREATE OR REPLACE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS"
        " 'SELECT $1 FROM (SELECT count(*) FROM rates) AS c'",
        "staging"));
    EXPECT_EQ(box_.Run({"backup", "staging", "--quiet"}).exit_code, 0);
  });
  RunPage("docs/postgres.md");
}

TEST_F(PostgresDocumentsTest, Grants) {
  ASSERT_OK(server_->CreateDatabase("staging"));
  AddProfiles(absl::StrCat(Profile("prod", "shop"), Profile("staging", "staging"),
                           Profile("drill", "staging")));
  RunPage("docs/grants.md");
}

TEST_F(PostgresDocumentsTest, Dumps) {
  AddProfiles(absl::StrCat(Profile("prod", "shop"), Profile("copy", "copy")));
  // The checks of the catalogue need a dump of every profile.
  Before("siphon status prod", [&] {
    EXPECT_EQ(box_.Run({"backup", "--all", "--quiet"}).exit_code, 0);
  });
  RunPage("docs/dumps.md");
}

TEST_F(PostgresDocumentsTest, CrossEngine) {
  auto chinook = Database::Open(box_.Path("chinook.db"));
  ASSERT_OK(chinook);
  ASSERT_OK(chinook->Execute(ReadBytes("testing/samples/chinook/Chinook_Sqlite.sql")));
  ASSERT_OK(chinook->Execute(
      "CREATE VIEW long_tracks AS SELECT * FROM Track WHERE Milliseconds > 600000"));
  const std::string shop = "postgres://postgres@127.0.0.1:55431/shop";
  Replace(shop, absl::StrCat("postgres://app:secret@", port_, "/copy"));
  Before(absl::StrCat("siphon compare sqlite://chinook.db ", shop, " --table Genre"), [&] {
    ASSERT_OK(chinook->Execute("UPDATE Genre SET Name = 'Metal!' WHERE GenreId = 3"));
  });
  RunPage("docs/cross-engine.md");
}

TEST_F(DocumentsTest, Mysql) {
  ASSERT_OK_AND_ASSIGN(const auto mysql, MysqlServer::Start({.server = std::string(kMysql97)}));
  ASSERT_OK_AND_ASSIGN(const auto mariadb, MysqlServer::Start());
  const std::string user =
      "CREATE USER app@'%' IDENTIFIED BY 'secret'; GRANT ALL ON *.* TO app@'%';";
  ASSERT_OK(mysql->RunSql(user));
  ASSERT_OK(mariadb->RunSql(user));
  ASSERT_OK(mysql->CreateDatabase("shop"));
  ASSERT_OK(mariadb->CreateDatabase("copy"));
  ASSERT_OK(mysql->RunSql(
      "CREATE TABLE customers(id INT PRIMARY KEY, name VARCHAR(20));"
      "INSERT INTO customers VALUES (1, 'Ada');"
      "CREATE TABLE orders(id INT PRIMARY KEY, customer INT, detail JSON,"
      " FOREIGN KEY (customer) REFERENCES customers(id));"
      "INSERT INTO orders VALUES (1, 1, '{}');"
      "CREATE VIEW revenue AS SELECT customer, count(*) AS orders FROM orders GROUP BY customer;",
      "shop"));
  box_.environment["SHOP_PASSWORD"] = "secret";
  const std::string url = MysqlUrl(*mysql, "shop", {.user = "app", .password = ""});
  Replace("mysql://app@127.0.0.1:3307/shop", absl::StrCat("'", url, "'"));
  Replace("127.0.0.1:3306", absl::StrCat("127.0.0.1:", mariadb->port()));
  Before("siphon profile add shop --url 'mysql", [&] {
    EXPECT_EQ(box_.Run({"profile", "rm", "shop", "--yes"}).exit_code, 0);
  });
  // The profile of the section about logins has a host that does not exist.
  Before("siphon backup shop\nsiphon backup shop --exclude-data", [&] {
    EXPECT_EQ(box_.Run({"profile", "rm", "shop", "--yes"}).exit_code, 0);
    EXPECT_EQ(box_.Run({"profile", "add", "shop", "--url", url, "--password", "env:SHOP_PASSWORD"})
                  .exit_code,
              0);
  });
  Skip("mariadb-dump --routines", "//drivers/mysqlcommon:tools_test runs these programs");
  RunPage("docs/mysql.md");
}

TEST_F(DocumentsTest, Migrations) {
  MakeShop("shop.db");
  RunPage("docs/migrations.md");
}

TEST_F(DocumentsTest, Install) {
  Replace("/srv/app", box_.Path("srv"));
  auto database = Database::Open(box_.Path("srv/app.db"));
  ASSERT_OK(database);
  ASSERT_OK(database->Execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)"));
  RunPage("docs/install.md");
}

TEST_F(DocumentsTest, Sqlite) {
  Replace("/srv/app", box_.Path("srv"));
  auto database = Database::Open(box_.Path("srv/app.db"));
  ASSERT_OK(database);
  ASSERT_OK(database->Execute("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL)"));
  RunPage("docs/sqlite.md");
}

TEST_F(DocumentsTest, Changes) {
  MakeShop("shop.db");
  AddProfiles(absl::StrCat("  shop: {driver: sqlite, database: ", box_.Path("shop.db"), "}\n"));
  RunPage("docs/changes.md");
}

TEST_F(DocumentsTest, Retention) {
  MakeShop("shop.db");
  const std::string database =
      absl::StrCat(": {driver: sqlite, database: ", box_.Path("shop.db"), "}\n");
  AddProfiles(absl::StrCat("  shop", database, "  reports", database));
  RunPage("docs/retention.md");
}

TEST_F(DocumentsTest, Delivery) { RunPage("docs/delivery.md"); }

// The blocks of a page that are whole configurations.
std::vector<std::string> Configurations(const std::string& page) {
  std::vector<std::string> found;
  for (const std::string_view block : absl::StrSplit(ReadBytes(page), "```yaml\n")) {
    std::string text(block.substr(0, block.find("```")));
    if (absl::StrContains(text, "version: 1\n")) found.push_back(std::move(text));
  }
  return found;
}

TEST_F(DocumentsTest, ConfigurationsAreValid) {
  box_.environment["PING_KEY"] = "ping";
  box_.environment["CHAT_KEY"] = "chat";
  for (const char* const page : {"docs/config.md", "docs/how-to.md"}) {
    const std::vector<std::string> configurations = Configurations(page);
    EXPECT_EQ(configurations.size(), 1u) << page;
    for (const std::string& text : configurations) {
      WriteBytes(box_.Path("config/config.yaml"), text);
      fs::permissions(box_.Path("config/config.yaml"),
                      fs::perms::owner_read | fs::perms::owner_write);
      const ProcessResult check = box_.Run({"config", "check", "--json"});
      EXPECT_EQ(check.exit_code, 0) << page << check.err;
      EXPECT_THAT(check.out, HasSubstr("\"findings\": []")) << page;
    }
  }
}

TEST(PagesTest, EveryPageWithCommandsIsRun) {
  std::set<std::string> pages;
  std::vector<std::string> candidates = {"README.md"};
  for (const auto& entry : fs::directory_iterator("docs")) {
    if (entry.path().extension() == ".md") candidates.push_back(entry.path().string());
  }
  for (const std::string& page : candidates) {
    if (!ReadPage(page).empty()) pages.insert(page);
  }
  EXPECT_EQ(pages, Pages());
}

}  // namespace
}  // namespace siphon::testing
