// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Every verb of the shipped binary against a MariaDB server that lies once, and against servers
// that never come to an end.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/mysql_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/hostile/mysql_lying_proxy.h"
#include "testing/process/process.h"
#include "testing/rounds.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPassword[] = "CANARY-in-the-mine";
constexpr int64_t kMiB = int64_t{1} << 20;
// A server that is silent is noticed within these limits: connect_timeout and read_timeout are 3.
constexpr std::chrono::seconds kLongest{kSanitized ? 180 : 60};

struct Verb {
  std::string name;
  std::function<std::vector<std::string>()> args;
  // Puts the target in order; null: nothing to do.
  std::function<void()> prepare = nullptr;
  // What must be true after exit code 0; null: nothing.
  std::function<void(const ProcessResult&)> check = nullptr;
};

class MysqlVerbs : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = MysqlServer::Start({.server = std::string(kMariadb118), .password = kPassword});
    ASSERT_OK(server);
    server_ = *std::move(server);
    for (const std::string name : {"app", "copy"}) ASSERT_OK(server_->CreateDatabase(name));
    ASSERT_OK(server_->RunSql(
        "CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL, note TEXT);"
        "INSERT INTO t SELECT seq, concat('n', seq), repeat('x', 50) FROM seq_1_to_500;"
        "CREATE TABLE u (a DOUBLE, b BIT(3), c DECIMAL(10,2), d BLOB);"
        "INSERT INTO u VALUES (1.5, b'101', 3.14, x'00ff'), (NULL, NULL, NULL, NULL);"
        "CREATE VIEW v AS SELECT id FROM t;"
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.note = 'new';"
        "CREATE PROCEDURE p() SELECT 1;",
        "app"));
    auto proxy = MysqlLyingProxy::Start(server_->port());
    ASSERT_OK(proxy);
    proxy_ = *std::move(proxy);
    dump_ = MakeDump();
    std::filesystem::create_directories(box_.Path("m"));
    WriteBytes(box_.Path("m/000001_a.up.sql"),
               "CREATE TABLE a (i INT);\nINSERT INTO a VALUES (1);");
    ASSERT_OK_AND_ASSIGN(content_, server_->Dump("app"));
  }

  std::string MakeDump() {
    const ProcessResult made = box_.Run({"backup", MysqlUrl(*server_, "app")});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    return box_.ListedDumps().at(0);
  }

  // Through the proxy, or past it.
  std::string Url(std::string_view database) const {
    return MysqlUrl(*server_, database,
                    {.port = proxy_->port(), .parameters = "connect_timeout=3&read_timeout=3"});
  }
  std::string HonestUrl(std::string_view database) const { return MysqlUrl(*server_, database); }

  void NewCopy() const {
    EXPECT_OK(server_->RunSql("DROP DATABASE IF EXISTS copy; CREATE DATABASE copy;"));
  }
  void ExpectCopied() const {
    absl::StatusOr<std::string> copy = server_->Dump("copy");
    ASSERT_OK(copy);
    EXPECT_EQ(*copy, content_);
  }

  std::vector<Verb> Verbs() const {
    const auto copy = [this] { NewCopy(); };
    const auto copied = [this](const ProcessResult&) { ExpectCopied(); };
    return {{"inspect",
             [this] {
               return std::vector<std::string>{"inspect", Url("app")};
             }},
            {"profile test",
             [this] {
               return std::vector<std::string>{"profile", "test", Url("app")};
             }},
            {"backup",
             [this] {
               return std::vector<std::string>{"backup", Url("app")};
             },
             nullptr,
             [this](const ProcessResult& result) {
               NewCopy();
               const std::string id = result.out.substr(0, result.out.find('\n'));
               const ProcessResult back = box_.Run({"restore", id, "--profile", HonestUrl("copy")});
               EXPECT_EQ(back.exit_code, 0) << back.err;
               ExpectCopied();
             }},
            {"restore",
             [this] {
               return std::vector<std::string>{"restore", dump_, "--profile", Url("copy")};
             },
             copy, copied},
            {"sync from",
             [this] {
               return std::vector<std::string>{"sync", Url("app"), HonestUrl("copy")};
             },
             copy, copied},
            {"sync to",
             [this] {
               return std::vector<std::string>{"sync", HonestUrl("app"), Url("copy")};
             },
             copy, copied},
            {"verify",
             [this] {
               return std::vector<std::string>{"verify", dump_, "--restore", Url("copy")};
             }},
            {"migrate up",
             [this] {
               return std::vector<std::string>{"migrate",    "--path",    box_.Path("m"),
                                               "--database", Url("copy"), "up"};
             },
             copy,
             [this](const ProcessResult&) {
               EXPECT_THAT(server_->Value("SELECT count(*) FROM a", "copy"), IsOkAndHolds("1"));
             }},
            {"migrate status", [this] {
               return std::vector<std::string>{"migrate",    "--path",    box_.Path("m"),
                                               "--database", Url("copy"), "status"};
             }}};
  }

  // Runs the verb and returns how it ended; checks what holds for every lie.
  ProcessResult Run(const Verb& verb, const std::string& what) const {
    const std::vector<std::string> before = Dumps();
    ProcessOptions options = box_.Options(verb.args());
    options.limit = kLongest;
    const absl::StatusOr<ProcessResult> result = RunProcess(options);
    if (!result.ok()) {
      ADD_FAILURE() << what << ": " << result.status();
      return {};
    }
    EXPECT_EQ(result->signal, 0) << what << ": " << result->err;
    EXPECT_GE(result->exit_code, 0) << what;
    EXPECT_LE(result->exit_code, 4) << what << ": " << result->err;
    if (result->exit_code != 0) {
      EXPECT_NE(result->err, "") << what;
      EXPECT_EQ(Dumps(), before) << what;
    }
    EXPECT_THAT(result->err + result->out, Not(HasSubstr("\x1b[2J"))) << what;
    EXPECT_LT(result->err.size(), 20'000u) << what;
    if (!kSanitized) {
      EXPECT_LT(result->peak_bytes, 900 * kMiB) << what;
    }
    EXPECT_FALSE(proxy_->received().Contains(kPassword)) << what;
    return *result;
  }

  // The files of the complete dumps. A temporary file does not count, nor the notes of a dump, in
  // which verify records also that it failed.
  std::vector<std::string> Dumps() const {
    std::vector<std::string> dumps;
    for (const std::string& name : Names(box_.DumpDirectory())) {
      if (absl::StartsWith(name, ".") || absl::EndsWith(name, ".notes.json")) continue;
      dumps.push_back(name);
    }
    return dumps;
  }

  void LieInEveryState(const std::vector<Verb>& verbs);

  Sandbox box_;
  std::unique_ptr<MysqlServer> server_;
  std::unique_ptr<MysqlLyingProxy> proxy_;
  std::string dump_, content_;
};

