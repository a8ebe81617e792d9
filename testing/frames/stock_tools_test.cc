// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// PostgreSQL's own pg_restore, siphon's copy and Debian's packages of 17 and 18, restores an
// archive in frames: from a file, by several jobs, from a pipe, and a choice of its entries.

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "testing/frames/framed_archive.h"
#include "testing/process/process.h"
#include "testing/servers/descriptions.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_sample.h"
#include "testing/servers/server_index.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kVersion = 17;

std::string Own() {
  return (std::filesystem::current_path() / "testing/smoke/pg_programs").string();
}

// The command that runs a pg_restore: siphon's, or that of an entry of servers.bzl.
std::vector<std::string> PgRestore(const std::string& source) {
  if (source == "siphon") return {Own(), "pg_restore"};
  const absl::StatusOr<InstalledServer> package = FindServer(source);
  EXPECT_OK(package);
  return {package.ok() ? package->Program("pg_restore") : "/nowhere"};
}

class StockToolsTest : public ::testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() {
    absl::StatusOr<std::unique_ptr<PostgresServer>> server =
        PostgresServer::Start({.version = kVersion});
    ASSERT_OK(server);
    server_ = std::move(*server).release();
    ASSERT_OK(server_->CreateDatabase("source"));
    ASSERT_OK(LoadPostgresSample(*server_, "source"));
    ASSERT_OK(LoadPostgresBulk(*server_, "source", 8, 2));
    const std::string plain = ::testing::TempDir() + "/plain.dump";
    Run({Own(), "pg_dump", "-Fc", "-Zzstd:1", "--file=" + plain, "--dbname=source"});
    const absl::StatusOr<std::string> body = base::ReadFile(plain, size_t{1} << 30);
    ASSERT_OK(body);
    // The rows of a table in another order, in many frames.
    const absl::StatusOr<FramedArchive> framed =
        FrameArchive(*body, {.part_bytes = 100'000, .frame_bytes = 16'000, .reverse = true});
    ASSERT_OK(framed);
    ASSERT_GT(framed->result.directory.items.size(), 10u);
    ASSERT_OK(base::WriteFileAtomically(Framed(), framed->body, 0600));
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  static std::string Framed() { return ::testing::TempDir() + "/framed.dump"; }

  // Runs a program to its end, and returns its output. A failure fails the test.
  static std::string Run(const std::vector<std::string>& argv) {
    const auto result = RunProcess(
        {.argv = argv,
         .environment = {"PGHOST=" + server_->host(), absl::StrCat("PGPORT=", server_->port()),
                         "PGUSER=" + server_->superuser(), "PGPASSWORD=" + server_->password()},
         .limit = std::chrono::seconds(600)});
    EXPECT_OK(result);
    if (!result.ok()) return "";
    EXPECT_EQ(result->exit_code, 0) << result->err;
    return result->out;
  }

  std::string Restore(std::vector<std::string> arguments) {
    std::vector<std::string> argv = PgRestore(GetParam());
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return Run(argv);
  }

  // The same with the archive in a pipe.
  std::string RestoreFromPipe(std::vector<std::string> arguments) {
    std::vector<std::string> argv = {"/bin/sh", "-c", "file=$1; shift; cat \"$file\" | \"$@\"",
                                     "sh", Framed()};
    const std::vector<std::string> tool = PgRestore(GetParam());
    argv.insert(argv.end(), tool.begin(), tool.end());
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return Run(argv);
  }

  // What distinguishes the database from the source.
  std::string Difference(std::string_view database) {
    const absl::StatusOr<std::string> source = DescribePostgres(*server_, "source");
    const absl::StatusOr<std::string> other = DescribePostgres(*server_, database);
    EXPECT_OK(source);
    EXPECT_OK(other);
    return CompareDescriptions(source.value_or("source"), other.value_or("other"));
  }

  // A new database, and the option that names it.
  std::string NewTarget() {
    static int number = 0;
    target_ = absl::StrCat("target_", ++number);
    EXPECT_OK(server_->CreateDatabase(target_));
    return "--dbname=" + target_;
  }

  static PostgresServer* server_;
  std::string target_;
};

PostgresServer* StockToolsTest::server_ = nullptr;

TEST_P(StockToolsTest, RestoreFromAFile) {
  Restore({"--exit-on-error", NewTarget(), Framed()});
  EXPECT_EQ(Difference(target_), "");
}

TEST_P(StockToolsTest, RestoreFromAFileInOneTransaction) {
  Restore({"--single-transaction", NewTarget(), Framed()});
  EXPECT_EQ(Difference(target_), "");
}

// One job restores what comes before and after the data: the jobs of pg_restore can deadlock with
// one another when they attach the indexes of partitions, whatever the archive.
TEST_P(StockToolsTest, RestoreTheDataByTwoAndFourJobs) {
  for (const std::string jobs : {"--jobs=2", "--jobs=4"}) {
    const std::string target = NewTarget();
    Restore({"--exit-on-error", "--section=pre-data", target, Framed()});
    Restore({"--exit-on-error", "--section=data", jobs, target, Framed()});
    Restore({"--exit-on-error", "--section=post-data", target, Framed()});
    EXPECT_EQ(Difference(target_), "") << jobs;
  }
}

TEST_P(StockToolsTest, RestoreFromAPipe) {
  RestoreFromPipe({"--exit-on-error", NewTarget()});
  EXPECT_EQ(Difference(target_), "");
}

TEST_P(StockToolsTest, RestoreTheEntriesOfAList) {
  std::string list;
  for (const std::string_view line : absl::StrSplit(Restore({"--list", Framed()}), '\n')) {
    if (absl::StrContains(line, "bulk_2")) absl::StrAppend(&list, line, "\n");
  }
  EXPECT_THAT(list, HasSubstr("TABLE DATA public bulk_2"));
  EXPECT_THAT(list, Not(HasSubstr("bulk_1")));
  const std::string file = ::testing::TempDir() + "/list";
  ASSERT_OK(base::WriteFileAtomically(file, list, 0600));
  const std::string count =
      "SELECT count(*) || ' ' || md5(string_agg(b::text, '' ORDER BY b::text)) "
      "FROM bulk_2 b";
  const absl::StatusOr<std::string> expected = server_->Value(count, "source");
  ASSERT_OK(expected);
  Restore({"--exit-on-error", "--use-list=" + file, NewTarget(), Framed()});
  EXPECT_THAT(server_->Value(count, target_), IsOkAndHolds(*expected));
  RestoreFromPipe({"--exit-on-error", "--use-list=" + file, NewTarget()});
  EXPECT_THAT(server_->Value(count, target_), IsOkAndHolds(*expected));
}

INSTANTIATE_TEST_SUITE_P(Tools, StockToolsTest,
                         ::testing::Values("siphon", "postgresql-client-17",
                                           "postgresql-client-18"),
                         [](const auto& info) {
                           return info.param == "siphon" ? "siphon"
                                                         : "client" + info.param.substr(18);
                         });

}  // namespace
}  // namespace siphon::testing
