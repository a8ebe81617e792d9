// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The statements that siphon really sends, as the server's log shows them: all names are qualified
// where the user's search_path is in force. qualified_sql_test looks at the texts in the sources.

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/qualified_sql.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::Contains;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

// In every statement of the migrations.
constexpr std::string_view kUsersOwn = "users_own";

struct Logged {
  std::string application, pid, sql;
};

class PostgresQualified : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = PostgresServer::Start(
        {.settings = {{"log_statement", "all"}, {"log_line_prefix", "@@%a@@%p@@ "}}});
    ASSERT_OK(server);
    server_ = *std::move(server);
    for (const std::string name : {"app", "copy"}) ASSERT_OK(server_->CreateDatabase(name));
    ASSERT_OK(server_->RunSql(
        "CREATE TABLE items (id bigint PRIMARY KEY, name text); INSERT INTO items VALUES (1, 'a');"
        "CREATE VIEW v AS SELECT * FROM items",
        "app"));
    std::filesystem::create_directory(box_.Path("m"));
    for (const std::string name : {"1_a", "2_b", "3_c"}) {
      WriteBytes(box_.Path(absl::StrCat("m/", name, ".up.sql")),
                 absl::StrCat("CREATE TABLE users_own_", name, " (x integer);"));
      WriteBytes(box_.Path(absl::StrCat("m/", name, ".down.sql")),
                 absl::StrCat("DROP TABLE users_own_", name, ";"));
    }
    WriteBytes(box_.Path("m/4_d.up.sql"),
               "CREATE INDEX CONCURRENTLY users_own_i ON users_own_1_a (x);"
               "CREATE INDEX CONCURRENTLY users_own_j ON users_own_1_a (x);");
    WriteBytes(box_.Path("m/4_d.down.sql"), "DROP INDEX users_own_i; DROP INDEX users_own_j;");
    WriteBytes(box_.Path("m/5_e.up.sql"),
               "CREATE TABLE users_own_5 (x integer); SELECT 1/0 AS users_own;");
    ReadLog();
  }

  std::string Url(std::string_view database) { return PostgresUrl(*server_, database); }

  // The statements since the last call.
  std::vector<Logged> ReadLog() {
    const std::string log = ReadBytes(server_->log().path());
    std::vector<Logged> logged;
    bool open = false;
    for (std::string_view line : absl::StrSplit(std::string_view(log).substr(seen_), '\n')) {
      if (open && absl::ConsumePrefix(&line, "\t")) {
        absl::StrAppend(&logged.back().sql, "\n", line);
        continue;
      }
      const std::vector<std::string_view> parts = absl::StrSplit(line, absl::MaxSplits("@@", 3));
      open = parts.size() == 4;
      if (!open) continue;
      std::string_view text = absl::StripLeadingAsciiWhitespace(parts[3]);
      open = absl::ConsumePrefix(&text, "LOG:  statement: ") ||
             absl::ConsumePrefix(&text, "LOG:  execute <unnamed>: ");
      if (open) {
        logged.push_back({std::string(parts[1]), std::string(parts[2]), std::string(text)});
      }
    }
    seen_ = log.size();
    return logged;
  }

  std::vector<Logged> Run(std::vector<std::string> args, int exit_code = 0) {
    ReadLog();
    const ProcessResult result = box_.Run(args);
    EXPECT_EQ(result.exit_code, exit_code) << args[0] << ": " << result.err;
    std::vector<Logged> logged = ReadLog();
    std::erase_if(logged,
                  [](const Logged& statement) { return statement.application != "siphon"; });
    EXPECT_THAT(logged, Not(IsEmpty())) << args[0];
    return logged;
  }

  Sandbox box_;
  std::unique_ptr<PostgresServer> server_;
  size_t seen_ = 0;
};

TEST_F(PostgresQualified, TheLogShowsWhatIsNotQualified) {
  const absl::Status failed =
      server_->RunSql("SELECT upper('canary')\n FROM nobody, pg_class WHERE 1 = 2", "app");
  EXPECT_FALSE(failed.ok()) << "nobody is no relation";
  std::vector<std::string> problems;
  for (const Logged& statement : ReadLog()) {
    for (const std::string& problem : Unqualified(statement.sql, SearchPath::kUsers)) {
      problems.push_back(problem);
    }
  }
  EXPECT_THAT(problems, Contains(HasSubstr("function UPPER")));
  EXPECT_THAT(problems, Contains(HasSubstr("relation NOBODY")));
  EXPECT_THAT(problems, Contains(HasSubstr("operator =")));
}

TEST_F(PostgresQualified, MigrationsQualifyEverything) {
  size_t count = 0;
  const auto migrate = [&](std::vector<std::string> verb, int exit_code = 0) {
    std::vector<std::string> args = {"migrate", "--path", box_.Path("m"), "--database", Url("app")};
    args.insert(args.end(), verb.begin(), verb.end());
    bool empty_path = false;
    for (const Logged& statement : Run(args, exit_code)) {
      // drop empties the search_path for its transaction.
      empty_path = empty_path || statement.sql == "SET LOCAL search_path = ''";
      if (absl::StrContains(statement.sql, kUsersOwn)) continue;
      ++count;
      EXPECT_THAT(Unqualified(statement.sql, empty_path ? SearchPath::kEmpty : SearchPath::kUsers),
                  IsEmpty())
          << statement.sql;
    }
  };
  migrate({"up", "2"});
  migrate({"status"});
  migrate({"version"});
  migrate({"up", "2"});
  migrate({"down", "1"});
  migrate({"goto", "1"});
  migrate({"force", "1"});
  migrate({"up"}, 2);
  migrate({"status"});
  migrate({"force", "4"});
  migrate({"drop", "--yes"});
  EXPECT_THAT(count, Gt(60)) << "the log is read";
}

TEST_F(PostgresQualified, OtherVerbsEmptyTheSearchPathFirst) {
  std::vector<Logged> all;
  const auto run = [&](std::vector<std::string> args) {
    for (Logged& statement : Run(std::move(args))) all.push_back(std::move(statement));
  };
  run({"profile", "test", Url("app")});
  run({"inspect", Url("app"), "--exact"});
  run({"backup", Url("app"), "--with-globals"});
  const std::string id = box_.ListedDumps().front();
  run({"verify", id, "--restore", Url("app")});
  run({"restore", id, "--profile", Url("app"), "--clean", "--yes"});
  run({"restore", id, "--profile", Url("app"), "--data-only", "--clean", "--yes"});
  run({"restore", id, "--profile", Url("copy"), "--table", "items"});
  run({"restore", id, "--profile", Url("app"), "--create", "fresh"});
  run({"sync", Url("app"), Url("copy"), "--clean", "--yes"});
  // A session looks before it sets anything; then the path is emptied before all else.
  std::map<std::string, int> sessions;
  for (const Logged& statement : all) {
    const int before = sessions[statement.pid]++;
    if (before == 0) {
      EXPECT_THAT(statement.sql, HasSubstr("pg_backend_pid(), pg_catalog.current_schemas(true)"));
    } else if (before == 1) {
      EXPECT_THAT(statement.sql,
                  StartsWith("SELECT pg_catalog.set_config('search_path'::pg_catalog.text,"
                             " ''::pg_catalog.text, false); "));
    }
    EXPECT_THAT(Unqualified(statement.sql, before == 0 ? SearchPath::kUsers : SearchPath::kEmpty),
                IsEmpty())
        << statement.sql;
  }
  EXPECT_THAT(sessions, SizeIs(Gt(8)));
  EXPECT_THAT(all, SizeIs(Gt(80)));
}

}  // namespace
}  // namespace siphon::testing
