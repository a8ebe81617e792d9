// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Every verb against PostgreSQL servers that break the protocol or lie. siphon ends by itself, with
// an error.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/hostile/hostile_server.h"
#include "testing/hostile/postgres_server.h"
#include "testing/hostile/postgres_verbs.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using pgwire::Value;

struct Lie {
  std::string name;
  std::function<void(PostgresPeer& peer)> tell;
  // Takes a second and much memory; only for some verbs.
  bool floods = false;
};

std::string Long(size_t size) { return std::string(size, 'x'); }

Lie Greeting(const std::string& name, const std::map<std::string, std::string>& parameters) {
  return {name, [parameters](PostgresPeer& peer) {
            if (!peer.ReadStartup()) return;
            peer.connection().Send(PostgresPeer::Greeting(parameters));
            peer.ServeUntil("no such statement");
          }};
}

// Sends `bytes` instead of the answer to the startup message.
Lie Startup(const std::string& name, const std::string& bytes) {
  return {name, [bytes](PostgresPeer& peer) {
            if (peer.ReadStartup()) peer.connection().Send(bytes);
          }};
}

// Answers the first statement, and each one after it, with `bytes`.
Lie Answer(const std::string& name, const std::string& bytes, bool ready = true) {
  return {name, [bytes, ready](PostgresPeer& peer) {
            if (!peer.Greet()) return;
            while (const auto request = peer.ReadStatement()) {
              if (!peer.connection().Send(bytes)) return;
              if (!ready) peer.connection().KeepSilent();
              if (!peer.connection().Send(pgwire::Ready())) return;
            }
          }};
}

// Answers the first statement with `before`, and then `bytes` for ever.
Lie Flood(const std::string& name, const std::string& before, const std::string& bytes) {
  return {name,
          [before, bytes](PostgresPeer& peer) {
            if (!peer.Greet() || !peer.ReadStatement().has_value()) return;
            if (peer.connection().Send(before)) peer.connection().SendForever(bytes);
          },
          /*floods=*/true};
}

