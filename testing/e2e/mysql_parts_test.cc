// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Dumps of MySQL and MariaDB that several jobs write and restore, as a user runs them.

#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "siphon/base/sha256.h"
#include "testing/e2e/mysql_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"
#include "testing/process/running_process.h"
#include "testing/rounds.h"
#include "testing/servers/descriptions.h"
#include "testing/servers/mysql.h"
#include "testing/servers/mysql_sample.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using nlohmann::ordered_json;
using ::testing::HasSubstr;

constexpr size_t kEnvelope = 4096;

class MysqlPartsTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto server = MysqlServer::Start({.server = GetParam(), .password = "secret"});
    ASSERT_OK(server);
    server_ = *std::move(server);
    std::string config = "profiles:\n";
    for (const char* const name : {"app", "copy"}) {
      ASSERT_OK(server_->CreateDatabase(name));
      config += MysqlProfile(*server_, name);
    }
    std::filesystem::create_directories(box_.Path("config"));
    WriteBytes(box_.Path("config/config.yaml"), config);
    box_.environment["APP_PASSWORD"] = "secret";
    ASSERT_OK(LoadMysqlSample(*server_, "app"));
    // Each with some parts, and large enough to get its secondary key after its rows.
    ASSERT_OK(LoadMysqlBulk(*server_, "app", /*megabytes=*/24, /*tables=*/2));
    ASSERT_OK(server_->RunSql("ANALYZE TABLE bulk_1, bulk_2", "app"));
    const ProcessResult backup = box_.Run({"backup", "app", "--jobs", "4", "--quiet"});
    ASSERT_EQ(backup.exit_code, 0) << backup.err;
    id_ = std::string(absl::StripSuffix(backup.out, "\n"));
  }

  ProcessResult Restore(const std::string& jobs) {
    return box_.Run({"restore", id_, "--profile", "copy", "--clean", "--jobs", jobs, "--verbose"});
  }
  ProcessResult Sync(const std::vector<std::string>& more) {
    std::vector<std::string> args = {"sync", "app", "copy", "--clean", "--yes"};
    args.insert(args.end(), more.begin(), more.end());
    return box_.Run(args);
  }
  void ExpectNoScratch() {
    EXPECT_EQ(*server_->Value("SELECT COUNT(*) FROM information_schema.schemata"
                              " WHERE schema_name LIKE '%siphon%'"),
              "0");
  }
  std::string Content(std::string_view database) {
    const absl::StatusOr<std::string> text = server_->Dump(database);
    EXPECT_OK(text);
    return text.value_or("");
  }

  Sandbox box_;
  std::unique_ptr<MysqlServer> server_;
  std::string id_;
};

