// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Passwords of a server appear nowhere: not in what siphon says and writes, and not in the
// arguments of any process, siphon's own and its tools'.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/process_tree.h"
#include "testing/e2e/running_process.h"
#include "testing/e2e/sandbox.h"
#include "testing/servers/fault_proxy.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_sample.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
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

  // Runs siphon and looks at everything that others can see. The last standard output.
  std::string ExpectSilent(std::vector<std::string> args, int exit_code,
                           std::string_view tool = "") {
    args.insert(args.end(), {"--verbose"});
    const std::string what = absl::StrJoin(args, " ");
    RunningProcess process(box_.Options(args));
    const ProcessTree tree(process.pid(), std::chrono::microseconds(200));
    const absl::StatusOr<ProcessResult> result = process.Wait();
    EXPECT_OK(result);
    if (!result.ok()) return "";
    EXPECT_EQ(result->exit_code, exit_code) << what << ": " << result->err;
    EXPECT_THAT(result->out, Not(HasSubstr("S3CR3T"))) << what;
    EXPECT_THAT(result->err, Not(HasSubstr("S3CR3T"))) << what;
    if (!tool.empty()) {
      EXPECT_TRUE(tree.Saw(tool)) << what << ": no " << tool << " was seen";
    }
    for (const ProcessTree::Seen& seen : tree.seen()) {
      // What the user has typed stands there until siphon has covered it; what stands there later
      // is looked at below.
      for (const std::string& line : seen.command_lines) {
        if (seen.root && absl::EndsWith(line, what)) continue;
        EXPECT_THAT(line, Not(HasSubstr("S3CR3T"))) << what;
      }
    }
    return result->out;
  }

  void ExpectNoFileHoldsAPassword() {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(box_.root())) {
      if (!entry.is_regular_file()) continue;
      EXPECT_THAT(ReadBytes(entry.path().string()), Not(HasSubstr("S3CR3T"))) << entry.path();
    }
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
  ExpectNoFileHoldsAPassword();
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
  // In the middle of the rows.
  box_.environment["APP_PASSWORD"] = kPassword;
  for (const std::string& source : {std::string("by-reference"), Url("app")}) {
    proxy_->ResetAfter(FaultProxy::Direction::kToClient, 500'000);
    ExpectSilent({"backup", source, "--json"}, 2, "pg_dump");
    proxy_->ResetAfter(FaultProxy::Direction::kToClient, std::nullopt);
  }
  ExpectNoFileHoldsAPassword();
}

// As `ps` reads them, while the verb is at work.
TEST_F(PostgresSecrets, OfTheUsersOwnArgumentsAreCovered) {
  proxy_->SetBandwidth(300'000);
  RunningProcess process(box_.Options({"backup", Url("app")}));
  const ProcessTree tree(process.pid());
  ASSERT_OK(tree.WaitFor("pg_dump", seconds(30)));
  std::string seen;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string path = entry.path().string() + "/cmdline";
    if (std::filesystem::exists(path)) seen += ReadBytes(path) + "\n";
  }
  EXPECT_THAT(seen, AllOf(HasSubstr("postgres://postgres:***@"), Not(HasSubstr(kPassword))));
  proxy_->SetBandwidth(0);
  ASSERT_OK_AND_ASSIGN(const ProcessResult result, process.Wait());
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

}  // namespace
}  // namespace siphon::testing
