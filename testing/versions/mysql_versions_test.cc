// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// MySQL 8.0 and 8.4 without a server of these versions: MySQL 9.7 behind a proxy that passes for
// one, and that refuses every statement which the manuals of that version do not have
// (mysql_census.h). MySQL 9.7 and MariaDB also run as what they are.

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "drivers/mysqlcommon/fork.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/mysql_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/rounds.h"
#include "testing/servers/mysql.h"
#include "testing/servers/mysql_content.h"
#include "testing/servers/mysql_version_proxy.h"
#include "testing/status_matchers.h"
#include "testing/versions/mysql_census.h"

namespace siphon::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Something of everything that MySQL 8.0.11 and MariaDB 10.11 both have.
constexpr char kSample[] = R"(
CREATE TABLE items(id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(30) NOT NULL,
  old VARCHAR(10) CHARACTER SET utf8, kind ENUM('a', '', 'b'), price FLOAT, bits BIT(9),
  doubled DOUBLE GENERATED ALWAYS AS (price * 2) VIRTUAL, kept INT AS (CHAR_LENGTH(name)) STORED,
  body JSON, made TIMESTAMP NULL, raw VARBINARY(20), KEY by_name (name));
INSERT INTO items(name, old, kind, price, bits, body, made, raw) VALUES
  ('one', 'eins', 'a', 0.1, b'101', '{"a": 1}', '2026-01-02 03:04:05', x'00ff27'),
  ('two', NULL, '', 1e30, NULL, NULL, NULL, NULL);
CREATE TABLE tags(item INT NOT NULL, tag VARCHAR(10), UNIQUE KEY both_ (item, tag),
  CONSTRAINT of_item FOREIGN KEY (item) REFERENCES items(id) ON DELETE CASCADE);
INSERT INTO tags VALUES (1, 'red'), (2, 'blue');
CREATE TABLE notes(text VARCHAR(20)) ENGINE=MyISAM;
INSERT INTO notes VALUES ('a note');
CREATE VIEW named AS SELECT id, name FROM items WHERE name IS NOT NULL;
CREATE VIEW longer AS SELECT id FROM named;
CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2;
CREATE PROCEDURE tidy() COMMENT 'tidies' DELETE FROM notes;
CREATE TRIGGER noted AFTER INSERT ON tags FOR EACH ROW UPDATE items SET bits = 1 WHERE id = NEW.item;
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM notes;
)";

struct Pretence {
  std::string server;
  std::string version;  // Empty: the server's own.
};
void PrintTo(const Pretence& pretence, std::ostream* out) {
  *out << pretence.server << (pretence.version.empty() ? "" : " as ") << pretence.version;
}

std::vector<Pretence> Pretences() {
  const std::string mysql(kMysql97);
  std::vector<Pretence> pretences = VersionsToTest<Pretence>(
      {{mysql, "8.0.11"}, {mysql, "8.0.42"}, {mysql, "8.4.0"}, {mysql, ""}});
  pretences.push_back({std::string(kMariadb1011), ""});
  pretences.push_back({std::string(kMariadb118), ""});
  return pretences;
}

class MysqlVersionsTest : public ::testing::Test {
 protected:
  // Starts the server behind a proxy, with the sample in "app" and an empty database "copy".
  void Begin(const Pretence& pretence) {
    auto server =
        MysqlServer::Start({.server = pretence.server, .password = "secret", .binlog = true});
    ASSERT_OK(server);
    server_ = *std::move(server);
    fork_ = server_->is_mariadb() ? &mysqlcommon::kMariadb : &mysqlcommon::kMysql;
    version_ = pretence.version;
    if (version_.empty()) version_ = server_->Value("SELECT version()").value_or("");
    census_ = std::make_unique<MysqlCensus>(*fork_, version_);
    auto proxy = MysqlVersionProxy::Start(
        server_->port(), version_, [this](std::string_view sql) { return census_->Judge(sql); });
    ASSERT_OK(proxy);
    proxy_ = *std::move(proxy);
    AddDatabase("app");
    AddDatabase("copy");
    box_.environment["APP_PASSWORD"] = "secret";
    // MariaDB's checksum of a table with virtual columns is another one each time.
    ASSERT_OK(server_->RunSql(
        server_->is_mariadb() ? absl::StrReplaceAll(kSample, {{"VIRTUAL", "STORED"}}) : kSample,
        "app"));
  }

  // A new database, and a profile of that name by way of the proxy.
  void AddDatabase(const std::string& name) {
    ASSERT_OK(server_->CreateDatabase(name));
    AddProfile(name, fork_->name, *server_, proxy_->port(), name);
  }

  void AddProfile(std::string_view profile, std::string_view driver, const MysqlServer& server,
                  int port, std::string_view database) {
    config_ += MysqlProfile(
        server, profile,
        {.driver = std::string(driver), .database = std::string(database), .port = port});
    std::filesystem::create_directories(box_.Path("config"));
    WriteBytes(box_.Path("config/config.yaml"), config_);
  }

