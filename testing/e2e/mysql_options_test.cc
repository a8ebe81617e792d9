// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Options of the verbs that MySQL and MariaDB support, as a user gives them.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/mysql_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/rounds.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSample[] =
    "CREATE TABLE items(id INT PRIMARY KEY, name VARCHAR(30), price DOUBLE);"
    "INSERT INTO items VALUES (1, 'one', 0.1), (2, 'two', 1e100), (3, NULL, NULL);"
    "CREATE TABLE tags(item INT, tag VARCHAR(10), FOREIGN KEY (item) REFERENCES items(id));"
    "INSERT INTO tags VALUES (1, 'red'), (2, 'blue');"
    "CREATE VIEW named AS SELECT id FROM items WHERE name IS NOT NULL;";

class MysqlOptionsTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto server = MysqlServer::Start({.server = GetParam(), .password = "secret"});
    ASSERT_OK(server);
    server_ = *std::move(server);
    for (const char* const name : {"app", "copy"}) AddProfile(*server_, name);
    box_.environment["APP_PASSWORD"] = "secret";
    ASSERT_OK(server_->RunSql(kSample, "app"));
  }

  // Makes a new database and a profile of that name.
  void AddProfile(const MysqlServer& server, const std::string& name) {
    ASSERT_OK(server.CreateDatabase(name));
    config_ += MysqlProfile(server, name);
    std::filesystem::create_directories(box_.Path("config"));
    WriteBytes(box_.Path("config/config.yaml"), config_);
  }

  std::string Succeed(const std::vector<std::string>& args) {
    const ProcessResult result = box_.Run(args);
    EXPECT_EQ(result.exit_code, 0) << absl::StrJoin(args, " ") << ": " << result.err;
    return std::string(absl::StripSuffix(result.out, "\n"));
  }

  Sandbox box_;
  std::string config_ = "profiles:\n";
  std::unique_ptr<MysqlServer> server_;
};

