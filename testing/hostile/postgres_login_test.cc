// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// PostgreSQL servers that ask siphon to authenticate itself in an unsafe way, or do not prove what
// SCRAM demands of a server.

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "testing/e2e/sandbox.h"
#include "testing/hostile/hostile_server.h"
#include "testing/hostile/postgres_server.h"
#include "testing/hostile/postgres_verbs.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// Linux connects this address to the loopback interface, and siphon does not count it as a loopback
// address: to siphon it is a server somewhere.
constexpr char kElsewhere[] = "0.0.0.0";
constexpr char kHere[] = "127.0.0.1";
constexpr uint32_t kClearText = 3, kMd5 = 5;

// A server that asks for a password and keeps what it gets.
class Listener {
 public:
  using Script = std::function<void(PostgresPeer& peer, Listener& listener)>;

  explicit Listener(Script script) {
    auto server = HostileServer::Start([this, script](HostileConnection& connection, int) {
      PostgresPeer peer(connection);
      if (peer.ReadStartup()) script(peer, *this);
    });
    EXPECT_OK(server);
    server_ = *std::move(server);
  }

  // Asks, and keeps the answer; false if there is none.
  bool Ask(PostgresPeer& peer, const std::string& request) {
    if (!peer.connection().Send(request)) return false;
    const auto answer = peer.ReadMessage();
    if (!answer.has_value() || answer->first != 'p') return false;
    const std::lock_guard lock(mutex_);
    heard_.push_back(answer->second);
    return true;
  }

  std::vector<std::string> heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  std::string Url(const std::string& host, const std::string& parameters = "") const {
    return HostileUrl(server_->port(), parameters, host);
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> heard_;
  std::unique_ptr<HostileServer> server_;  // Last, so that its threads end first.
};

Listener::Script AskFor(const std::string& request) {
  return [request](PostgresPeer& peer, Listener& listener) {
    if (listener.Ask(peer, request)) peer.connection().Send(PostgresPeer::Greeting());
    peer.ServeUntil("no such statement");
  };
}

TEST(PostgresLogin, NoPasswordGoesToAServerThatIsNotVerified) {
  PostgresVictim victim;
  for (const std::string& request :
       {pgwire::Authentication(kClearText), pgwire::Authentication(kMd5, "salt")}) {
    Listener listener(AskFor(request));
    for (const std::vector<std::string>& verb : victim.Verbs(listener.Url(kElsewhere))) {
      const ProcessResult result = victim.box().Run(verb);
      victim.ExpectFailed(absl::StrJoin(verb, " "), result);
      EXPECT_THAT(result.err, HasSubstr("require_auth"));
      EXPECT_THAT(result.err, HasSubstr("sslmode=verify-full"));
    }
    // A require_auth that only excludes methods permits no other method.
    EXPECT_EQ(
        victim.box().Run({"inspect", listener.Url(kElsewhere, "require_auth=!gss")}).exit_code, 2);
    EXPECT_THAT(listener.heard(), IsEmpty());
  }
}

// Behind a port of this machine may be a tunnel, or another user's program.
TEST(PostgresLogin, NoPasswordInClearTextGoesToALoopbackAddress) {
  PostgresVictim victim;
  for (const std::string host : {kHere, "localhost"}) {
    Listener listener(AskFor(pgwire::Authentication(kClearText)));
    const ProcessResult result = victim.box().Run({"inspect", listener.Url(host)});
    victim.ExpectFailed(host, result);
    EXPECT_THAT(result.err, HasSubstr("require_auth"));
    EXPECT_THAT(listener.heard(), IsEmpty());
  }
}

// A server at a Unix socket, which keeps what it gets.
class SocketListener {
 public:
  // `name` is the socket's; one that begins with '@' is abstract.
  SocketListener(const std::string& name, const std::string& request) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    listener_ = base::FileDescriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0) << name;
    EXPECT_EQ(listen(listener_.get(), 16), 0);
    thread_ = std::thread([this, request] { Run(request); });
  }
  ~SocketListener() {
    shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  std::vector<std::string> heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  void Run(const std::string& request) {
    while (true) {
      base::FileDescriptor client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client.valid()) return;
      HostileConnection connection(std::move(client));
      PostgresPeer peer(connection);
      if (!peer.ReadStartup() || !connection.Send(request)) continue;
      if (const auto answer = peer.ReadMessage(); answer.has_value() && answer->first == 'p') {
        const std::lock_guard lock(mutex_);
        heard_.push_back(answer->second);
      }
    }
  }

  base::FileDescriptor listener_;
  std::mutex mutex_;
  std::vector<std::string> heard_;
  std::thread thread_;
};

