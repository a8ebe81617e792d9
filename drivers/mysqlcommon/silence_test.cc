// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "drivers/mysqlcommon/session.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/hostile/hostile_server.h"
#include "testing/hostile/mysql_server.h"
#include "testing/rounds.h"
#include "testing/servers/fault_proxy.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

// Servers that say nothing, or nothing that ends.

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::EofPayload;
using siphon::testing::FaultProxy;
using siphon::testing::HostileConnection;
using siphon::testing::HostileMysql;
using siphon::testing::HostileServer;
using siphon::testing::LengthEncoded;
using siphon::testing::MysqlLies;
using siphon::testing::MysqlServer;
using siphon::testing::MysqlWire;
using siphon::testing::OkPayload;
using siphon::testing::RowPayload;
using siphon::testing::SendResult;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

Settings SettingsFor(int port) {
  return {.host = "127.0.0.1",
          .port = port,
          .user = "alice",
          .password = "secret",
          .database = "shop",
          .connect_timeout = seconds(1),
          .read_timeout = seconds(1)};
}

absl::StatusOr<std::unique_ptr<Session>> Connect(int port,
                                                 const base::Context& context = base::Context()) {
  return Session::Connect(context, kMariadb, SettingsFor(port));
}

// Runs `check` for all cases at the same time, because each waits for some seconds.
template <typename Cases, typename Check>
void CheckAtOnce(const Cases& cases, const Check& check) {
  std::vector<std::jthread> threads;
  for (const auto& one : cases) threads.emplace_back([&check, &one] { check(one); });
}

// A packet with the greeting of a server that offers TLS.
std::string GreetingWithTls() {
  const std::string scramble = siphon::testing::Scramble();
  std::string text =
      "\x0a"
      "11.8.2-MariaDB";
  text += std::string("\0\7\0\0\0", 5) + scramble.substr(0, 8) + '\0';
  // Capabilities, character set, status, capabilities, length of the scramble, filler.
  text += std::string("\xfe\xff\x2d\2\0\xba\0\x15", 8) + std::string(10, '\0');
  text += scramble.substr(8) + "mysql_native_password" + '\0';
  return std::string{static_cast<char>(text.size()), '\0', '\0', '\0'} + text;
}

// Servers that fall silent during a login, or send without end.
std::vector<std::pair<std::string, HostileServer::Script>> EndlessLogins() {
  const std::string greeting_head("\x4a\0\0\0\x0a", 5);
  // An error packet that reports progress: the client reads on.
  const std::string progress("\x0b\0\0\0\xff\xff\xff\1\1\1\0\0\0\1x", 15);
  return {{"nothing", [](HostileConnection& c, int) { c.KeepSilent(); }},
          {"half a greeting",
           [=](HostileConnection& c, int) {
             c.Send(greeting_head + "11.8");
             c.KeepSilent();
           }},
          {"byte by byte",
           [=](HostileConnection& c, int) {
             c.Send(greeting_head);
             while (c.Send("x")) std::this_thread::sleep_for(milliseconds(100));
           }},
          {"nothing within TLS",
           [](HostileConnection& c, int) {
             c.Send(GreetingWithTls());
             c.KeepSilent();
           }},
          {"progress without end", [=](HostileConnection& c, int) { c.SendForever(progress); }}};
}

TEST(Silence, ALoginEndsAfterItsTimeLimit) {
  CheckAtOnce(EndlessLogins(), [](const auto& login) {
    const auto& [name, script] = login;
    absl::StatusOr<std::unique_ptr<HostileServer>> server = HostileServer::Start(script);
    ASSERT_OK(server);
    const Clock::time_point start = Clock::now();
    EXPECT_THAT(Connect((*server)->port()).status(),
                StatusIs(errs::kConnectionFailed, HasSubstr("did not answer in time")))
        << name;
    // Three attempts of a second, and their pauses.
    EXPECT_LT(Clock::now() - start, seconds(8)) << name;
    EXPECT_EQ((*server)->accepted(), 3) << name;
  });
}

TEST(Silence, AfterTheLoginTheTimeLimitStillCounts) {
  const std::vector<std::pair<std::string, MysqlLies>> cases = {
      {"login",
       {.login =
            [](MysqlWire& wire, const std::string&) {
              wire.Drain();
              return false;
            }}},
      {"version",
       {.query =
            [](MysqlWire& wire, const std::string&) {
              wire.Drain();
              return std::optional<bool>(false);
            }}},
      {"half a result", {.query = [](MysqlWire& wire, const std::string&) {
         wire.Send(LengthEncoded(2));
         wire.Drain();
         return std::optional<bool>(false);
       }}}};
  CheckAtOnce(cases, [](const auto& one) {
    const auto& [name, lies] = one;
    absl::StatusOr<std::unique_ptr<HostileMysql>> server = HostileMysql::Start(lies);
    ASSERT_OK(server);
    const Clock::time_point start = Clock::now();
    EXPECT_THAT(Connect((*server)->port()).status(),
                StatusIs(errs::kConnectionFailed, HasSubstr("did not answer in time")))
        << name;
    EXPECT_LT(Clock::now() - start, seconds(8)) << name;
  });
}

TEST(Silence, AStopEndsALoginAtOnce) {
  for (const auto& [name, script] : EndlessLogins()) {
    absl::StatusOr<std::unique_ptr<HostileServer>> server = HostileServer::Start(script);
    ASSERT_OK(server);
    std::stop_source source;
    const base::Context context(source.get_token(), nullptr);
    const std::jthread stopper([&] {
      std::this_thread::sleep_for(milliseconds(200));
      source.request_stop();
    });
    const Clock::time_point start = Clock::now();
    EXPECT_THAT(Connect((*server)->port(), context).status(), StatusIs(errs::kCancelled)) << name;
    EXPECT_LT(Clock::now() - start, milliseconds(800)) << name;
  }
}