INSTANTIATE_TEST_SUITE_P(Server, MysqlOptionsTest,
                         ::testing::ValuesIn(VersionsToTest(AllMysqlServers())),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(MysqlOptionsTest, VerifyHoldsWhatIsRestoredAgainstTheRecordedChecksums) {
  const std::string plain = Succeed({"backup", "app", "--quiet"});
  EXPECT_THAT(Succeed({"verify", plain, "--restore", "copy"}),
              AllOf(HasSubstr("rows of 2 tables as recorded"), Not(HasSubstr("checksums"))));
  const std::string id = Succeed({"backup", "app", "--checksums", "--quiet"});
  EXPECT_THAT(Succeed({"verify", id, "--restore", "copy"}), HasSubstr("checksums of 2"));
  // A checksum of another version cannot be compared; a different value is an integrity error.
  const std::string sidecar = ReadBytes(box_.SidecarPath(id));
  const std::string maker = server_->is_mariadb() ? "\"MariaDB " : "\"MySQL ";
  WriteBytes(box_.SidecarPath(id), absl::StrReplaceAll(sidecar, {{maker, maker + "1"}}));
  EXPECT_THAT(Succeed({"verify", id, "--restore", "copy"}), Not(HasSubstr("checksums of")));
  const size_t colon = sidecar.find(':', sidecar.find(maker));
  ASSERT_NE(colon, std::string::npos);
  std::string other = sidecar;
  other[colon + 1] = other[colon + 1] == '9' ? '8' : '9';
  WriteBytes(box_.SidecarPath(id), other);
  const ProcessResult result = box_.Run({"verify", id, "--restore", "copy"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("has the checksum"));
}

TEST_P(MysqlOptionsTest, VerboseTellsTheLockOfABackup) {
  std::vector<std::string> backup = {"backup", "app", "--jobs", "2"};
  const std::string lock =
      server_->is_mariadb() ? "BACKUP STAGE BLOCK_COMMIT" : "FLUSH TABLES WITH READ LOCK";
  const ProcessResult plain = box_.Run(backup);
  EXPECT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_THAT(plain.err, AllOf(Not(HasSubstr(lock)), Not(HasSubstr("connections read"))));
  backup.emplace_back("--verbose");
  const ProcessResult verbose = box_.Run(backup);
  EXPECT_EQ(verbose.exit_code, 0) << verbose.err;
  EXPECT_THAT(verbose.err, AllOf(HasSubstr(absl::StrCat(lock, " held for")),
                                 HasSubstr("2 connections read one snapshot")));
}

TEST_P(MysqlOptionsTest, EveryDatabaseOfTheServerIsBackedUpOnItsOwn) {
  ASSERT_OK(server_->CreateDatabase("made later"));
  ASSERT_OK(server_->RunSql("CREATE TABLE t (a INT); INSERT INTO t VALUES (7);", "made later"));
  Succeed({"backup", "app", "--all-databases", "--tag", "night"});
  const std::string id =
      Succeed({"dumps", "inspect", "latest:app/made later", "--tag", "night", "--json"});
  EXPECT_THAT(id, HasSubstr("\"profile\": \"app/made later\""));
  for (const char* const database : {"app", "copy"}) {
    Succeed({"verify", absl::StrCat("latest:app/", database)});
  }
  EXPECT_EQ(box_.Run({"verify", "latest:app/mysql"}).exit_code, 1);
  // Back into its database, and into another one.
  ASSERT_OK(server_->RunSql("DELETE FROM t;", "made later"));
  Succeed({"restore", "latest:app/made later", "--clean"});
  EXPECT_EQ(server_->Value("SELECT a FROM t", "made later").value_or(""), "7");
  Succeed({"restore", "latest:app/made later", "--profile", "app/copy"});
  EXPECT_EQ(server_->Value("SELECT a FROM t", "copy").value_or(""), "7");
  EXPECT_THAT(Succeed({"status", "app"}),
              AllOf(HasSubstr("app/app "), HasSubstr("app/copy "), HasSubstr("app/made later ")));
}

TEST_P(MysqlOptionsTest, ASyncWithoutSomeTablesReplacesTheOthersAlone) {
  ASSERT_OK(server_->RunSql(
      "CREATE TABLE mine(a INT); CREATE TABLE tags(b INT); INSERT INTO tags VALUES (7);"
      "CREATE TABLE items(c INT);",
      "copy"));
  EXPECT_EQ(box_.Run({"sync", "app", "copy", "--exclude-table", "nowhere", "--clean"}).exit_code,
            1);
  Succeed({"sync", "app", "copy", "--exclude-table", "tags", "--exclude-data", "items", "--clean"});
  EXPECT_EQ(server_->Value("SELECT b FROM tags", "copy").value_or(""), "7");
  EXPECT_EQ(server_->Value("SELECT COUNT(a) FROM mine", "copy").value_or(""), "0");
  EXPECT_EQ(server_->Value("SELECT COUNT(price) FROM items", "copy").value_or(""), "0");
  EXPECT_EQ(server_->Value("SELECT COUNT(*) FROM named", "copy").value_or(""), "0");
}

TEST_P(MysqlOptionsTest, ARestoreWithoutSomeTablesReplacesTheOthersAlone) {
  ASSERT_OK(server_->RunSql(
      "CREATE TRIGGER on_tags BEFORE INSERT ON tags FOR EACH ROW SET NEW.tag = 'x';", "app"));
  Succeed({"backup", "app"});
  ASSERT_OK(server_->RunSql(
      "CREATE TABLE mine(a INT); CREATE TABLE tags(b INT); INSERT INTO tags VALUES (7);"
      "CREATE TABLE items(c INT);",
      "copy"));
  const std::vector<std::string> restore = {"restore", "latest:app", "--profile", "copy"};
  const auto without = [&](std::vector<std::string> more) {
    more.insert(more.begin(), restore.begin(), restore.end());
    return more;
  };
  EXPECT_EQ(box_.Run(without({"--exclude-table", "tags"})).exit_code, 1) << "not empty";
  EXPECT_EQ(box_.Run(without({"--exclude-table", "nowhere", "--clean"})).exit_code, 1);
  for (const bool in_place : {false, true}) {
    std::vector<std::string> args = without({"--exclude-table", "tags", "--clean"});
    if (in_place) args.push_back("--in-place");
    Succeed(args);
    EXPECT_EQ(server_->Value("SELECT b FROM tags", "copy").value_or(""), "7");
    EXPECT_EQ(server_->Value("SELECT COUNT(a) FROM mine", "copy").value_or(""), "0");
    EXPECT_EQ(server_->Value("SELECT COUNT(*) FROM items", "copy").value_or(""), "3");
    EXPECT_EQ(server_->Value("SELECT COUNT(*) FROM named", "copy").value_or(""), "2");
    EXPECT_EQ(server_
                  ->Value("SELECT COUNT(*) FROM information_schema.triggers WHERE"
                          " trigger_schema = 'copy'")
                  .value_or(""),
              "0");
  }
  // Into a new database the view is left out by its name, too.
  AddProfile(*server_, "fresh");
  Succeed({"restore", "latest:app", "--profile", "fresh", "--exclude-table", "tags,named"});
  EXPECT_EQ(server_
                ->Value("SELECT GROUP_CONCAT(table_name) FROM information_schema.tables WHERE"
                        " table_schema = 'fresh'")
                .value_or(""),
            "items");
}

TEST_P(MysqlOptionsTest, SyncToTheOtherForkTellsWhatCannotGoOverAndGoesOnWhenTold) {
  const bool mariadb = server_->is_mariadb();
  const auto other = MysqlServer::Start(
      {.server = std::string(mariadb ? kMysql97 : kMariadb118), .password = "secret"});
  ASSERT_OK(other);
  AddProfile(**other, "other");
  // Content that both servers support is copied without a warning.
  Succeed({"sync", "app", "other"});
  EXPECT_EQ((*other)->Value("SELECT COUNT(*) FROM named", "other").value_or(""), "2");
  ASSERT_OK(server_->RunSql(
      mariadb ? "CREATE SEQUENCE s;" : "ALTER TABLE items ADD KEY low ((LOWER(name)));", "app"));
  ASSERT_OK((*other)->RunSql("DELETE FROM tags;", "other"));
  const ProcessResult refused = box_.Run({"sync", "app", "other", "--clean"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr(mariadb ? "sequence s" : "functional index"),
                                 HasSubstr("--cross-engine")));
  EXPECT_EQ((*other)->Value("SELECT COUNT(*) FROM tags", "other").value_or(""), "0");
  Succeed({"sync", "app", "other", "--clean", "--cross-engine"});
  EXPECT_EQ((*other)->Value("SELECT COUNT(*) FROM tags", "other").value_or(""), "2");
}

// A server hides triggers from a user without the right.
TEST_P(MysqlOptionsTest, NothingThatTheSourceHidesIsDroppedBySyncOrAfterRebuild) {
  ASSERT_OK(
      server_->RunSql("CREATE TRIGGER tr BEFORE INSERT ON items FOR EACH ROW SET NEW.price = 1;"
                      "CREATE USER reader@'%' IDENTIFIED BY 'secret';"
                      "GRANT SELECT, SHOW VIEW ON app.* TO reader@'%';",
                      "app"));
  Succeed({"sync", "app", "copy"});
  absl::StrAppend(&config_, absl::StrReplaceAll(
                                config_.substr(config_.find("  app:"),
                                               config_.find("  copy:") - config_.find("  app:")),
                                {{"  app:", "  reader:"}, {"user: root", "user: reader"}}));
  WriteBytes(box_.Path("config/config.yaml"), config_);
  const auto refused = [&](const std::vector<std::string>& args) {
    const ProcessResult result = box_.Run(args);
    EXPECT_EQ(result.exit_code, 1) << absl::StrJoin(args, " ");
    EXPECT_THAT(result.err, AllOf(HasSubstr("--clean would drop"), HasSubstr("trigger tr")));
  };
  refused({"sync", "reader", "copy", "--clean"});
  const std::string id = Succeed({"backup", "reader", "--quiet"});
  std::filesystem::remove(box_.SidecarPath(id));
  Succeed({"dumps", "rebuild", "--profile", "reader"});
  refused({"restore", id, "--profile", "copy", "--clean"});
  refused({"restore", id, "--profile", "copy", "--clean", "--in-place"});
  EXPECT_EQ(server_
                ->Value("SELECT trigger_name FROM information_schema.triggers WHERE"
                        " trigger_schema = 'copy'",
                        "copy")
                .value_or(""),
            "tr");
}

}  // namespace
}  // namespace siphon::testing
