// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// PostgreSQL servers that stop to answer, or never stop: SIGTERM ends every wait, and a connection
// that never becomes ready ends by itself.

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "testing/hostile/hostile_server.h"
#include "testing/hostile/postgres_server.h"
#include "testing/hostile/postgres_verbs.h"
#include "testing/process/process.h"
#include "testing/process/running_process.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using std::chrono::seconds;

struct Silence {
  std::string name;
  std::function<void(PostgresPeer& peer)> until;  // What the server does before.
  bool ends_by_itself = false;                    // The connection never became ready.
};

std::vector<Silence> Silences() {
  const auto answer = [](const std::string& bytes) {
    return [bytes](PostgresPeer& peer) {
      if (!peer.Greet() || !peer.ReadStatement().has_value()) return;
      peer.connection().Send(bytes);
    };
  };
  return {
      {"AfterConnect", [](PostgresPeer&) {}, true},
      {"AfterStartup", [](PostgresPeer& peer) { peer.ReadStartup(); }, true},
      {"WithinLogin",
       [](PostgresPeer& peer) {
         peer.ReadStartup();
         peer.connection().Send(pgwire::Authentication(0).substr(0, 6));
       },
       true},
      {"AfterLogin",
       [](PostgresPeer& peer) {
         peer.ReadStartup();
         peer.connection().Send(pgwire::Authentication(0));
       },
       true},
      {"EndlessLogin",
       [](PostgresPeer& peer) {
         peer.ReadStartup();
         peer.connection().Send(pgwire::Authentication(0));
         // Slow, so that no limit of bytes ends it.
         while (peer.connection().Send(pgwire::Parameter("p", "1"))) usleep(1000);
       },
       true},
      {"AfterStatement", answer(""), true},
      {"WithinARow", answer(pgwire::Description(2) + pgwire::Row({"a", "b"}).substr(0, 9)), true},
      {"AfterARow", answer(pgwire::Description(2) + pgwire::Row({"a", "b"})), true},
      {"AfterCompletion", answer(pgwire::Table({{"a", "b"}})), true},
      {"SlowRows",
       [](PostgresPeer& peer) {
         if (!peer.Greet() || !peer.ReadStatement().has_value()) return;
         std::string bytes = pgwire::Description(2);
         while (peer.connection().Send(bytes)) {
           usleep(1000);
           bytes = pgwire::Row({"a", "b"});
         }
       },
       true},
      {"InTheVerb", [](PostgresPeer& peer) {
         if (peer.Greet()) peer.ServeUntil("BEGIN");
       }}};
}

// Starts siphon once for each verb, and sends SIGTERM to all when they have connected and wait.
// Expects that each ends at once.
void ExpectEndAtOnce(const PostgresVictim& victim,
                     const std::vector<std::vector<std::string>>& verbs,
                     const HostileServer& server) {
  std::vector<std::unique_ptr<RunningProcess>> processes;
  for (const std::vector<std::string>& verb : verbs) {
    const int connections = server.accepted();
    ProcessOptions options = victim.box().Options(verb);
    // Backups of one database exclude each other in one catalogue.
    for (std::string& variable : options.environment) {
      if (verb[0] == "backup" && absl::StartsWith(variable, "XDG_DATA_HOME=")) {
        absl::StrAppend(&variable, "/", processes.size());
      }
    }
    processes.push_back(std::make_unique<RunningProcess>(std::move(options)));
    while (server.accepted() == connections && !processes.back()->ended()) usleep(10'000);
  }
  usleep(300'000);
  const auto began = std::chrono::steady_clock::now();
  for (const auto& process : processes) process->Signal(SIGTERM);
  for (size_t i = 0; i < verbs.size(); ++i) {
    const std::string what = absl::StrJoin(verbs[i], " ");
    const absl::StatusOr<ProcessResult> result = processes[i]->Wait();
    ASSERT_OK(result);
    EXPECT_EQ(result->exit_code, 143) << what << ": " << result->err;
    // The server has three seconds to take a request to cancel.
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(kSanitized ? 15 : 6)) << what;
  }
}

class PostgresSilence : public ::testing::TestWithParam<Silence> {
 protected:
  void SetUp() override {
    auto server = HostileServer::Start([](HostileConnection& connection, int) {
      PostgresPeer peer(connection);
      GetParam().until(peer);
      connection.KeepSilent();
    });
    ASSERT_OK(server);
    server_ = *std::move(server);
  }

  PostgresVictim victim_;
  std::unique_ptr<HostileServer> server_;
};

TEST_P(PostgresSilence, EndsAtOnceWithSigterm) {
  std::vector<std::vector<std::string>> verbs = victim_.Verbs(HostileUrl(server_->port()));
  if (GetParam().name == "InTheVerb") {
    std::erase_if(verbs,
                  [](const auto& verb) { return verb[0] != "inspect" && verb[0] != "backup"; });
  }
  ASSERT_FALSE(verbs.empty());
  ExpectEndAtOnce(victim_, verbs, *server_);
}

TEST_P(PostgresSilence, EndsByItselfBeforeTheConnectionIsReady) {
  if (!GetParam().ends_by_itself) return;
  const std::string url = HostileUrl(server_->port(), "connect_timeout=1");
  const std::vector<std::vector<std::string>> verbs = {
      {"inspect", url}, {"migrate", "--path", victim_.box().Path("m"), "--database", url, "up"}};
  // At the same time, because they only wait.
  std::vector<std::unique_ptr<RunningProcess>> processes;
  for (const std::vector<std::string>& verb : verbs) {
    processes.push_back(std::make_unique<RunningProcess>(victim_.box().Options(verb)));
  }
  for (size_t i = 0; i < verbs.size(); ++i) {
    ASSERT_OK_AND_ASSIGN(const ProcessResult result, processes[i]->Wait());
    victim_.ExpectFailed(absl::StrJoin(verbs[i], " "), result);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_LT(result.wall, seconds(20)) << "three attempts of a second, and what cancels them";
  }
}

INSTANTIATE_TEST_SUITE_P(All, PostgresSilence, ::testing::ValuesIn(Silences()),
                         [](const auto& info) { return info.param.name; });

// Floods do not keep siphon from seeing the signal.
TEST(PostgresFlood, EndsAtOnceWithSigterm) {
  const std::string two = pgwire::Description(2);
  PostgresVictim victim;
  for (const auto& [before, bytes] :
       std::vector<std::pair<std::string, std::string>>{{two, pgwire::Row({"a", "b"})},
                                                        {two, pgwire::Notice("n")},
                                                        {"", pgwire::Table({{"a", "b"}})}}) {
    auto server = HostileServer::Start([&](HostileConnection& connection, int) {
      PostgresPeer peer(connection);
      if (!peer.Greet() || !peer.ServeUntil("BEGIN").has_value()) return;
      connection.Send(before);
      // Slower than the limit of bytes for a statement.
      while (connection.Send(bytes)) usleep(100);
    });
    ASSERT_OK(server);
    SCOPED_TRACE(bytes);
    ExpectEndAtOnce(victim, {{"inspect", HostileUrl((*server)->port())}}, **server);
  }
}

}  // namespace
}  // namespace siphon::testing
