// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// PostgreSQL's own pg_restore, siphon's copy and Debian's packages of 17 and 18, restores an
// archive in frames: from a file, by several jobs, from a pipe, and a choice of its entries.

#include <filesystem>
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
#include "testing/servers/sample_server.h"
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
    sample_ = SampleServer::Start(kVersion, /*megabytes=*/8).release();
    ASSERT_NE(sample_, nullptr);
    const std::string plain = ::testing::TempDir() + "/plain.dump";
    sample_->Run({Own(), "pg_dump", "-Fc", "-Zzstd:1", "--file=" + plain, "--dbname=source"});
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
    delete sample_;
    sample_ = nullptr;
  }

  static std::string Framed() { return ::testing::TempDir() + "/framed.dump"; }

  std::string Restore(std::vector<std::string> arguments) {
    std::vector<std::string> argv = PgRestore(GetParam());
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return sample_->Run(argv);
  }

  // The same with the archive in a pipe.
  std::string RestoreFromPipe(std::vector<std::string> arguments) {
    std::vector<std::string> argv = {"/bin/sh", "-c", "file=$1; shift; cat \"$file\" | \"$@\"",
                                     "sh", Framed()};
    const std::vector<std::string> tool = PgRestore(GetParam());
    argv.insert(argv.end(), tool.begin(), tool.end());
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return sample_->Run(argv);
  }

  // A new database, and the option that names it.
  std::string NewTarget() {
    target_ = sample_->NewTarget();
    return "--dbname=" + target_;
  }
  void ExpectSource(std::string_view what = "") const {
    EXPECT_EQ(sample_->Difference(target_), "") << what;
  }

  static SampleServer* sample_;
  std::string target_;
};

SampleServer* StockToolsTest::sample_ = nullptr;

TEST_P(StockToolsTest, RestoreFromAFile) {
  Restore({"--exit-on-error", NewTarget(), Framed()});
  ExpectSource();
}

TEST_P(StockToolsTest, RestoreFromAFileInOneTransaction) {
  Restore({"--single-transaction", NewTarget(), Framed()});
  ExpectSource();
}

// One job restores what comes before and after the data: the jobs of pg_restore can deadlock with
// one another when they attach the indexes of partitions, whatever the archive.
TEST_P(StockToolsTest, RestoreTheDataByTwoAndFourJobs) {
  for (const std::string jobs : {"--jobs=2", "--jobs=4"}) {
    const std::string target = NewTarget();
    Restore({"--exit-on-error", "--section=pre-data", target, Framed()});
    Restore({"--exit-on-error", "--section=data", jobs, target, Framed()});
    Restore({"--exit-on-error", "--section=post-data", target, Framed()});
    ExpectSource(jobs);
  }
}

TEST_P(StockToolsTest, RestoreFromAPipe) {
  RestoreFromPipe({"--exit-on-error", NewTarget()});
  ExpectSource();
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
  const absl::StatusOr<std::string> expected =
      sample_->server().Value(count, SampleServer::kSource);
  ASSERT_OK(expected);
  Restore({"--exit-on-error", "--use-list=" + file, NewTarget(), Framed()});
  EXPECT_THAT(sample_->server().Value(count, target_), IsOkAndHolds(*expected));
  RestoreFromPipe({"--exit-on-error", "--use-list=" + file, NewTarget()});
  EXPECT_THAT(sample_->server().Value(count, target_), IsOkAndHolds(*expected));
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