// Every user can make an abstract socket, and one in a folder like /tmp.
TEST(PostgresLogin, NoPasswordInClearTextGoesThroughASocketThatAnybodyCouldHaveMade) {
  const Sandbox box;
  std::string folder = "/tmp/siphon-XXXXXX";  // The path of a socket is short.
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  // One that somebody has made there.
  const std::string hers = folder + "/open/hers";
  std::filesystem::create_directories(hers);
  ASSERT_EQ(chmod((folder + "/open").c_str(), 01777), 0);
  const bool given = chown(hers.c_str(), 54321, 54321) == 0;
  const std::string abstract = absl::StrCat("@siphon-", getpid());
  std::string config = "version: 1\nprofiles:\n";
  for (const auto& [name, host, more] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"folder", folder, ""},
           {"hers", hers, ""},
           {"abstract", abstract, ""},
           {"allowed", abstract, ", require_auth: password"}}) {
    absl::StrAppend(&config, "  ", name,
                    ": {driver: postgres, user: app, password: literal:secret, ",
                    "database: shop, host: \"", host, "\"", more, "}\n");
  }
  std::filesystem::create_directory(box.Path("config"));
  WriteBytes(box.Path("config/config.yaml"), config);
  {
    SocketListener in_folder(folder + "/.s.PGSQL.5432", pgwire::Authentication(kClearText));
    SocketListener in_hers(hers + "/.s.PGSQL.5432", pgwire::Authentication(kClearText));
    SocketListener without(abstract + "/.s.PGSQL.5432", pgwire::Authentication(kClearText));
    ASSERT_EQ(chmod(folder.c_str(), 01777), 0);
    for (const std::string profile : {"folder", "abstract"}) {
      const ProcessResult result = box.Run({"inspect", profile});
      EXPECT_EQ(result.exit_code, 2) << result.err;
      EXPECT_THAT(result.err, HasSubstr("require_auth")) << profile;
    }
    EXPECT_THAT(in_folder.heard(), IsEmpty());
    EXPECT_THAT(without.heard(), IsEmpty());
    EXPECT_EQ(box.Run({"inspect", "hers"}).exit_code, 2);
    if (given) {
      EXPECT_THAT(in_hers.heard(), IsEmpty());
    }
    box.Run({"inspect", "allowed"});
    EXPECT_THAT(without.heard(), ::testing::Contains(HasSubstr("secret")));
    ASSERT_EQ(chmod(folder.c_str(), 0755), 0);
    box.Run({"inspect", "folder"});
    EXPECT_THAT(in_folder.heard(), ::testing::Contains(HasSubstr("secret")));
  }
  std::filesystem::remove_all(folder);
}

TEST(PostgresLogin, APasswordGoesWhereTheUserAllowsIt) {
  const Sandbox box;
  for (const auto& [request, method, answer] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {pgwire::Authentication(kClearText), "password", "secret"},
           {pgwire::Authentication(kMd5, "salt"), "md5", "md5"}}) {
    Listener listener(AskFor(request));
    const std::string allowed = "require_auth=" + method;
    for (const std::string& url :
         {listener.Url(kHere, method == "md5" ? "" : allowed), listener.Url(kElsewhere, allowed)}) {
      const ProcessResult result = box.Run({"inspect", url});
      EXPECT_EQ(result.exit_code, 0) << result.err;
    }
    ASSERT_THAT(listener.heard(), SizeIs(2));
    EXPECT_THAT(listener.heard()[0], HasSubstr(answer));
    EXPECT_THAT(listener.heard()[1], HasSubstr(answer));
    // Another method than the one that the user names.
    EXPECT_EQ(box.Run({"inspect", listener.Url(kHere, "require_auth=scram-sha-256")}).exit_code, 2);
    EXPECT_THAT(listener.heard(), SizeIs(2));
  }
}

// The answers of a SCRAM server: to the client's first message, and to its proof.
struct Scram {
  std::string salt_and_iterations = "s=c2FsdHNhbHQ=,i=4096";
  std::string nonce_prefix = {};  // Before the client's nonce.
  std::string final = {};         // Instead of the server's proof.
};