  std::string Succeed(const std::vector<std::string>& args) {
    const ProcessResult result = box_.Run(args);
    EXPECT_EQ(result.exit_code, 0) << absl::StrJoin(args, " ") << ": " << result.err;
    return std::string(absl::StripSuffix(result.out, "\n"));
  }

  // One migration that runs `up` and, to be undone, `down`.
  std::string Migrations(const std::vector<std::pair<std::string, std::string>>& steps) {
    const std::string folder = box_.Path("migrations");
    std::filesystem::create_directories(folder);
    for (size_t i = 0; i < steps.size(); ++i) {
      WriteBytes(absl::StrCat(folder, "/", i + 1, "_step.up.sql"), steps[i].first);
      WriteBytes(absl::StrCat(folder, "/", i + 1, "_step.down.sql"), steps[i].second);
    }
    return folder;
  }

  std::string Content(std::string_view database) {
    const absl::StatusOr<std::string> content = DescribeMysqlContent(*server_, database);
    EXPECT_OK(content);
    return content.value_or("");
  }

  void ExpectEverythingAllowed() {
    EXPECT_THAT(census_->refused(), IsEmpty()) << "as " << fork_->name << " " << version_;
    EXPECT_THAT(proxy_->unknown_commands(), IsEmpty());
  }

  Sandbox box_;
  std::string config_ = "profiles:\n";
  const mysqlcommon::Fork* fork_ = nullptr;
  std::string version_;
  std::unique_ptr<MysqlServer> server_;
  std::unique_ptr<MysqlCensus> census_;
  std::unique_ptr<MysqlVersionProxy> proxy_;
};