// A session with a server that answers until the statement "SELECT lie", and from then on only the
// question whether it runs, with this row (Id, Command, Info) unless `id` is empty.
MysqlLies SilentAt(const std::string& begin, const std::string& id, const std::string& command,
                   const std::string& info = "") {
  return {.query = [=](MysqlWire& wire, const std::string& sql) -> std::optional<bool> {
    if (sql == "SHOW PROCESSLIST" && !id.empty()) {
      return SendResult(wire, {"Id", "User", "Host", "db", "Command", "Time", "State", "Info"},
                        {{id, "alice", "h", "shop", command, "1", "", info}});
    }
    if (sql != "SELECT lie") return std::nullopt;
    if (!begin.empty()) {
      wire.Send(LengthEncoded(1));
      wire.Send(siphon::testing::ColumnPayload("c"));
      wire.Send(EofPayload());
      wire.Send(RowPayload({begin}));
    }
    wire.Drain();
    return false;
  }};
}

TEST(Silence, AStatementThatTheServerDoesNotRunEnds) {
  const std::vector<MysqlLies> cases = {
      SilentAt("", "", ""),        // OK instead of a list.
      SilentAt("row", "", ""),     // In the middle of rows.
      SilentAt("", "8", "Query"),  // Only another connection runs something.
      SilentAt("", "7", "Sleep"),  // This one waits for a statement.
      SilentAt("row", "", "Sleep")};
  CheckAtOnce(cases, [](const MysqlLies& lies) {
    absl::StatusOr<std::unique_ptr<HostileMysql>> server = HostileMysql::Start(lies);
    ASSERT_OK(server);
    absl::StatusOr<std::unique_ptr<Session>> session = Connect((*server)->port());
    ASSERT_OK(session);
    const Clock::time_point start = Clock::now();
    EXPECT_THAT((*session)->Query(base::Context(), "SELECT lie", "reading").status(),
                StatusIs(errs::kConnectionFailed, HasSubstr("has sent nothing for 1 s")));
    EXPECT_LT(Clock::now() - start, seconds(10));
    EXPECT_TRUE((*session)->broken());
  });
}

TEST(Silence, AStatementThatRunsMayBeSilent) {
  CheckAtOnce(std::array<bool, 2>{false, true}, [](bool by_text) {
    MysqlLies lies = SilentAt("", by_text ? "99" : "7", "Query", by_text ? "SELECT lie" : "");
    const auto usual = lies.query;
    lies.query = [usual](MysqlWire& wire, const std::string& sql) -> std::optional<bool> {
      if (sql != "SELECT lie") return usual(wire, sql);
      std::this_thread::sleep_for(milliseconds(3500));
      return SendResult(wire, {"c"}, {{"value"}});
    };
    absl::StatusOr<std::unique_ptr<HostileMysql>> server = HostileMysql::Start(lies);
    ASSERT_OK(server);
    absl::StatusOr<std::unique_ptr<Session>> session = Connect((*server)->port());
    ASSERT_OK(session);
    EXPECT_THAT((*session)->Value(base::Context(), "SELECT lie"), IsOkAndHolds("value"));
    EXPECT_GT((*server)->accepted(), 1);
  });
}

TEST(Silence, AStopEndsASilentStatement) {
  absl::StatusOr<std::unique_ptr<HostileMysql>> server =
      HostileMysql::Start(SilentAt("row", "7", "Query"));
  ASSERT_OK(server);
  absl::StatusOr<std::unique_ptr<Session>> session = Connect((*server)->port());
  ASSERT_OK(session);
  std::stop_source source;
  const base::Context context(source.get_token(), nullptr);
  const Session::Watch watch(context, **session);
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(200));
    source.request_stop();
  });
  const Clock::time_point start = Clock::now();
  EXPECT_THAT((*session)->Query(context, "SELECT lie").status(), StatusIs(errs::kCancelled));
  // The server is asked several times to end the statement before the connection is cut.
  EXPECT_LT(Clock::now() - start, seconds(5));
}

class RealServer : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(
    Server, RealServer,
    ::testing::ValuesIn(siphon::testing::VersionsToTest(siphon::testing::AllMysqlServers())),
    [](const ::testing::TestParamInfo<std::string>& info) {
      return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
    });

TEST_P(RealServer, ALongStatementSucceedsAndABrokenNetworkIsNoticed) {
  MysqlServer& server = SharedServer(GetParam());
  absl::StatusOr<std::unique_ptr<FaultProxy>> proxy = FaultProxy::Start(server.port());
  ASSERT_OK(proxy);
  Settings settings = SettingsFor((*proxy)->port());
  settings.user = server.superuser();
  settings.password = server.password();
  settings.database = "mysql";
  if (!server.is_mariadb()) settings.public_key = server.data_directory() + "/public_key.pem";
  absl::StatusOr<std::unique_ptr<Session>> session =
      Session::Connect(base::Context(), ForkOf(server), settings);
  ASSERT_OK(session);
  EXPECT_THAT((*session)->Value(base::Context(), "SELECT SLEEP(4)"), IsOkAndHolds("0"));
  (*proxy)->BlackHole(true);
  const Clock::time_point start = Clock::now();
  EXPECT_THAT((*session)->Value(base::Context(), "SELECT 1").status(),
              StatusIs(errs::kConnectionFailed, HasSubstr("has sent nothing")));
  EXPECT_LT(Clock::now() - start, seconds(12));
}

}  // namespace
}  // namespace siphon::mysqlcommon
