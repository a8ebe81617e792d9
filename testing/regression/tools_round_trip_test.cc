// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// siphon's pg_dump and pg_restore copy the whole database of PostgreSQL's own regression tests. In
// the short form a part of the tests fills it; round_trip_test always copies that of all tests.

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/process/process.h"
#include "testing/regression/plain_dump.h"
#include "testing/regression/regression_database.h"
#include "testing/rounds.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::Gt;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Runs pg_dump or pg_restore; an error fails the test.
std::string RunTool(const PostgresServer& server, std::vector<std::string> argv) {
  // Bazel runs a test in the root of its runfiles.
  argv.insert(argv.begin(),
              (std::filesystem::current_path() / "testing/smoke/pg_programs").string());
  const auto result = RunProcess(
      {.argv = argv,
       .environment = {"PGHOST=" + server.host(), absl::StrCat("PGPORT=", server.port()),
                       "PGUSER=" + server.superuser(), "PGPASSWORD=" + server.password()},
       .limit = std::chrono::seconds(600)});
  EXPECT_OK(result);
  if (!result.ok()) return "";
  EXPECT_EQ(result->exit_code, 0) << result->err;
  return result->out;
}

std::vector<std::string> PlainDump(const PostgresServer& server, std::string_view database) {
  absl::StatusOr<std::vector<std::string>> sorted = SortedDump(
      RunTool(server, {"pg_dump", "--restrict-key=siphon", absl::StrCat("--dbname=", database)}));
  EXPECT_OK(sorted);
  return sorted.ok() ? *std::move(sorted) : std::vector<std::string>();
}

TEST(PgDumpAndPgRestore, KeepTheRegressionDatabaseAsItIs) {
  ASSERT_OK_AND_ASSIGN(const auto server, PostgresServer::Start());
  const bool all = IsLongForm();
  ASSERT_OK(MakeRegressionDatabase(*server, all ? RegressionTests::kAll : RegressionTests::kFew));
  const std::vector<std::string> before = PlainDump(*server, kRegressionDatabase);
  ASSERT_THAT(before, SizeIs(Gt(all ? 2000u : 1000u)));

  const std::string file = ::testing::TempDir() + "/regression.dump";
  RunTool(*server, {"pg_dump", "-Fc", "-Zzstd:1", "--file=" + file,
                    absl::StrCat("--dbname=", kRegressionDatabase)});
  ASSERT_OK(server->CreateDatabase("restored"));
  RunTool(*server, {"pg_restore", "-1", "--exit-on-error", "--dbname=restored", file});
  EXPECT_THAT(CompareDumps(before, PlainDump(*server, "restored")), IsEmpty());
}

}  // namespace
}  // namespace siphon::testing
