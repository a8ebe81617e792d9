// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The passwords of a server appear neither in the output and files of siphon nor in the arguments
// of a process.

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/mysql_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/e2e/silence.h"
#include "testing/process/running_process.h"
#include "testing/rounds.h"
#include "testing/servers/fault_proxy.h"
#include "testing/servers/mysql.h"
#include "testing/servers/mysql_sample.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPassword[] = "S3CR3Tword";

class MysqlSecrets : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto server = MysqlServer::Start({.server = GetParam(), .password = kPassword});
    ASSERT_OK(server);
    server_ = *std::move(server);
    for (const std::string name : {"app", "copy"}) ASSERT_OK(server_->CreateDatabase(name));
    ASSERT_OK(LoadMysqlBulk(*server_, "app", 2));
    auto proxy = FaultProxy::Start(server_->port());
    ASSERT_OK(proxy);
    proxy_ = *std::move(proxy);
    std::filesystem::create_directories(box_.Path("config"));
    WriteBytes(box_.Path("config/config.yaml"),
               "profiles:\n" + MysqlProfile(*server_, "by-reference",
                                            {.database = "app", .port = proxy_->port()}));
    box_.environment["APP_PASSWORD"] = kPassword;
  }

  std::string Url(std::string_view database, std::string_view password = kPassword) {
    return MysqlUrl(*server_, database,
                    {.port = proxy_->port(), .password = std::string(password)});
  }
  void ExpectSilent(std::vector<std::string> args, int exit_code) const {
    testing::ExpectSilent(box_, std::move(args), exit_code);
  }

  Sandbox box_;
  std::unique_ptr<MysqlServer> server_;
  std::unique_ptr<FaultProxy> proxy_;
};

INSTANTIATE_TEST_SUITE_P(Server, MysqlSecrets,
                         ::testing::ValuesIn(VersionsToTest(AllMysqlServers())),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(MysqlSecrets, StayOutOfOutputArgumentsAndFiles) {
  ASSERT_NE(proxy_, nullptr);
  for (const std::string& source : {std::string("by-reference"), Url("app")}) {
    ExpectSilent({"inspect", source, "--json"}, 0);
    ExpectSilent({"profile", "test", source}, 0);
    ExpectSilent({"backup", source}, 0);
    ExpectSilent({"backup", source, "--json"}, 0);
    const std::string id = box_.ListedDumps().back();
    ExpectSilent({"dumps", "inspect", id, "--json"}, 0);
    ExpectSilent({"verify", id, "--deep", "--json"}, 0);
    ExpectSilent({"verify", id, "--restore", source}, 0);
    ExpectSilent({"restore", id, "--profile", source, "--clean", "--json"}, 0);
    ExpectSilent({"sync", source, Url("copy"), "--clean", "--json"}, 0);
    const std::string body = box_.Path("body.sql");
    ExpectSilent({"dumps", "extract", id, "--output", body}, 0);
    ExpectSilent({"dumps", "import", body, "--profile", source, "--json"}, 0);
    std::filesystem::remove(body);
  }
  ExpectNoFileHoldsASecret(box_);
}

TEST_P(MysqlSecrets, StayOutOfErrors) {
  ASSERT_NE(proxy_, nullptr);
  box_.environment["APP_PASSWORD"] = "S3CR3T that is wrong";
  for (const std::string& source : {std::string("by-reference"), Url("app", "S3CR3T-wrong")}) {
    for (const std::string verb : {"inspect", "backup"}) {
      ExpectSilent({verb, source}, 2);
      ExpectSilent({verb, source, "--json"}, 2);
    }
    ExpectSilent({"sync", Url("copy"), source, "--json"}, 2);
  }
  // Now siphon is in the middle of the rows.
  box_.environment["APP_PASSWORD"] = kPassword;
  for (const std::string& source : {std::string("by-reference"), Url("app")}) {
    proxy_->ResetAfter(FaultProxy::Direction::kToClient, 500'000);
    ExpectSilent({"backup", source, "--json"}, 2);
    proxy_->ResetAfter(FaultProxy::Direction::kToClient, std::nullopt);
  }
  ExpectNoFileHoldsASecret(box_);
}

// The server refuses a password without quotes, and quotes it.
TEST_P(MysqlSecrets, OfAMigrationWithoutQuotesStayOutOfErrors) {
  ASSERT_NE(proxy_, nullptr);
  std::filesystem::create_directory(box_.Path("m"));
  for (const std::string sql :
       {"ALTER USER root IDENTIFIED BY S3CR3Tx", "CREATE USER x iDeNtIfIeD  bY\n S3CR3Tx",
        "CREATE USER x IDENTIFIED /* a */ BY /* b */ S3CR3Tx",
        "CREATE USER x IDENTIFIED BY `S3CR3Tx` foo",
        "CREATE USER x /*!50000 IDENTIFIED BY S3CR3Tx*/",
        "CREATE USER x IDENTIFIED BY PASSWORD S3CR3Tx",
        "CREATE USER x IDENTIFIED WITH mysql_native_password AS S3CR3Tx",
        "CREATE USER x IDENTIFIED VIA mysql_native_password USING S3CR3Tx",
        "CREATE USER x IDENTIFIED VIA mysql_native_password USING PASSWORD(S3CR3Tx)",
        "SET PASSWORD FOR root = S3CR3Tx", "SET PASSWORD = PASSWORD(S3CR3Tx",
        "SET PASSWORD = PASSWORD(S3CR3Tx)", "CHANGE MASTER TO MASTER_PASSWORD=S3CR3Tx",
        "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS(PASSWORD S3CR3Tx)",
        "GRANT ALL ON *.* TO x IDENTIFIED BY S3CR3Tx"}) {
    WriteBytes(box_.Path("m/1_a.up.sql"), sql + ";\n");
    for (const std::string form : {"--verbose", "--json"}) {
      // The migration is dirty after the first failure.
      ASSERT_OK(server_->RunSql("DROP DATABASE app; CREATE DATABASE app"));
      const ProcessResult result =
          box_.Run({"migrate", "--path", box_.Path("m"), "--database", Url("app"), "up", form});
      EXPECT_NE(result.exit_code, 0) << sql;
      EXPECT_THAT(result.out + result.err, Not(HasSubstr("S3CR3T"))) << sql;
    }
  }
}

// Reads the arguments as `ps` does, while the verb runs.
TEST_P(MysqlSecrets, OfTheUsersOwnArgumentsAreCovered) {
  ASSERT_NE(proxy_, nullptr);
  proxy_->SetBandwidth(300'000);
  RunningProcess process(box_.Options({"backup", Url("app")}));
  while (proxy_->passed(FaultProxy::Direction::kToClient) < 100'000 && !process.ended()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_THAT(AllCommandLines(), AllOf(HasSubstr("://root:***@"), Not(HasSubstr(kPassword))));
  proxy_->SetBandwidth(0);
  ASSERT_OK_AND_ASSIGN(const ProcessResult result, process.Wait());
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

}  // namespace
}  // namespace siphon::testing
