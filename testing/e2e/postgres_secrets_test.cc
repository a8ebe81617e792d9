// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The passwords of a server appear neither in the output and files of siphon nor in the arguments
// of a process, siphon's own or of its tools.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/e2e/silence.h"
#include "testing/process/process_tree.h"
#include "testing/process/running_process.h"
#include "testing/servers/fault_proxy.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_sample.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPassword[] = "S3CR3Tword";

class PostgresSecrets : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = PostgresServer::Start({.password = kPassword});
    ASSERT_OK(server);
    server_ = *std::move(server);
    for (const std::string name : {"app", "copy"}) ASSERT_OK(server_->CreateDatabase(name));
    ASSERT_OK(LoadPostgresBulk(*server_, "app", 2));
    auto proxy = FaultProxy::Start(server_->port());
    ASSERT_OK(proxy);
    proxy_ = *std::move(proxy);
    std::filesystem::create_directories(box_.Path("config"));
    WriteBytes(
        box_.Path("config/config.yaml"),
        absl::StrCat("profiles:\n  by-reference:\n    driver: postgres\n    host: 127.0.0.1\n"
                     "    port: ",
                     proxy_->port(),
                     "\n    user: postgres\n    database: app\n"
                     "    password: env:APP_PASSWORD\n"));
    box_.environment["APP_PASSWORD"] = kPassword;
  }

  std::string Url(std::string_view database, std::string_view password = kPassword) {
    return PostgresUrl(*server_, database,
                       {.port = proxy_->port(), .password = std::string(password)});
  }

  std::string ExpectSilent(std::vector<std::string> args, int exit_code,
                           std::string_view tool = "") const {
    return testing::ExpectSilent(box_, std::move(args), exit_code, tool);
  }

  Sandbox box_;
  std::unique_ptr<PostgresServer> server_;
  std::unique_ptr<FaultProxy> proxy_;
};

TEST_F(PostgresSecrets, StayOutOfOutputArgumentsAndFiles) {
  for (const std::string& source : {std::string("by-reference"), Url("app")}) {
    ExpectSilent({"inspect", source, "--json"}, 0);
    ExpectSilent({"profile", "test", source}, 0);
    ExpectSilent({"backup", source, "--with-globals"}, 0, "pg_dump");
    ExpectSilent({"backup", source, "--json", "--with-globals"}, 0, "pg_dump");
    const std::string id = box_.ListedDumps().back();
    ExpectSilent({"dumps", "inspect", id, "--json"}, 0);
    ExpectSilent({"verify", id, "--deep", "--json"}, 0);
    ExpectSilent({"verify", id, "--restore", source}, 0, "pg_restore");
    ExpectSilent({"restore", id, "--profile", source, "--clean", "--json"}, 0, "pg_restore");
    ExpectSilent({"sync", source, Url("copy"), "--clean", "--json"}, 0, "pg_dump");
  }
  ExpectNoFileHoldsASecret(box_);
}

TEST_F(PostgresSecrets, StayOutOfErrors) {
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
    ExpectSilent({"backup", source, "--json"}, 2, "pg_dump");
    proxy_->ResetAfter(FaultProxy::Direction::kToClient, std::nullopt);
  }
  ExpectNoFileHoldsASecret(box_);
}

// The server refuses a password without quotes, and quotes it.
TEST_F(PostgresSecrets, OfAMigrationWithoutQuotesStayOutOfErrors) {
  std::filesystem::create_directory(box_.Path("m"));
  for (const std::string sql :
       {"ALTER USER postgres PASSWORD S3CR3Tx", "ALTER USER postgres PASSWORD S3CR3Tx S3CR3Ty",
        "ALTER USER postgres /* PASSWORD */ PASSWORD /* x */ S3CR3Tx",
        "alter user postgres -- c\n password\n S3CR3Tx", "ALTER USER postgres PASSWORD \"S3CR3Tx\"",
        "ALTER USER postgres PASSWORD U&\"S3CR3Tx\"", "ALTER USER postgres PASSWORD $S3CR3Tx",
        "ALTER USER postgres PASSWORD :S3CR3Tx", "ALTER USER postgres PASSWORD `S3CR3Tx`",
        "ALTER USER postgres PASSWORD 12S3CR3Tx",
        "ALTER USER postgres PASSWORD \u2018S3CR3Tx\u2019",
        "ALTER USER postgres PASSWORD ''S3CR3Tx''", "ALTER USER postgres PASSWORD = S3CR3Tx",
        "ALTER USER postgres PASSWORD\u00a0S3CR3Tx", "SET my.secret = S3CR3Tx-y",
        "DO $$ BEGIN EXECUTE 'ALTER USER postgres PASSWORD S3CR3Tx'; END $$"}) {
    WriteBytes(box_.Path("m/1_a.up.sql"), sql + ";\n");
    for (const std::string form : {"--verbose", "--json"}) {
      const ProcessResult result =
          box_.Run({"migrate", "--path", box_.Path("m"), "--database", Url("app"), "up", form});
      EXPECT_NE(result.exit_code, 0) << sql;
      EXPECT_THAT(result.out + result.err, Not(HasSubstr("S3CR3T"))) << sql;
    }
  }
}

// Reads the arguments as `ps` does, while the verb runs.
TEST_F(PostgresSecrets, OfTheUsersOwnArgumentsAreCovered) {
  proxy_->SetBandwidth(300'000);
  RunningProcess process(box_.Options({"backup", Url("app")}));
  const ProcessTree tree(process.pid());
  ASSERT_OK(tree.WaitFor("pg_dump", seconds(30)));
  EXPECT_THAT(AllCommandLines(),
              AllOf(HasSubstr("postgres://postgres:***@"), Not(HasSubstr(kPassword))));
  proxy_->SetBandwidth(0);
  ASSERT_OK_AND_ASSIGN(const ProcessResult result, process.Wait());
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

}  // namespace
}  // namespace siphon::testing
