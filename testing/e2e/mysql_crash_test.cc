// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Kills siphon before each statement that swaps tables. The next run of siphon completes the swap:
// the target is completely the old or the new database.

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/crash_point.h"
#include "testing/e2e/mysql_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/rounds.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

// The number of last calls of a restore to test; they begin before the swap.
constexpr int kLast = 90;

constexpr std::string_view kNew =
    "CREATE TABLE t(a INT PRIMARY KEY, b VARCHAR(20)); INSERT INTO t VALUES (1, 'new');"
    "CREATE TABLE u(a INT, FOREIGN KEY (a) REFERENCES t(a)); INSERT INTO u VALUES (1);"
    "CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT a FROM v;"
    "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1;"
    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.b = 'n';";
constexpr std::string_view kOld =
    "CREATE TABLE t(a INT PRIMARY KEY, c INT); INSERT INTO t VALUES (7, 8), (9, 10);"
    "CREATE TABLE gone(a INT); INSERT INTO gone VALUES (5);"
    "CREATE VIEW v AS SELECT c FROM t;"
    "CREATE PROCEDURE p() SELECT 1;"
    "CREATE TRIGGER old_trigger AFTER INSERT ON t FOR EACH ROW DELETE FROM gone;";

class MysqlCrash : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto server = MysqlServer::Start({.server = GetParam(), .password = "secret"});
    ASSERT_OK(server);
    server_ = *std::move(server);
    std::string config = "profiles:\n";
    for (const char* const name : {"app", "copy"}) {
      ASSERT_OK(server_->CreateDatabase(name));
      config += MysqlProfile(*server_, name);
    }
    box_.environment["APP_PASSWORD"] = "secret";
    // The leak check uses ptrace(2), so it does not work in a traced program.
    if (kSanitized) box_.environment["ASAN_OPTIONS"] = "detect_leaks=0";
    std::filesystem::create_directories(box_.Path("config"));
    WriteBytes(box_.Path("config/config.yaml"), config);
    ASSERT_OK(server_->RunSql(kNew, "app"));
    const ProcessResult backup = box_.Run({"backup", "app", "--quiet"});
    ASSERT_EQ(backup.exit_code, 0) << backup.err;
    id_ = std::string(absl::StripSuffix(backup.out, "\n"));
    new_ = Content("app");
    Reset();
    old_ = Content("copy");
  }

  void Reset() {
    ASSERT_OK(server_->DropDatabase("copy"));
    ASSERT_OK(server_->CreateDatabase("copy"));
    ASSERT_OK(server_->RunSql(kOld, "copy"));
  }

  std::string Content(std::string_view database) {
    const absl::StatusOr<std::string> text = server_->Dump(database);
    EXPECT_OK(text);
    return text.value_or("");
  }

  CrashPoint Run(int at) {
    const absl::StatusOr<CrashPoint> point =
        RunToCrashPoint(box_.Options({"restore", id_, "--profile", "copy", "--clean"}), at);
    EXPECT_OK(point);
    return point.value_or(CrashPoint());
  }

  Sandbox box_;
  std::unique_ptr<MysqlServer> server_;
  std::string id_, old_, new_;
};

INSTANTIATE_TEST_SUITE_P(Server, MysqlCrash,
                         ::testing::Values(std::string(kMysql97), std::string(kMariadb118)),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(MysqlCrash, LeavesWhatTheNextRunMakesTheOldOrTheNewDatabase) {
  const CrashPoint whole = Run(kNoCrash);
  ASSERT_EQ(whole.exit_code, 0);
  ASSERT_EQ(Content("copy"), new_);
  int killed = 0, old_seen = 0, new_seen = 0, mended = 0;
  // A long run tests every call on each server, a short one every fourth call; MySQL gets other
  // calls than MariaDB.
  const int stride = kLast / Rounds(kLast, kLast / 4);
  const int first = std::max(1, whole.calls - kLast) + (server_->is_mariadb() ? stride / 2 : 0);
  for (int at = first; at <= whole.calls && !HasFailure(); at += stride) {
    Reset();
    const CrashPoint point = Run(at);
    killed += point.killed ? 1 : 0;
    const std::string when = absl::StrCat("killed at call ", at, " of ", whole.calls);
    // The server may still be executing the last statement of the killed siphon. A database that it
    // creates after the next run has looked for leftovers is removed by the run after that.
    ASSERT_OK(server_->WaitForSessions(0, std::chrono::seconds(30))) << when;
    // Refused, because the target is not empty; siphon completes the swap before it checks that.
    const ProcessResult next = box_.Run({"restore", id_, "--profile", "copy"});
    EXPECT_EQ(next.exit_code, 1) << when;
    EXPECT_THAT(next.err, HasSubstr("target is not empty")) << when;
    mended += next.err.find("was killed") == std::string::npos ? 0 : 1;
    const std::string content = Content("copy");
    EXPECT_THAT(content, AnyOf(old_, new_)) << when << ": " << next.err;
    ++(content == old_ ? old_seen : new_seen);
    EXPECT_EQ(server_
                  ->Value("SELECT COUNT(*) FROM information_schema.schemata"
                          " WHERE schema_name LIKE '%siphon\\_old%'")
                  .value_or(""),
              "0")
        << when << ": " << next.err;
  }
  std::cout << killed << " crash points, " << mended << " mended; the old database " << old_seen
            << " times, the new one " << new_seen << " times\n";
  EXPECT_GT(mended, 3);
  EXPECT_GT(old_seen, 0);
  EXPECT_GT(new_seen, 0);
  // The next restore removes all other leftovers.
  ASSERT_EQ(box_.Run({"restore", id_, "--profile", "copy", "--clean"}).exit_code, 0);
  EXPECT_EQ(server_
                ->Value("SELECT COUNT(*) FROM information_schema.schemata"
                        " WHERE schema_name LIKE '%siphon%'")
                .value_or(""),
            "0");
}

}  // namespace
}  // namespace siphon::testing
