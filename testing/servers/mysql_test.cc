// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/mysql.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/process/process.h"
#include "testing/rounds.h"
#include "testing/servers/certificates.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::StartsWith;

class Mysql : public ::testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<MysqlServer> Start(MysqlOptions options = {}) {
    options.server = GetParam();
    absl::StatusOr<std::unique_ptr<MysqlServer>> server = MysqlServer::Start(options);
    EXPECT_OK(server);
    return server.ok() ? *std::move(server) : nullptr;
  }
};

INSTANTIATE_TEST_SUITE_P(Server, Mysql, ::testing::ValuesIn(VersionsToTest(AllMysqlServers())),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(Mysql, StartsInItsVersionAndAnswers) {
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  const std::string series = GetParam().substr(GetParam().find('-') + 1);
  EXPECT_THAT(server->Value("SELECT version();"), IsOkAndHolds(StartsWith(series + ".")));
  EXPECT_THAT(server->Value("SELECT current_user();"), IsOkAndHolds("root@localhost"));
  EXPECT_THAT(server->Value("SELECT @@log_bin;"), IsOkAndHolds("0"));
  EXPECT_THAT(server->Value("SELECT @@innodb_flush_log_at_trx_commit;"), IsOkAndHolds("0"));
  EXPECT_TRUE(std::filesystem::is_socket(server->socket_path()));
  EXPECT_THAT(server->Sessions(), IsOkAndHolds(IsEmpty()));
}

TEST_P(Mysql, KeepsWhatWasCommittedWhenItIsKilledAndListensOnTheSamePort) {
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  const int port = server->port();
  ASSERT_OK(server->CreateDatabase("it's `mine`"));
  ASSERT_OK(server->RunSql("CREATE TABLE t (a INT); INSERT INTO t VALUES (7);", "it's `mine`"));
  // The server writes its log to the kernel once per second; wait for that.
  sleep(2);
  server->Kill();
  EXPECT_FALSE(server->running());
  EXPECT_FALSE(server->Value("SELECT 1;").ok());
  ASSERT_OK(server->Restart());
  EXPECT_EQ(server->port(), port);
  EXPECT_THAT(server->Value("SELECT a FROM t;", "it's `mine`"), IsOkAndHolds("7"));
  ASSERT_OK(server->DropDatabase("it's `mine`"));
}

TEST_P(Mysql, StopsInOrderAndTakesSettings) {
  const auto server = Start({.settings = {{"max_allowed_packet", "1M"}}, .binlog = true});
  ASSERT_NE(server, nullptr);
  EXPECT_THAT(server->Value("SELECT @@max_allowed_packet;"), IsOkAndHolds("1048576"));
  EXPECT_THAT(server->Value("SELECT @@log_bin;"), IsOkAndHolds("1"));
  EXPECT_THAT(server->Value("SELECT @@binlog_format;"), IsOkAndHolds("ROW"));
  EXPECT_OK(server->Stop());
  EXPECT_FALSE(server->running());
}

TEST_P(Mysql, ReturnsRowsWithNullsTabsAndLineFeeds) {
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  EXPECT_THAT(server->Query("SELECT 'a\\tb', NULL UNION ALL SELECT 'c\\nd', '';"),
              IsOkAndHolds(ElementsAre(
                  ElementsAre(Optional(std::string("a\tb")), std::nullopt),
                  ElementsAre(Optional(std::string("c\nd")), Optional(std::string())))));
  EXPECT_THAT(server->RunSql("SELECT * FROM mysql.no_such_table;").message(),
              HasSubstr("no_such_table"));
}

TEST_P(Mysql, SpeaksTlsWithTheGivenCertificateAndOtherwiseNone) {
  ASSERT_OK_AND_ASSIGN(const TestCertificates files,
                       TestCertificates::Make(::testing::TempDir() + "/certificates"));
  const auto plain = Start();
  const auto server = Start(
      {.tls = {.certificate = files.server.certificate, .key = files.server.key, .ca = files.ca}});
  ASSERT_NE(plain, nullptr);
  ASSERT_NE(server, nullptr);
  const auto cipher = [&](const MysqlServer& of, const std::string& ca) {
    const std::vector<std::string> verify =
        of.is_mariadb() ? std::vector<std::string>{"--ssl", "--ssl-verify-server-cert"}
                        : std::vector<std::string>{"--ssl-mode=VERIFY_IDENTITY"};
    ProcessOptions client{.argv = {of.Program("client"), "--defaults-file=" + of.client_options(),
                                   "--batch", "--skip-column-names", "--protocol=TCP",
                                   "--host=localhost", absl::StrCat("--port=", of.port()),
                                   "--ssl-ca=" + ca, "--execute=SHOW STATUS LIKE 'Ssl_version'"},
                          .environment = {"LC_ALL=C"}};
    client.argv.insert(client.argv.end(), verify.begin(), verify.end());
    const absl::StatusOr<ProcessResult> result = RunProcess(client);
    return result.ok() ? result->out + result->err : std::string(result.status().message());
  };
  EXPECT_THAT(cipher(*server, files.ca), HasSubstr("TLSv1.3"));
  EXPECT_THAT(cipher(*server, files.other_ca), HasSubstr("ERROR 2026"));
  EXPECT_THAT(cipher(*plain, files.ca), HasSubstr("ERROR 20"));
}

TEST_P(Mysql, SaysInItsErrorWhyItDidNotStart) {
  MysqlOptions options;
  options.server = GetParam();
  options.settings = {{"no-such-option", "1"}};
  EXPECT_THAT(MysqlServer::Start(options).status().message(),
              AllOf(HasSubstr("it ended while it started"), HasSubstr("no-such-option")));
}

TEST(MysqlServer, SaysWhatToRunWhenItIsNotInstalled) {
  EXPECT_THAT(MysqlServer::Start({.server = "mysql-3.23"}).status().message(),
              AllOf(HasSubstr("mysql-3.23"), HasSubstr("run ./tools/servers")));
}

TEST(MysqlServer, LeavesNothingBehind) {
  std::string data, socket;
  {
    ASSERT_OK_AND_ASSIGN(const auto server, MysqlServer::Start());
    data = server->data_directory();
    socket = server->socket_path();
    EXPECT_TRUE(std::filesystem::exists(data + "/ibdata1"));
  }
  EXPECT_FALSE(std::filesystem::exists(data));
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(socket).parent_path()));
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

}  // namespace
}  // namespace siphon::testing