Listener::Script Play(const Scram& scram) {
  return [scram](PostgresPeer& peer, Listener& listener) {
    const std::string mechanisms("SCRAM-SHA-256\0\0", 15);
    if (!listener.Ask(peer, pgwire::Authentication(pgwire::kSasl, mechanisms))) return;
    const std::string first = listener.heard().back();
    const std::string nonce = first.substr(first.rfind("r=") + 2);
    const std::string challenge =
        absl::StrCat("r=", scram.nonce_prefix, nonce, "server,", scram.salt_and_iterations);
    if (!listener.Ask(peer, pgwire::Authentication(pgwire::kSaslContinue, challenge))) return;
    peer.connection().Send(scram.final + PostgresPeer::Greeting());
    peer.ServeUntil("no such statement");
  };
}

TEST(PostgresLogin, AScramServerMustProveThatItKnowsThePassword) {
  PostgresVictim victim;
  for (const auto& [name, scram] : std::vector<std::pair<std::string, Scram>>{
           {"no proof", {}},
           {"wrong proof",
            {.final = pgwire::Authentication(pgwire::kSaslFinal,
                                             "v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")}},
           {"short proof", {.final = pgwire::Authentication(pgwire::kSaslFinal, "v=AAAA")}},
           {"an error as proof", {.final = pgwire::Authentication(pgwire::kSaslFinal, "e=other")}},
           {"an empty proof", {.final = pgwire::Authentication(pgwire::kSaslFinal)}},
           {"once more",
            {.final = pgwire::Authentication(pgwire::kSaslContinue, "r=x,s=eA==,i=4096")}},
           {"password after all", {.final = pgwire::Authentication(kClearText)}}}) {
    Listener listener(Play(scram));
    for (const std::vector<std::string>& verb : victim.Verbs(listener.Url(kHere))) {
      const ProcessResult result = victim.box().Run(verb);
      victim.ExpectFailed(absl::StrCat(name, ": ", absl::StrJoin(verb, " ")), result);
    }
    for (const std::string& heard : listener.heard()) EXPECT_THAT(heard, Not(HasSubstr("secret")));
  }
}

TEST(PostgresLogin, AScramServerChoosesNoIterationsThatHarm) {
  PostgresVictim victim;
  for (const auto& [host, numbers] :
       std::vector<std::pair<std::string, std::string>>{{kHere, "i=2147483647"},
                                                        {kHere, "i=99999999999999999999"},
                                                        {kHere, "i=1000001"},
                                                        {kHere, "i=0"},
                                                        {kHere, "i=-1"},
                                                        {kHere, "i=x"},
                                                        {kElsewhere, "i=1"},
                                                        {kElsewhere, "i=4095"},
                                                        {kElsewhere, "i=4294967297"},
                                                        {kElsewhere, "i=2147483647"}}) {
    Listener listener(Play({.salt_and_iterations = "s=c2FsdHNhbHQ=," + numbers}));
    const ProcessResult result = victim.box().Run({"inspect", listener.Url(host)});
    victim.ExpectFailed(numbers, result);
    EXPECT_LT(result.wall, std::chrono::seconds(kSanitized ? 30 : 5)) << numbers;
    EXPECT_THAT(listener.heard(), SizeIs(1)) << numbers << ": no proof to guess from";
  }
  Listener other(Play({.nonce_prefix = "x"}));
  victim.ExpectFailed("nonce", victim.box().Run({"inspect", other.Url(kHere)}));
  EXPECT_THAT(other.heard(), SizeIs(1));
}

TEST(PostgresLogin, OtherMethodsAreRefused) {
  PostgresVictim victim;
  for (const std::string& request :
       {pgwire::Authentication(7), pgwire::Authentication(9), pgwire::Authentication(2),
        pgwire::Authentication(4), pgwire::Authentication(99), pgwire::Authentication(8, "token"),
        pgwire::Authentication(pgwire::kSasl, std::string("OAUTHBEARER\0X-NEW\0\0", 19)),
        pgwire::Authentication(pgwire::kSasl, std::string("\0", 1)),
        pgwire::Authentication(pgwire::kSasl), pgwire::Authentication(pgwire::kSaslFinal, "v=x"),
        pgwire::Authentication(pgwire::kSaslContinue, "r=x,s=x,i=1"),
        pgwire::Authentication(kMd5, "s")}) {
    Listener listener(AskFor(request));
    const ProcessResult result = victim.box().Run({"inspect", listener.Url(kHere)});
    victim.ExpectFailed("method", result);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(listener.heard(), IsEmpty());
  }
}

}  // namespace
}  // namespace siphon::testing