class EveryVersionTest : public MysqlVersionsTest, public ::testing::WithParamInterface<Pretence> {
 protected:
  void SetUp() override { Begin(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Version, EveryVersionTest, ::testing::ValuesIn(Pretences()),
                         [](const ::testing::TestParamInfo<Pretence>& info) {
                           return absl::StrReplaceAll(
                               absl::StrCat(info.param.server,
                                            info.param.version.empty() ? "" : " as ",
                                            info.param.version),
                               {{"-", ""}, {".", ""}, {" ", ""}});
                         });

TEST_P(EveryVersionTest, BackupVerifyAndRestoreSendOnlyWhatTheVersionAccepts) {
  EXPECT_THAT(Succeed({"profile", "test", "app"}), HasSubstr(version_));
  EXPECT_THAT(Succeed({"inspect", "app", "--exact"}), HasSubstr(version_));
  // Remains of killed siphons of other users: a restore looks for them and reports them.
  ASSERT_OK(
      server_->RunSql("CREATE DATABASE siphon_old_0123456789abcdef;"
                      "CREATE DATABASE siphon_scratch_fedcba9876543210;"));
  const std::string id = Succeed({"backup", "app", "--checksums", "--quiet"});
  EXPECT_THAT(ReadBytes(box_.DumpPath(id)), AllOf(HasSubstr("\"binlog_file\":\"binlog.0"),
                                                  HasSubstr(absl::StrCat("\"", version_))));
  Succeed({"verify", id, "--restore", "copy"});
  Succeed({"restore", id, "--profile", "copy"});
  EXPECT_EQ(Content("copy"), Content("app"));
  const std::vector<std::vector<std::string>> ways = {
      {"--clean"},
      {"--clean", "--table", "items", "--table", "tags"},
      // Not "notes": with GTIDs, MySQL refuses MyISAM and InnoDB in one transaction.
      {"--clean", "--data-only", "--table", "items", "--table", "tags"},
      {"--clean", "--in-place"},
      {"--clean", "--definer", "strip"},
      {"--clean", "--schema-only"},
      {"--create", "made"}};
  for (const std::vector<std::string>& way : ways) {
    std::vector<std::string> args = {"restore", id, "--profile", "copy", "--yes"};
    args.insert(args.end(), way.begin(), way.end());
    Succeed(args);
  }
  EXPECT_EQ(Content("made"), Content("app"));
  EXPECT_EQ(server_
                ->Value("SELECT GROUP_CONCAT(schema_name ORDER BY schema_name)"
                        " FROM information_schema.schemata WHERE schema_name LIKE '%siphon%'")
                .value_or(""),
            "siphon_old_0123456789abcdef,siphon_scratch_fedcba9876543210");
  ExpectEverythingAllowed();
  if (!server_->is_mariadb()) {
    const bool renamed = driver::ParseVersion(version_) >= driver::Version{8, 2, 0};
    EXPECT_EQ(census_->Saw("SHOW BINARY LOG STATUS"), renamed);
    EXPECT_EQ(census_->Saw("SHOW MASTER STATUS"), !renamed);
  }
}

TEST_P(EveryVersionTest, SyncSendsOnlyWhatTheVersionAccepts) {
  Succeed({"sync", "app", "copy"});
  EXPECT_EQ(Content("copy"), Content("app"));
  const auto other =
      MysqlServer::Start({.server = std::string(server_->is_mariadb() ? kMysql97 : kMariadb118),
                          .password = "secret"});
  ASSERT_OK(other);
  ASSERT_OK((*other)->CreateDatabase("other"));
  AddProfile("other", (server_->is_mariadb() ? mysqlcommon::kMysql : mysqlcommon::kMariadb).name,
             **other, (*other)->port(), "other");
  Succeed({"sync", "app", "other"});
  Succeed({"sync", "other", "copy", "--clean", "--yes"});
  EXPECT_EQ(server_->Value("SELECT GROUP_CONCAT(name ORDER BY id) FROM items", "copy").value_or(""),
            "one,two");
  ExpectEverythingAllowed();
}

TEST_P(EveryVersionTest, MigrationsSendOnlyWhatTheVersionAccepts) {
  const std::string folder = Migrations(
      {{"CREATE TABLE `a`(`id` INT PRIMARY KEY); INSERT INTO `a` VALUES (1);", "DROP TABLE `a`;"},
       {"SET SESSION foreign_key_checks = 0; CREATE TABLE `b`(`id` INT PRIMARY KEY);"
        " ALTER TABLE `a` ADD COLUMN `n` INT;",
        "DROP TABLE `b`; ALTER TABLE `a` DROP COLUMN `n`;"},
       {"CREATE VIEW `v` AS SELECT `id` FROM `a`;"
        " CREATE PROCEDURE `p`() DELETE FROM `a`;"
        " CREATE TRIGGER `t` AFTER INSERT ON `a` FOR EACH ROW DELETE FROM `b`;",
        "DROP TRIGGER `t`; DROP PROCEDURE `p`; DROP VIEW `v`;"}});
  const auto migrate = [&](std::vector<std::string> more) {
    std::vector<std::string> args = {"migrate", "--path", folder, "--database", "copy"};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  };
  Succeed(migrate({"up"}));
  EXPECT_THAT(Succeed(migrate({"status"})), HasSubstr("database at version 3"));
  Succeed(migrate({"plan"}));
  Succeed(migrate({"down", "1", "--yes"}));
  Succeed(migrate({"goto", "1", "--yes"}));
  // A migration that fails in the middle, and goes on once it can.
  WriteBytes(absl::StrCat(folder, "/4_step.up.sql"),
             "CREATE TABLE `c`(`id` INT PRIMARY KEY); INSERT INTO `missing` VALUES (1);");
  WriteBytes(absl::StrCat(folder, "/4_step.down.sql"), "DROP TABLE `c`;");
  EXPECT_NE(box_.Run(migrate({"up"})).exit_code, 0);
  ASSERT_OK(server_->RunSql("CREATE TABLE missing(id INT);", "copy"));
  Succeed(migrate({"up", "--resume"}));
  Succeed(migrate({"drop", "--yes"}));
  ExpectEverythingAllowed();
}

TEST_P(EveryVersionTest, InterruptedStatementIsKilledByAStatementThatTheVersionAccepts) {
  std::thread holder(
      [&] { server_->RunSql("LOCK TABLES items WRITE; DO SLEEP(60);", "app").IgnoreError(); });
  // The session that sleeps, and so has the lock.
  const auto sleeper = [&]() -> int64_t {
    for (const MysqlServer::Session& session :
         server_->Sessions().value_or(std::vector<MysqlServer::Session>())) {
      if (absl::StrContains(session.query, "SLEEP")) return session.id;
    }
    return 0;
  };
  int64_t id = 0;
  while ((id = sleeper()) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const ProcessResult result =
      box_.RunAndSignal({"inspect", "app", "--exact"}, std::chrono::seconds(3), SIGINT);
  EXPECT_OK(server_->RunSql(absl::StrCat("KILL ", id)));
  holder.join();
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_TRUE(census_->Saw("KILL QUERY"));
  ExpectEverythingAllowed();
}

// A real server of the pretended version would refuse these, so the census must refuse them.
TEST_F(MysqlVersionsTest, StatementOfALaterVersionIsRefusedAndRecorded) {
  Begin({std::string(kMysql97), "8.0.42"});
  const std::string folder = Migrations({{"SHOW BINARY LOG STATUS;", "SELECT 1;"}});
  const ProcessResult result = box_.Run({"migrate", "--path", folder, "--database", "copy", "up"});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("(1064)"));
  EXPECT_THAT(census_->refused(), Contains(HasSubstr("SHOW BINARY LOG STATUS")));
}

TEST_F(MysqlVersionsTest, StatementWithAWordThatNobodyLookedUpIsRefusedAndRecorded) {
  Begin({std::string(kMysql97), "8.4.0"});
  const std::string folder = Migrations({{"SELECT UUID_SHORT();", "SELECT 1;"}});
  EXPECT_NE(box_.Run({"migrate", "--path", folder, "--database", "copy", "up"}).exit_code, 0);
  EXPECT_THAT(census_->refused(), Contains(HasSubstr("neither in server_facts.h")));
}

TEST_F(MysqlVersionsTest, ServerOlderThanSupportedIsRefusedByItsVersion) {
  Begin({std::string(kMysql97), "5.7.44"});
  const ProcessResult result = box_.Run({"inspect", "app"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("the server is MySQL 5.7.44"),
                                HasSubstr("siphon needs MySQL 8.0.11 or later")));
}

}  // namespace
}  // namespace siphon::testing
