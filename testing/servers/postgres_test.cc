// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/postgres.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/rounds.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;
using ::testing::StartsWith;
using StopMode = PostgresServer::StopMode;

class Postgres : public ::testing::TestWithParam<int> {
 protected:
  std::unique_ptr<PostgresServer> Start(PostgresOptions options = {}) {
    options.version = GetParam();
    absl::StatusOr<std::unique_ptr<PostgresServer>> server = PostgresServer::Start(options);
    EXPECT_OK(server);
    return server.ok() ? *std::move(server) : nullptr;
  }
};

INSTANTIATE_TEST_SUITE_P(Version, Postgres,
                         ::testing::ValuesIn(VersionsToTest(AllPostgresVersions())),
                         ::testing::PrintToStringParamName());

TEST_P(Postgres, StartsInItsVersionAndAnswers) {
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  EXPECT_THAT(server->Value("SHOW server_version"),
              IsOkAndHolds(StartsWith(absl::StrCat(GetParam(), "."))));
  EXPECT_THAT(server->Value("SHOW server_encoding"), IsOkAndHolds("UTF8"));
  EXPECT_THAT(server->Value("SELECT current_user"), IsOkAndHolds("postgres"));
  EXPECT_GT(server->port(), 1023);
  EXPECT_TRUE(std::filesystem::is_socket(server->socket_path()));
}

TEST_P(Postgres, KeepsWhatWasCommittedWhenItIsKilledAndListensOnTheSamePort) {
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  const int port = server->port();
  ASSERT_OK(server->RunSql("CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 999)"));
  server->Kill();
  EXPECT_FALSE(server->running());
  EXPECT_FALSE(server->Value("SELECT 1").ok());
  ASSERT_OK(server->Restart());
  EXPECT_EQ(server->port(), port);
  EXPECT_THAT(server->Value("SELECT count(*) FROM t"), IsOkAndHolds("999"));
  EXPECT_THAT(server->log().Tail(50), HasSubstr("automatic recovery in progress"));
}

TEST_P(Postgres, StopsInEachModeAndStartsAgain) {
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  for (const StopMode mode : {StopMode::kSmart, StopMode::kFast, StopMode::kImmediate}) {
    EXPECT_OK(server->Stop(mode));
    EXPECT_FALSE(server->running());
    ASSERT_OK(server->Restart());
    EXPECT_THAT(server->Value("SELECT 1"), IsOkAndHolds("1"));
  }
}

TEST_P(Postgres, TakesSettingsAndLinesOfPgHba) {
  const auto server = Start({.settings = {{"work_mem", "7MB"}, {"application_name", "it's"}},
                             .wal_level = "logical",
                             .max_connections = 13,
                             .hba = {"host all nobody 127.0.0.1/32 reject"}});
  ASSERT_NE(server, nullptr);
  EXPECT_THAT(server->Value("SHOW work_mem"), IsOkAndHolds("7MB"));
  EXPECT_THAT(server->Value("SHOW wal_level"), IsOkAndHolds("logical"));
  EXPECT_THAT(server->Value("SHOW max_connections"), IsOkAndHolds("13"));
  EXPECT_THAT(server->Value("SELECT auth_method FROM pg_hba_file_rules LIMIT 1"),
              IsOkAndHolds("reject"));
  ASSERT_OK(server->Configure({{"work_mem", "9MB"}}));
  ASSERT_OK(server->Reload());
  EXPECT_THAT(server->Value("SHOW work_mem"), IsOkAndHolds("9MB"));
}