// True for lies that a client notices wherever they are told.
bool IsPlain(MysqlLie lie) {
  return lie == MysqlLie::kCut || lie == MysqlLie::kHalf || lie == MysqlLie::kSilence ||
         lie == MysqlLie::kLong || lie == MysqlLie::kError;
}

void MysqlVerbs::LieInEveryState(const std::vector<Verb>& verbs) {
  for (size_t v = 0; v < verbs.size(); ++v) {
    const Verb& verb = verbs[v];
    if (verb.prepare) verb.prepare();
    proxy_->LieAt(MysqlLie::kNone, -1);
    const ProcessResult good = Run(verb, verb.name);
    ASSERT_EQ(good.exit_code, 0) << verb.name << ": " << good.err;
    const int64_t packets = proxy_->packets();
    ASSERT_GT(packets, 4) << verb.name;
    const absl::Span<const MysqlLie> lies = AllMysqlLies();
    // The short form tells each lie once: to one of the verbs, at one place of its conversation.
    const int places = Rounds(24, 1);
    for (size_t i = 0; i < lies.size(); ++i) {
      if (!IsLongForm() && i % verbs.size() != v) continue;
      for (int place = 0; place < places; ++place) {
        const int64_t at =
            (static_cast<int64_t>(i) * 7919 + place * packets / places + verb.name[0]) % packets;
        const std::string what =
            absl::StrCat(verb.name, ", ", MysqlLieName(lies[i]), " at ", at, " of ", packets);
        if (verb.prepare) verb.prepare();
        proxy_->LieAt(lies[i], at);
        const ProcessResult result = Run(verb, what);
        if (result.exit_code != 0 || !IsPlain(lies[i]) || !verb.check) continue;
        SCOPED_TRACE(what);
        verb.check(result);
      }
    }
  }
}

TEST_F(MysqlVerbs, SurviveALieWhileTheyRead) {
  std::vector<Verb> verbs = Verbs();
  verbs.resize(3);
  LieInEveryState(verbs);
}

TEST_F(MysqlVerbs, SurviveALieWhileTheyWrite) {
  std::vector<Verb> verbs = Verbs();
  LieInEveryState({verbs.begin() + 3, verbs.begin() + 6});
}

TEST_F(MysqlVerbs, SurviveALieWhileTheyVerifyOrMigrate) {
  std::vector<Verb> verbs = Verbs();
  LieInEveryState({verbs.begin() + 6, verbs.end()});
}

// SIGTERM ends a verb whose server is silent, with the usual time limits.
TEST_F(MysqlVerbs, EndAtOnceWhenTheServerIsSilent) {
  size_t first = 0;  // In the short form each verb has another place.
  for (const Verb& verb : Verbs()) {
    proxy_->LieAt(MysqlLie::kNone, -1);
    if (verb.prepare) verb.prepare();
    const ProcessResult good = Run(verb, verb.name);
    ASSERT_EQ(good.exit_code, 0) << verb.name << ": " << good.err;
    const int64_t packets = proxy_->packets();
    const std::vector<int64_t> places = {packets / 2, 1, packets - 2, 0};
    ++first;
    for (int round = 0; round < Rounds(4, 1); ++round) {
      const int64_t at = places[(first + round) % places.size()];
      if (verb.prepare) verb.prepare();
      proxy_->LieAt(MysqlLie::kSilence, at);
      std::vector<std::string> args = verb.args();
      for (std::string& arg : args) {
        absl::StrReplaceAll({{"?connect_timeout=3&read_timeout=3", ""}}, &arg);
      }
      const ProcessResult result =
          box_.RunAndSignal(args, std::chrono::milliseconds(kSanitized ? 4000 : 1500), SIGTERM);
      // A silence at the very end may come too late for the verb to notice. Of a statement of a
      // migration the outcome is told.
      const bool told = absl::StrContains(result.err, "the outcome of statement");
      EXPECT_THAT(result.exit_code, ::testing::AnyOf(143, 0, 4, told ? 2 : 143))
          << verb.name << " at " << at << " of " << packets << ": " << result.err;
      if (result.after_signal.has_value()) {
        EXPECT_LT(*result.after_signal, std::chrono::seconds(kSanitized ? 30 : 8))
            << verb.name << " at " << at << " of " << packets;
      }
      EXPECT_EQ(proxy_->received().Contains(kPassword), false);
    }
  }
}

}  // namespace
}  // namespace siphon::testing