INSTANTIATE_TEST_SUITE_P(Server, MysqlPartsTest,
                         ::testing::ValuesIn(VersionsToTest(AllMysqlServers())),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(MysqlPartsTest, SeveralJobsRestoreWhatOneDoes) {
  const std::string expected = Content("app");
  for (const std::string jobs : {"1", "2", "4"}) {
    SCOPED_TRACE(jobs);
    ASSERT_OK(server_->RunSql("DROP TABLE IF EXISTS bulk_1; CREATE TABLE more (a INT)", "copy"));
    const ProcessResult restore = Restore(jobs);
    EXPECT_EQ(restore.exit_code, 0) << restore.err;
    if (jobs != "1") {
      EXPECT_THAT(restore.err, HasSubstr(absl::StrCat(jobs, " connections load the tables")));
    }
    EXPECT_EQ(FirstDifference(Content("copy"), expected), "");
  }
}

TEST_P(MysqlPartsTest, AChangedByteIsRefusedThoughTheChecksumFits) {
  const std::string dump = ReadBytes(box_.DumpPath(id_));
  ordered_json sidecar = ordered_json::parse(ReadBytes(box_.SidecarPath(id_)), nullptr, false);
  const size_t index = kEnvelope + sidecar["index_offset"].get<size_t>();
  ASSERT_OK(server_->RunSql("CREATE TABLE bulk_1 (old INT)", "copy"));
  const std::string before = Content("copy");
  for (const size_t at : {kEnvelope + 150, index / 3, index / 2, index - 300, dump.size() - 100}) {
    SCOPED_TRACE(at);
    std::string damaged = dump;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    base::Sha256 hash;
    hash.Update(damaged);
    sidecar["checksum"] = hash.Digest();
    WriteBytes(box_.DumpPath(id_), damaged);
    WriteBytes(box_.SidecarPath(id_), sidecar.dump(2));
    const ProcessResult restore = Restore("4");
    EXPECT_EQ(restore.exit_code, 3) << restore.err;
    EXPECT_EQ(FirstDifference(Content("copy"), before), "");
    EXPECT_EQ(*server_->Value("SELECT COUNT(*) FROM information_schema.schemata"
                              " WHERE schema_name LIKE '%siphon%'"),
              "0");
  }
}

TEST_P(MysqlPartsTest, ATableNeedsItsOwnFramesAlone) {
  // Changes a byte of the first frame of a table.
  const auto damage = [&](std::string_view table) {
    constexpr size_t kToName = 98;
    std::string dump = ReadBytes(box_.DumpPath(id_));
    size_t at = dump.find("SIPHFRM1");
    while (at != std::string::npos && dump.compare(at + kToName, table.size(), table) != 0) {
      at = dump.find("SIPHFRM1", at + 1);
    }
    ASSERT_NE(at, std::string::npos);
    dump[at + 2000] = static_cast<char>(dump[at + 2000] ^ 1);
    WriteBytes(box_.DumpPath(id_), dump);
  };
  const auto restore = [&](const std::vector<std::string>& more) {
    EXPECT_OK(server_->RunSql("DROP TABLE IF EXISTS bulk_2", "copy"));
    std::vector<std::string> args = {"restore", id_, "--profile", "copy", "--table", "bulk_2"};
    args.insert(args.end(), more.begin(), more.end());
    return box_.Run(args);
  };
  const std::vector<std::vector<std::string>> ways = {{}, {"--jobs", "4"}, {"--in-place"}};
  damage("bulk_1");
  for (const std::vector<std::string>& more : ways) {
    const ProcessResult restored = restore(more);
    EXPECT_EQ(restored.exit_code, 0) << restored.err;
    EXPECT_EQ(*server_->Value("SELECT (SELECT COUNT(*) FROM app.bulk_2)"
                              " = (SELECT COUNT(*) FROM copy.bulk_2)"),
              "1");
  }
  const ProcessResult extract =
      box_.Run({"dumps", "extract", id_, "--table", "bulk_2", "--output", box_.Path("bulk_2.sql")});
  ASSERT_EQ(extract.exit_code, 0) << extract.err;
  ASSERT_OK(server_->RunSql("DROP TABLE bulk_2", "copy"));
  ASSERT_OK(server_->RunSql(ReadBytes(box_.Path("bulk_2.sql")), "copy"));
  EXPECT_EQ(*server_->Value("SELECT (SELECT COUNT(*) FROM app.bulk_2)"
                            " = (SELECT COUNT(*) FROM copy.bulk_2)"),
            "1");

  damage("bulk_2");
  for (const std::vector<std::string>& more : ways) {
    const ProcessResult refused = restore(more);
    EXPECT_EQ(refused.exit_code, 3) << refused.err;
    EXPECT_EQ(*server_->Value("SELECT COUNT(*) FROM information_schema.tables"
                              " WHERE table_name = 'bulk_2' AND table_schema = 'copy'"),
              "0");
  }
}

TEST_P(MysqlPartsTest, OneConnectionRestoresInPlaceAndSaysSo) {
  const ProcessResult restore =
      box_.Run({"restore", id_, "--profile", "copy", "--in-place", "--jobs", "4", "--verbose"});
  EXPECT_EQ(restore.exit_code, 0) << restore.err;
  EXPECT_THAT(restore.err, HasSubstr("one job restores: a restore in place uses one connection"));
  EXPECT_EQ(FirstDifference(Content("copy"), Content("app")), "");
}

TEST_P(MysqlPartsTest, SeveralJobsCopyWhatOneDoes) {
  const std::string expected = Content("app");
  for (const std::string jobs : {"1", "2", "4"}) {
    SCOPED_TRACE(jobs);
    ASSERT_OK(server_->RunSql("DROP TABLE IF EXISTS bulk_1; CREATE TABLE more (a INT)", "copy"));
    const ProcessResult sync = Sync({"--jobs", jobs, "--verbose"});
    EXPECT_EQ(sync.exit_code, 0) << sync.err;
    if (jobs != "1") {
      EXPECT_THAT(sync.err, HasSubstr(absl::StrCat(jobs, " connections read one snapshot")));
      EXPECT_THAT(sync.err, HasSubstr(absl::StrCat(jobs, " connections load the tables")));
    }
    EXPECT_EQ(FirstDifference(Content("copy"), expected), "");
  }
  ExpectNoScratch();
}

TEST_P(MysqlPartsTest, AKeyToWhichAnotherTableRefersIsCopiedInParts) {
  // The foreign key needs the key, which must exist before the rows. MySQL demands a unique one.
  ASSERT_OK(server_->RunSql(
      absl::StrCat("CREATE TABLE wide (id INT PRIMARY KEY, code INT NOT NULL, t VARCHAR(2000), ",
                   server_->is_mariadb() ? "" : "UNIQUE ",
                   "KEY code (code));"
                   "INSERT INTO wide WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s"
                   " WHERE i < 900) SELECT a.i * 1000 + b.i, a.i * 1000 + b.i, REPEAT('x', 2000)"
                   " FROM s a, s b WHERE a.i <= 12;"
                   "CREATE TABLE child (code INT, FOREIGN KEY (code) REFERENCES wide (code));"
                   "INSERT INTO child SELECT code FROM wide LIMIT 5;"
                   "ANALYZE TABLE wide"),
      "app"));
  const ProcessResult sync = Sync({"--jobs", "4"});
  EXPECT_EQ(sync.exit_code, 0) << sync.err;
  EXPECT_EQ(FirstDifference(Content("copy"), Content("app")), "");
}

TEST_P(MysqlPartsTest, AKilledConnectionLeavesTheTargetAsItWas) {
  ASSERT_OK(server_->RunSql("CREATE TABLE mine (a INT)", "copy"));
  const std::string before = Content("copy");
  const std::vector<std::string> victims = {// Of the target, and of the source.
                                            "db LIKE '%siphon%' AND info LIKE 'INSERT INTO%'",
                                            "db = 'app' AND info LIKE 'SELECT%bulk_%'"};
  for (const std::string& victim : victims) {
    SCOPED_TRACE(victim);
    // In the server, because a copy may end before a client has started twice.
    ASSERT_OK(server_->RunSql(
        absl::StrCat("CREATE DATABASE IF NOT EXISTS watcher; USE watcher;"
                     "DROP PROCEDURE IF EXISTS kill_first;\nDELIMITER //\n"
                     "CREATE PROCEDURE kill_first() BEGIN DECLARE rounds INT DEFAULT 0;"
                     // Statements with bytes that are no text are an error in this table.
                     " DECLARE CONTINUE HANDLER FOR 3854 SET @id = NULL;"
                     " SET @id = NULL; WHILE @id IS NULL AND rounds < 20000 DO"
                     " SELECT MAX(id) INTO @id FROM information_schema.processlist WHERE ",
                     victim,
                     "; SET rounds = rounds + 1; DO SLEEP(0.001); END WHILE;"
                     " KILL @id; END//\nDELIMITER ;\n")));
    RunningProcess sync(
        box_.Options({"sync", "app", "copy", "--clean", "--yes", "--jobs", "4", "--json"}));
    EXPECT_OK(server_->RunSql("CALL kill_first()", "watcher")) << "the copy was too fast";
    const absl::StatusOr<ProcessResult> result = sync.Wait();
    ASSERT_OK(result);
    EXPECT_EQ(result->exit_code, 2) << result->err;
    EXPECT_EQ(ordered_json::parse(result->out)["error"]["cause"], "connection_failed")
        << result->out;
    EXPECT_EQ(FirstDifference(Content("copy"), before), "");
    ExpectNoScratch();
  }
}

TEST_P(MysqlPartsTest, ASignalInTheMiddleOfACopyLeavesTheTargetAsItWas) {
  ASSERT_OK(server_->RunSql("CREATE TABLE mine (a INT)", "copy"));
  const std::string before = Content("copy");
  RunningProcess sync(
      box_.Options({"sync", "app", "copy", "--clean", "--yes", "--jobs", "4", "--json"}));
  const auto loads = [&] {
    return server_
        ->Value(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE db LIKE '%siphon%'"
            " AND info LIKE 'INSERT INTO%'")
        .value_or("0");
  };
  while (!sync.ended() && loads() == "0") std::this_thread::sleep_for(std::chrono::milliseconds(2));
  sync.Signal(SIGTERM);
  const absl::StatusOr<ProcessResult> result = sync.Wait();
  ASSERT_OK(result);
  EXPECT_EQ(result->exit_code, 143) << result->err;
  EXPECT_EQ(FirstDifference(Content("copy"), before), "");
  ExpectNoScratch();
}

}  // namespace
}  // namespace siphon::testing