TEST(PostgresServer, ReturnsRowsWithNullsAndLineFeeds) {
  ASSERT_OK_AND_ASSIGN(const auto server, PostgresServer::Start());
  ASSERT_OK_AND_ASSIGN(const auto rows,
                       server->Query("SELECT 'a|b', NULL UNION ALL SELECT E'c\\nd', ''"));
  EXPECT_THAT(rows,
              ElementsAre(ElementsAre(Optional(std::string("a|b")), std::nullopt),
                          ElementsAre(Optional(std::string("c\nd")), Optional(std::string()))));
  EXPECT_THAT(server->Query("SELECT 1 WHERE false"), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(server->Query("SELECT 1; SELECT 2 WHERE false; SELECT 3, NULL; SELECT ''"),
              IsOkAndHolds(SizeIs(3)));
}

TEST(PostgresServer, SaysWhatTheServerSaidOfAFailedStatement) {
  ASSERT_OK_AND_ASSIGN(const auto server, PostgresServer::Start());
  const absl::Status failed = server->RunSql("CREATE TABLE kept (); SELECT * FROM missing");
  EXPECT_THAT(failed.message(), HasSubstr("relation \"missing\" does not exist"));
  EXPECT_OK(server->RunSql("SELECT * FROM kept"));
}

TEST(PostgresServer, MakesAndDropsDatabasesOfAnyName) {
  ASSERT_OK_AND_ASSIGN(const auto server, PostgresServer::Start());
  ASSERT_OK(server->CreateDatabase("It's a \"Name\""));
  EXPECT_THAT(server->Value("SELECT current_database()", "It's a \"Name\""),
              IsOkAndHolds("It's a \"Name\""));
  ASSERT_OK(server->DropDatabase("It's a \"Name\""));
  EXPECT_FALSE(server->Value("SELECT 1", "It's a \"Name\"").ok());
}

TEST(PostgresServer, RefusesAWrongPassword) {
  ASSERT_OK_AND_ASSIGN(const auto one, PostgresServer::Start({.password = "it's one \\ word"}));
  EXPECT_THAT(one->Value("SELECT 1"), IsOkAndHolds("1"));
  ASSERT_OK(one->RunSql("ALTER ROLE postgres PASSWORD 'another'"));
  const absl::StatusOr<std::string> refused = one->Value("SELECT 1");
  EXPECT_THAT(refused.status().message(), HasSubstr("password authentication failed"));
}

TEST(PostgresServer, TwoOfThemStandSideBySide) {
  ASSERT_OK_AND_ASSIGN(const auto one, PostgresServer::Start());
  ASSERT_OK_AND_ASSIGN(const auto other, PostgresServer::Start());
  EXPECT_NE(one->port(), other->port());
  ASSERT_OK(one->RunSql("CREATE TABLE only_here ()"));
  EXPECT_FALSE(other->RunSql("SELECT * FROM only_here").ok());
}

TEST(PostgresServer, ListsItsSessions) {
  ASSERT_OK_AND_ASSIGN(const auto server, PostgresServer::Start());
  EXPECT_THAT(server->Sessions(), IsOkAndHolds(IsEmpty()));
  EXPECT_OK(server->WaitForSessions(0, std::chrono::seconds(10)));
}

TEST(PostgresServer, SaysInItsErrorWhyItDidNotStart) {
  const auto server = PostgresServer::Start({.settings = {{"no_such_setting", "1"}}});
  EXPECT_THAT(server.status().message(),
              AllOf(HasSubstr("it ended while it started"), HasSubstr("no_such_setting")));
}

TEST(ServerRunner, IsLocalUnlessAContainerIsAskedFor) {
  EXPECT_THAT(ParseServerRunner(""), IsOkAndHolds(ServerRunner::kLocal));
  EXPECT_THAT(ParseServerRunner("local"), IsOkAndHolds(ServerRunner::kLocal));
  EXPECT_THAT(ParseServerRunner("podman"), IsOkAndHolds(ServerRunner::kPodman));
  EXPECT_THAT(ParseServerRunner("docker"), IsOkAndHolds(ServerRunner::kDocker));
  EXPECT_THAT(ParseServerRunner("Podman").status().message(), HasSubstr("SIPHON_TEST_SERVERS"));
}

TEST(PostgresServer, SaysWhatToRunWhenItIsNotInstalled) {
  const auto server = PostgresServer::Start({.version = 9});
  EXPECT_THAT(server.status().message(),
              AllOf(HasSubstr("postgresql-9"), HasSubstr("run ./tools/servers")));
}

TEST(PostgresServer, LeavesNothingBehind) {
  std::string data, sockets;
  {
    ASSERT_OK_AND_ASSIGN(const auto server, PostgresServer::Start());
    data = server->data_directory();
    sockets = server->socket_directory();
    EXPECT_TRUE(std::filesystem::exists(data + "/PG_VERSION"));
  }
  EXPECT_FALSE(std::filesystem::exists(data));
  EXPECT_FALSE(std::filesystem::exists(sockets));
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

// A test that dies while its server runs: a child process starts a server, reports its folder, and
// waits.
TEST(PostgresServer, DiesWithTheTest) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto server = PostgresServer::Start();
    if (!server.ok()) _exit(1);
    const std::string sockets = (*server)->socket_path();
    if (write(pipe_ends[1], sockets.data(), sockets.size()) < 0) _exit(1);
    pause();
    _exit(0);
  }
  close(pipe_ends[1]);
  std::string path(256, '\0');
  const ssize_t got = read(pipe_ends[0], path.data(), path.size());
  ASSERT_GT(got, 0);
  path.resize(static_cast<size_t>(got));
  close(pipe_ends[0]);
  EXPECT_TRUE(std::filesystem::exists(path));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  // The socket is removed last, after the end of the server.
  const std::string folder = std::filesystem::path(path).parent_path();
  for (int i = 0; i < 500 && std::filesystem::exists(folder); ++i) usleep(20'000);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

}  // namespace
}  // namespace siphon::testing
