// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// SQLite databases and scripts that never come to an end: SIGTERM ends them.

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/database.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using std::chrono::seconds;

constexpr char kEndless[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) ";

class HostileSqlite : public ::testing::Test {
 protected:
  // Terminates siphon, which must not have ended by itself, and ends soon.
  void ExpectTerminated(const std::vector<std::string>& args) {
    const ProcessResult result = box_.RunAndSignal(args, seconds(3), SIGTERM);
    EXPECT_EQ(result.exit_code, 143) << result.out << result.err;
    ASSERT_TRUE(result.after_signal.has_value()) << "it ended before the signal";
    EXPECT_LT(*result.after_signal, seconds(10));
  }

  std::string Import(const std::string& script) {
    WriteBytes(box_.Path("s.sql"), script);
    const ProcessResult result =
        box_.Run({"dumps", "import", box_.Path("s.sql"), "--profile", box_.Url("a.db"), "--quiet"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return std::string(absl::StripAsciiWhitespace(result.out));
  }

  Sandbox box_;
};

TEST_F(HostileSqlite, AnEndlessQueryInAScript) {
  const std::string id = Import(absl::StrCat("BEGIN; CREATE TABLE t(x); ", kEndless,
                                             "INSERT INTO t SELECT count(*) FROM n; COMMIT;"));
  ExpectTerminated({"verify", id, "--deep"});
  ExpectTerminated({"restore", id, "--profile", box_.Url("b.db")});
  EXPECT_THAT(Names(box_.root()), ::testing::Not(::testing::Contains("b.db")));
}

TEST_F(HostileSqlite, AnEndlessViewThatATriggerReads) {
  const std::string id = Import(absl::StrCat(
      "BEGIN; CREATE TABLE t(x); CREATE VIEW v AS ", kEndless, "SELECT count(*) AS c FROM n;",
      "CREATE TRIGGER r AFTER INSERT ON t BEGIN UPDATE t SET x = (SELECT c FROM v); END;"
      "INSERT INTO t VALUES(1); COMMIT;"));
  ExpectTerminated({"verify", id, "--deep"});
}

// One call of a function takes hours, and SQLite does not look at a stop within it.
TEST_F(HostileSqlite, AnEndlessCallInAScript) {
  const std::string call = "instr(zeroblob(60000000), zeroblob(30000000) || x'01')";
  const std::string id = Import(
      absl::StrCat("BEGIN;\nCREATE TABLE t(a);\nINSERT INTO t SELECT ", call, ";\nCOMMIT;\n"));
  ExpectTerminated({"verify", id, "--deep"});
  ExpectTerminated({"restore", id, "--profile", box_.Url("b.db")});
  EXPECT_THAT(Names(box_.root()), ::testing::Not(::testing::Contains("b.db")));
  // What the interrupted ones left does not stop the next one, which removes it.
  const std::string good = Import("BEGIN;\nCREATE TABLE t(a);\nCOMMIT;\n");
  EXPECT_EQ(box_.Run({"verify", good, "--deep"}).exit_code, 0);
  EXPECT_EQ(box_.Run({"restore", good, "--profile", box_.Url("b.db")}).exit_code, 0);
  EXPECT_THAT(Names(box_.root()),
              ::testing::Not(::testing::Contains(::testing::HasSubstr("b.db-"))));
  EXPECT_THAT(Names(box_.root()),
              ::testing::Not(::testing::Contains(::testing::HasSubstr(".tmp"))));
}

TEST_F(HostileSqlite, AnEndlessCallInAnIndexOfAnImage) {
  auto database = Database::Open(box_.Path("a.db"));
  ASSERT_OK(database);
  ASSERT_OK(database->Execute(
      "CREATE TABLE t(a); CREATE INDEX i ON t(a + 1); INSERT INTO t VALUES(1);"
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON t("
      "instr(zeroblob(60000000), zeroblob(30000000) || x''01'') + 1)' WHERE name = 'i'"));
  const ProcessResult backup =
      box_.Run({"backup", box_.Url("a.db"), "--format", "image", "--quiet"});
  ASSERT_EQ(backup.exit_code, 0) << backup.err;
  ExpectTerminated({"verify", std::string(absl::StripAsciiWhitespace(backup.out)), "--deep"});
}

// Nothing looks into views: they may be endless, refer to each other, or double with each level.
TEST_F(HostileSqlite, ViewsAreNotRun) {
  auto database = Database::Open(box_.Path("a.db"));
  ASSERT_OK(database);
  ASSERT_OK(database->Execute(absl::StrCat(
      "CREATE TABLE t(x); INSERT INTO t VALUES(1); CREATE VIEW endless AS ", kEndless,
      "SELECT count(*) FROM n; CREATE VIEW a AS SELECT * FROM b; CREATE VIEW b AS SELECT * FROM a;",
      "CREATE VIEW v0 AS SELECT 1 AS c")));
  for (int i = 1; i <= 30; ++i) {
    ASSERT_OK(database->Execute(absl::StrCat("CREATE VIEW v", i, " AS SELECT p.c FROM v", i - 1,
                                             " AS p, v", i - 1, " AS q")));
  }
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"inspect", box_.Url("a.db")},
        {"backup", box_.Url("a.db")},
        {"backup", box_.Url("a.db"), "--format", "sql"},
        {"sync", box_.Url("a.db"), box_.Url("b.db")}}) {
    const ProcessResult result = box_.RunAndSignal(args, seconds(30), SIGTERM);
    EXPECT_EQ(result.exit_code, 0) << args[0] << result.err;
  }
}

}  // namespace
}  // namespace siphon::testing