std::vector<Lie> GreetingLies() {
  std::vector<Lie> lies = {
      Greeting("NoVersion", {{"server_version", ""}}),
      Greeting("NoEncoding", {{"client_encoding", ""}}),
      Greeting("OddEncoding", {{"client_encoding", "SJIS"}}),
      Greeting("AsciiEncoding", {{"client_encoding", "SQL_ASCII"}}),
      Startup("NotPostgres", "HTTP/1.1 400 Bad Request\r\n\r\n"),
      Startup("Nothing", ""),
      Startup("OldError", std::string("Etoo many clients\0", 18)),
      Startup("ErrorWithoutFields", pgwire::Error({})),
      Startup("LongError", pgwire::Error({{'M', Long(20000)}, {'C', Long(5000)}})),
      Startup("HugeError", pgwire::Error({{'M', Long(10 << 20)}})),
      Startup("AnswerBeforeLogin", pgwire::Table({{"1"}})),
      Startup("CopyBeforeLogin", pgwire::Message('H', std::string("\0\0\0", 3))),
      Startup("OnlyOk", pgwire::Authentication(0)),
      Startup("ReadyBeforeOk", pgwire::Ready()),
      Startup("NoKey", pgwire::Authentication(0) + pgwire::Ready())};
  for (const std::string version :
       {"", "x", "-1.5", "0", "99999999999999999999.1", "2147483647.2147483647", "18; DROP",
        "15.\x1b[31m", "1000.0", "../../18"}) {
    if (!version.empty()) {
      lies.push_back(Greeting(absl::StrCat("Version", lies.size()), {{"server_version", version}}));
    }
  }
  lies.push_back(Greeting("LongVersion", {{"server_version", "18" + Long(20000)}}));
  for (const uint32_t length : {0U, 3U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
    lies.push_back(Startup(absl::StrCat("LoginOfLength", length),
                           pgwire::Message('R', std::string(4, '\0'), length) + Long(100000)));
    lies.push_back(Startup(absl::StrCat("ErrorOfLength", length),
                           pgwire::Message('E', "Mno", length) + Long(100000)));
    lies.push_back(Startup(absl::StrCat("NegotiationOfLength", length),
                           pgwire::Message('v', std::string(8, '\0'), length) + Long(100000)));
    lies.push_back(
        Startup(absl::StrCat("ParameterOfLength", length),
                pgwire::Authentication(0) + pgwire::Message('S', "a", length) + Long(100000)));
  }
  const std::string negotiate = pgwire::Message('v', std::string("\0\3\0\0\0\0\0\0", 8));
  std::string many;
  for (int i = 0; i < 1000; ++i) many += negotiate;
  lies.push_back(Startup("Negotiations", many));
  lies.push_back({"EndlessParameters", [](PostgresPeer& peer) {
                    if (!peer.ReadStartup()) return;
                    std::string bytes = pgwire::Authentication(0);
                    for (int i = 0; peer.connection().Send(bytes); ++i) {
                      bytes = pgwire::Parameter(absl::StrCat("p", i), Long(100));
                    }
                  }});
  lies.push_back({"EndlessNotices", [](PostgresPeer& peer) {
                    if (!peer.ReadStartup()) return;
                    peer.connection().Send(pgwire::Authentication(0));
                    peer.connection().SendForever(pgwire::Notice("n"));
                  }});
  return lies;
}

std::vector<Lie> AnswerLies() {
  std::vector<Lie> lies = {
      Answer("NoResult", ""),
      Answer("EmptyQuery", pgwire::Message('I', "")),
      Answer("OnlyCompletion", pgwire::Complete("SELECT 1")),
      Answer("NoColumns", pgwire::Table({{}})),
      Answer("ManyRowsWithoutColumns", pgwire::Table({{}, {}, {}})),
      Answer("OneColumn", pgwire::Table({{"1"}})),
      Answer("Nulls", pgwire::Table({{Value(), Value()}})),
      Answer("TooManyColumns", pgwire::Table({{"1", "2", "3", "4"}})),
      Answer("NoRows", pgwire::Description(2) + pgwire::Complete("SELECT 0")),
      Answer("TwoRows", pgwire::Table({{"a", "b"}, {"c", "d"}})),
      Answer("TwoResults", pgwire::Table({{"a", "b"}}) + pgwire::Table({{"9"}})),
      Answer("RowWithoutDescription", pgwire::Row({"a"}) + pgwire::Complete("SELECT 1")),
      Answer("OtherRow", pgwire::Description(2) + pgwire::Row({"a"}) + pgwire::Complete("S")),
      Answer("CopyOut", pgwire::Message('H', std::string("\0\0\0", 3)), false),
      Answer("CopyIn", pgwire::Message('G', std::string("\0\0\0", 3)), false),
      Answer("CopyBoth", pgwire::Message('W', std::string("\0\0\0", 3)), false),
      Answer("CopyOutAndReady", pgwire::Message('H', std::string("\0\0\0", 3))),
      Answer("CopyDataOnly", pgwire::Message('d', "x")),
      Answer("UnknownType", pgwire::Message('?', "x")),
      Answer("ErrorWithoutFields", pgwire::Error({})),
      Answer("ErrorWithHugeFields", pgwire::Error({{'M', Long(10 << 20)}, {'H', Long(10000)}})),
      Answer("ErrorWithEscapes", pgwire::Error({{'M', "\x1b]0;owned\x07\x1b[2J"}, {'C', "42601"}})),
      Answer("ErrorBeyondTheLimit", pgwire::Error({{'M', Long(20 << 20)}})),
      Answer("LongState", pgwire::Error({{'C', Long(1000)}, {'M', "m"}, {'P', Long(30)}})),
      Answer("AuthenticationAgain", pgwire::Authentication(3)),
      Answer("KeyAgain", pgwire::KeyData()),
      Answer("HugeDescription", pgwire::Description(65535)),
      {"EndInARow", [](PostgresPeer& peer) {
         if (!peer.Greet() || !peer.ReadStatement().has_value()) return;
         const std::string rows = pgwire::Table({{"a", "b"}});
         peer.connection().Send(rows.substr(0, rows.size() - 20));
       }}};
  for (const uint32_t length : {0U, 3U, 4U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
    for (const char type : {'T', 'D', 'C', 'E', 'Z', 'S', 'N', 'A'}) {
      lies.push_back({absl::StrCat("Length", length, std::string(1, type)),
                      [length, type](PostgresPeer& peer) {
                        if (!peer.Greet() || !peer.ReadStatement().has_value()) return;
                        peer.connection().Send(pgwire::Description(2) +
                                               pgwire::Message(type, Long(1000), length));
                      }});
    }
  }
  return lies;
}

std::vector<Lie> Floods() {
  const std::string two = pgwire::Description(2);
  return {Flood("Rows", two, pgwire::Row({"a", "b"})),
          Flood("LongRows", two, pgwire::Row({Long(1 << 20), ""})),
          Flood("NullRows", pgwire::Description(1600), pgwire::Row(std::vector<Value>(1600))),
          Flood("RowsWithoutColumns", pgwire::Description(0), pgwire::Row({})),
          Flood("Notices", two, pgwire::Notice("n")),
          Flood("Results", "", pgwire::Table({{"a", "b"}})),
          Flood("Completions", "", pgwire::Complete("SELECT 1")),
          Flood("Parameters", "", pgwire::Parameter("p", "1")),
          Flood("Errors", "", pgwire::Error({{'M', "m"}})),
          Flood("UnknownMessages", two, pgwire::Message('?', "x")),
          Flood("BytesOfARow", two + std::string("D\x7f\xff\xff\xff", 5), "x"),
          Flood("BytesOfAnError", std::string("E\x7f\xff\xff\xff", 5), "x"),
          Flood("CopyData", std::string(pgwire::Message('H', std::string("\0\0\0", 3))),
                pgwire::Message('d', "x"))};
}

// One lie for each place of a conversation, which every verb hears. The others are heard in the
// same places, so one verb of each kind is enough.
const std::set<std::string> kForEveryVerb = {
    "NotPostgres", "NoVersion", "EndInARow", "NoColumns", "Nulls", "CopyOut", "ErrorWithoutFields"};

class PostgresLies : public ::testing::TestWithParam<Lie> {};

TEST_P(PostgresLies, EndInAnError) {
  const Lie& lie = GetParam();
  auto server = HostileServer::Start([&](HostileConnection& connection, int) {
    PostgresPeer peer(connection);
    lie.tell(peer);
  });
  ASSERT_OK(server);
  PostgresVictim victim;
  const std::string url = HostileUrl((*server)->port(), "connect_timeout=5");
  for (const std::vector<std::string>& verb : victim.Verbs(url)) {
    const std::string what = absl::StrJoin(verb, " ");
    // One verb of each kind: a session of siphon's own, one for the user, a tool.
    const bool one_of_a_kind = verb[0] == "inspect" || verb.back() == "status" || verb.size() == 2;
    if (!kForEveryVerb.contains(lie.name) && (lie.floods ? verb[0] != "inspect" : !one_of_a_kind)) {
      continue;
    }
    const ProcessResult result = victim.box().Run(verb);
    victim.ExpectFailed(what, result);
    EXPECT_EQ(result.err.find('\x1b'), std::string::npos) << what << ": " << result.err;
    // The fault is the server's, not siphon's.
    EXPECT_EQ(result.err.find("internal error"), std::string::npos) << what << ": " << result.err;
  }
  EXPECT_GT((*server)->accepted(), 0);
}

TEST(PostgresAnswers, WithoutAResultAreAnErrorOfTheServer) {
  // Each is followed by the message that ends a statement.
  const std::map<std::string, std::string> answers = {
      {"nothing", ""},
      {"a notice", pgwire::Notice("n")},
      {"a parameter", pgwire::Parameter("p", "1")},
      {"rows of a COPY that did not begin", pgwire::Message('d', "x")}};
  PostgresVictim victim;
  for (const auto& [name, bytes] : answers) {
    auto server = HostileServer::Start([&](HostileConnection& connection, int) {
      PostgresPeer peer(connection);
      Answer("", bytes).tell(peer);
    });
    ASSERT_OK(server);
    const std::string url = HostileUrl((*server)->port());
    for (const std::vector<std::string>& verb :
         {std::vector<std::string>{"inspect", url}, {"backup", url}}) {
      const ProcessResult result = victim.box().Run(verb);
      victim.ExpectFailed(absl::StrCat(verb[0], ", ", name), result);
      EXPECT_EQ(result.exit_code, 2) << verb[0] << ", " << name;
      EXPECT_THAT(result.err, ::testing::HasSubstr("database error: ")) << verb[0] << ", " << name;
      EXPECT_THAT(result.err, ::testing::HasSubstr("ends a statement without a result"))
          << verb[0] << ", " << name;
    }
  }
}

// Far into a verb: the list of tables.
TEST(PostgresLists, OfTablesThatDoNotFitEndInAnError) {
  const std::vector<Value> good = {"1", "s", "n", "r", "t", Value(), "1", "1", "1", "1", "t", "f"};
  std::map<std::string, std::vector<Value>> rows = {{"two columns", {"1", "s"}}};
  for (const auto& [column, value] :
       std::vector<std::pair<size_t, Value>>{{0, Value()},
                                             {3, ""},
                                             {3, Value()},
                                             {3, "rr"},
                                             {4, "yes"},
                                             {6, "99999999999999999999"},
                                             {9, "x"},
                                             {10, Value()}}) {
    std::vector<Value> row = good;
    row[column] = value;
    rows[absl::StrCat("column ", column, " is ", value.value_or("NULL"))] = row;
  }
  PostgresVictim victim;
  for (const auto& [name, row] : rows) {
    auto server = HostileServer::Start([&](HostileConnection& connection, int) {
      PostgresPeer peer(connection);
      if (!peer.Greet()) return;
      while (const auto request = peer.ServeUntil("c.relhassubclass")) {
        peer.Answer(*request, pgwire::Table({row}));
      }
    });
    ASSERT_OK(server);
    const std::string url = HostileUrl((*server)->port());
    for (const std::vector<std::string>& verb :
         {std::vector<std::string>{"inspect", url},
          {"backup", url},
          {"restore", victim.dump(), "--profile", url, "--clean", "--yes"}}) {
      const ProcessResult result = victim.box().Run(verb);
      victim.ExpectFailed(absl::StrCat(verb[0], ", ", name), result);
      EXPECT_THAT(result.err, ::testing::HasSubstr("does not fit the statement")) << name;
    }
  }
}

// The honest answers lead somewhere: this proves that the lies above are what siphon refuses.
TEST(PostgresLists, ThatFitAreShown) {
  auto server = HostileServer::Start([&](HostileConnection& connection, int) {
    PostgresPeer peer(connection);
    if (peer.Greet()) peer.ServeUntil("no such statement");
  });
  ASSERT_OK(server);
  const Sandbox box;
  const ProcessResult result = box.Run({"inspect", HostileUrl((*server)->port())});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, ::testing::HasSubstr("items"));
}

const auto kName = [](const auto& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Greetings, PostgresLies, ::testing::ValuesIn(GreetingLies()), kName);
INSTANTIATE_TEST_SUITE_P(Answers, PostgresLies, ::testing::ValuesIn(AnswerLies()), kName);
INSTANTIATE_TEST_SUITE_P(Floods, PostgresLies, ::testing::ValuesIn(Floods()), kName);

}  // namespace
}  // namespace siphon::testing
