// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// A real PostgreSQL server that goes silent at one statement of a migration: SIGTERM ends siphon,
// also where a statement must be sent after a stop.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/hostile/hostile_server.h"
#include "testing/process/running_process.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

uint32_t Int32(std::string_view bytes) {
  uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

base::FileDescriptor ConnectTo(int port) {
  base::FileDescriptor peer(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (connect(peer.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    shutdown(peer.get(), SHUT_RDWR);
  }
  return peer;
}

// Passes on everything up to a statement, and is silent from then on, on every connection.
class SilentAt {
 public:
  // `statement` counts from 1; 0: never.
  static std::unique_ptr<SilentAt> Start(int server_port, int statement) {
    std::unique_ptr<SilentAt> proxy(new SilentAt(server_port, statement));
    auto server = HostileServer::Start(
        [self = proxy.get()](HostileConnection& client, int) { self->Play(client); });
    EXPECT_OK(server);
    proxy->server_ = *std::move(server);
    return proxy;
  }
  int port() const { return server_->port(); }
  int statements() const { return statements_; }
  bool silent() const { return silent_; }

 private:
  SilentAt(int server_port, int statement) : server_port_(server_port), at_(statement) {}

  void Play(HostileConnection& client) {
    if (silent_) return client.KeepSilent();
    constexpr uint32_t kTls = 80877103, kGss = 80877104;
    std::string startup;
    while (true) {
      const auto head = client.Read(8);
      if (!head.has_value()) return;
      const uint32_t code = Int32(std::string_view(*head).substr(4));
      if (code == kTls || code == kGss) {
        client.Send("N");
        continue;
      }
      const auto rest = client.Read(Int32(*head) - 8);
      if (!rest.has_value()) return;
      startup = *head + *rest;
      break;
    }
    HostileConnection server(ConnectTo(server_port_));
    server.Send(startup);
    std::thread to_client([&] {
      while (const auto byte = server.Read(1)) {
        if (!silent_ && !client.Send(*byte)) break;
      }
      if (!silent_) client.Stop();
    });
    while (const auto head = client.Read(5)) {
      const auto body = client.Read(Int32(std::string_view(*head).substr(1)) - 4);
      if (!body.has_value()) break;
      const bool statement = (*head)[0] == 'Q' || (*head)[0] == 'S';
      if (statement && ++statements_ == at_) silent_ = true;
      if (silent_) {
        client.KeepSilent();
        break;
      }
      if (!server.Send(*head + *body)) break;
    }
    server.Stop();
    to_client.join();
  }

  const int server_port_;
  const int at_;
  std::atomic<int> statements_{0};
  std::atomic<bool> silent_{false};
  std::unique_ptr<HostileServer> server_;  // Last: its threads use the others.
};

class SilentMigration : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = PostgresServer::Start({.max_connections = 100});
    ASSERT_OK(server);
    server_ = *std::move(server);
    std::filesystem::create_directory(box_.Path("m"));
    const std::string alone = "-- siphon: no-transaction\n";
    WriteBytes(box_.Path("m/1_a.up.sql"), "CREATE TABLE a (x integer);");
    WriteBytes(box_.Path("m/1_a.down.sql"), "DROP TABLE a;");
    WriteBytes(box_.Path("m/2_b.up.sql"), alone + "CREATE INDEX CONCURRENTLY i ON a (x);");
    WriteBytes(box_.Path("m/2_b.down.sql"), alone + "DROP INDEX CONCURRENTLY i;");
  }

  std::vector<std::string> Verb(const std::string& database, int port,
                                const std::vector<std::string>& verb) const {
    std::vector<std::string> args = {"migrate", "--path", box_.Path("m"), "--database",
                                     PostgresUrl(*server_, database, {.port = port})};
    args.insert(args.end(), verb.begin(), verb.end());
    return args;
  }

  // A database in the state before `verb`.
  std::string Prepare(const std::vector<std::string>& verb) {
    const std::string name = absl::StrCat("app", ++databases_);
    EXPECT_OK(server_->CreateDatabase(name));
    if (verb[0] == "down") {
      EXPECT_EQ(box_.Run(Verb(name, server_->port(), {"up"})).exit_code, 0);
    }
    return name;
  }

  // Runs `verb` once for each number of `statements`, at the same time.
  void ExpectEnds(const std::vector<std::string>& verb, const std::vector<int>& statements) {
    std::vector<std::unique_ptr<SilentAt>> proxies;
    std::vector<std::unique_ptr<RunningProcess>> processes;
    for (const int statement : statements) {
      const std::string database = Prepare(verb);
      proxies.push_back(SilentAt::Start(server_->port(), statement));
      processes.push_back(std::make_unique<RunningProcess>(
          box_.Options(Verb(database, proxies.back()->port(), verb))));
    }
    for (size_t i = 0; i < processes.size(); ++i) {
      while (!proxies[i]->silent() && !processes[i]->ended()) usleep(10'000);
    }
    usleep(500'000);
    const auto began = steady_clock::now();
    for (const auto& process : processes) process->Signal(SIGTERM);
    for (size_t i = 0; i < processes.size(); ++i) {
      SCOPED_TRACE(absl::StrCat(verb[0], ", silent at statement ", statements[i]));
      ASSERT_OK_AND_ASSIGN(const ProcessResult result, processes[i]->Wait());
      EXPECT_TRUE(proxies[i]->silent());
      EXPECT_EQ(result.signal, 0);
      EXPECT_EQ(result.exit_code, 143) << result.err;
      // Eight seconds, and three for the request to cancel.
      EXPECT_LT(steady_clock::now() - began, seconds(kSanitized ? 25 : 13));
    }
  }

  Sandbox box_;
  std::unique_ptr<PostgresServer> server_;
  int databases_ = 0;
};

TEST_F(SilentMigration, EndsWithOneSigtermAtEachStatement) {
  for (const std::vector<std::string>& verb :
       std::vector<std::vector<std::string>>{{"up"}, {"down", "2"}}) {
    const std::string database = Prepare(verb);
    const std::unique_ptr<SilentAt> honest = SilentAt::Start(server_->port(), 0);
    const ProcessResult result = box_.Run(Verb(database, honest->port(), verb));
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const int count = honest->statements();
    ASSERT_GT(count, 8);
    // They wait most of the time.
    constexpr int kAtOnce = 30;
    for (int first = 1; first <= count; first += kAtOnce) {
      std::vector<int> statements;
      for (int i = first; i < first + kAtOnce && i <= count; ++i) statements.push_back(i);
      ExpectEnds(verb, statements);
    }
  }
}

}  // namespace
}  // namespace siphon::testing
