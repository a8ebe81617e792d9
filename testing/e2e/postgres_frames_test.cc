// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Dumps of PostgreSQL that several connections wrote, as siphon and the stock pg_restore of 17 and
// 18 read them.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "siphon/base/sha256.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"
#include "testing/servers/descriptions.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_sample.h"
#include "testing/servers/server_index.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using nlohmann::ordered_json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr size_t kEnvelope = 4096;
// An older server refuses the statistics in a dump, which an older pg_restore does not know.
constexpr int kVersion = 18;

class PostgresFrames : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    absl::StatusOr<std::unique_ptr<PostgresServer>> server =
        PostgresServer::Start({.version = kVersion});
    ASSERT_OK(server);
    server_ = std::move(*server).release();
    ASSERT_OK(server_->CreateDatabase("app"));
    ASSERT_OK(LoadPostgresSample(*server_, "app"));
    // Two of them are read in ranges.
    ASSERT_OK(LoadPostgresBulk(*server_, "app", 80, 2));
    ASSERT_OK(server_->RunSql("SELECT lo_from_bytea(0, 'one'), lo_from_bytea(0, 'two')", "app"));
    box_ = new Sandbox;
    const ProcessResult backup =
        box_->Run({"backup", PostgresUrl(*server_, "app"), "--jobs", "4", "--verbose"});
    ASSERT_EQ(backup.exit_code, 0) << backup.err;
    const std::vector<std::string> ids = box_->ListedDumps();
    ASSERT_EQ(ids.size(), 1u);
    id_ = new std::string(ids[0]);
    ASSERT_EQ(box_->Run({"dumps", "extract", *id_, "--output", Archive()}).exit_code, 0);
  }
  static void TearDownTestSuite() {
    delete id_;
    delete box_;
    delete server_;
  }

  static std::string Archive() { return box_->Path("app.dump"); }
  // A new database, and what distinguishes it from the source.
  static std::string NewTarget() {
    static int number = 0;
    const std::string name = absl::StrCat("target_", ++number);
    EXPECT_OK(server_->CreateDatabase(name));
    return name;
  }
  static std::string Difference(std::string_view database) {
    const absl::StatusOr<std::string> source = DescribePostgres(*server_, "app");
    const absl::StatusOr<std::string> other = DescribePostgres(*server_, database);
    EXPECT_OK(source);
    EXPECT_OK(other);
    return CompareDescriptions(source.value_or("source"), other.value_or("other"));
  }
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

  static PostgresServer* server_;
  static Sandbox* box_;
  static std::string* id_;
};

PostgresServer* PostgresFrames::server_ = nullptr;
Sandbox* PostgresFrames::box_ = nullptr;
std::string* PostgresFrames::id_ = nullptr;

class StockRestore : public PostgresFrames, public ::testing::WithParamInterface<std::string> {
 protected:
  static std::string Program() {
    const absl::StatusOr<InstalledServer> package = FindServer(GetParam());
    EXPECT_OK(package);
    return package.ok() ? package->Program("pg_restore") : "/nowhere";
  }
};

TEST_P(StockRestore, FromAFile) {
  const std::string target = NewTarget();
  Run({Program(), "--exit-on-error", "--dbname=" + target, Archive()});
  EXPECT_EQ(Difference(target), "");
}

TEST_P(StockRestore, FromAPipe) {
  const std::string target = NewTarget();
  Run({"/bin/sh", "-c", "tail -c +4097 \"$1\" | \"$2\" --exit-on-error --dbname=\"$3\"", "sh",
       box_->DumpPath(*id_), Program(), target});
  EXPECT_EQ(Difference(target), "");
}

// One job restores what comes before and after the data; see //testing/frames:stock_tools_test.
TEST_P(StockRestore, ByFourJobs) {
  const std::string target = NewTarget();
  for (const std::string section : {"pre-data", "data", "post-data"}) {
    Run({Program(), "--exit-on-error", "--section=" + section,
         section == "data" ? "--jobs=4" : "--jobs=1", "--dbname=" + target, Archive()});
  }
  EXPECT_EQ(Difference(target), "");
}

TEST_P(StockRestore, ATableOfAList) {
  std::string list;
  const std::string all = Run({Program(), "--list", Archive()});
  for (const std::string_view line : absl::StrSplit(all, '\n')) {
    if (absl::StrContains(line, "bulk_2")) absl::StrAppend(&list, line, "\n");
  }
  WriteBytes(box_->Path("list"), list);
  const std::string target = NewTarget();
  Run({Program(), "--exit-on-error", "--use-list=" + box_->Path("list"), "--dbname=" + target,
       Archive()});
  const std::string rows =
      "SELECT count(*) || md5(string_agg(b::text, '' ORDER BY b::text))"
      " FROM bulk_2 b";
  const absl::StatusOr<std::string> expected = server_->Value(rows, "app");
  ASSERT_OK(expected);
  EXPECT_THAT(server_->Value(rows, target), IsOkAndHolds(*expected));
}

INSTANTIATE_TEST_SUITE_P(Tools, StockRestore,
                         ::testing::Values("postgresql-client-17", "postgresql-client-18"),
                         [](const auto& info) { return "client" + info.param.substr(18); });

TEST_F(PostgresFrames, SiphonReadsThem) {
  const ProcessResult deep = box_->Run({"verify", *id_, "--deep"});
  EXPECT_EQ(deep.exit_code, 0) << deep.err;
  EXPECT_THAT(deep.err, HasSubstr("verify.frames"));
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--jobs", "4"}}) {
    const std::string target = NewTarget();
    std::vector<std::string> args = {"restore", *id_, "--profile", PostgresUrl(*server_, target)};
    args.insert(args.end(), more.begin(), more.end());
    const ProcessResult restore = box_->Run(args);
    EXPECT_EQ(restore.exit_code, 0) << restore.err;
    EXPECT_THAT(restore.err, Not(HasSubstr("one job restores")));
    EXPECT_EQ(Difference(target), "");
  }
}

TEST_F(PostgresFrames, TheSidecarHasTheIndexAndTheRows) {
  const ordered_json sidecar = ordered_json::parse(ReadBytes(box_->SidecarPath(*id_)));
  const std::string dump = ReadBytes(box_->DumpPath(*id_));
  EXPECT_EQ(dump.substr(kEnvelope + sidecar["index_offset"].get<size_t>() + 8, 8), "SIPHIDX1");
  int found = 0;
  for (const ordered_json& table : sidecar["tables"]) {
    const std::string name = table["name"];
    const absl::StatusOr<std::string> rows =
        server_->Value(absl::StrCat("SELECT count(*) FROM ONLY ", name), "app");
    ASSERT_OK(rows);
    EXPECT_EQ(absl::StrCat(table["rows"].get<int64_t>()), *rows) << name;
    ++found;
  }
  EXPECT_GT(found, 10);
}

TEST_F(PostgresFrames, EveryDamageIsRefusedThoughTheChecksumFits) {
  const std::string dump = ReadBytes(box_->DumpPath(*id_));
  const std::string old_sidecar = ReadBytes(box_->SidecarPath(*id_));
  ordered_json sidecar = ordered_json::parse(old_sidecar);
  const size_t index = kEnvelope + sidecar["index_offset"].get<size_t>();
  const size_t frame = dump.find("SIPHFRM1", dump.size() / 2);
  // A length before a chunk header, a header, a frame, a page of the index and its directory.
  for (const size_t at : {frame - 10, frame + 40, frame + 2000, index - 300, index + 30}) {
    std::string damaged = dump;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    base::Sha256 hash;
    hash.Update(damaged);
    sidecar["checksum"] = hash.Digest();
    WriteBytes(box_->DumpPath(*id_), damaged);
    WriteBytes(box_->SidecarPath(*id_), sidecar.dump(2));
    const ProcessResult deep = box_->Run({"verify", *id_, "--deep"});
    EXPECT_EQ(deep.exit_code, 3) << at << deep.err;
    // The frames and the index have hashes of their own. A restore does not read the length.
    if (at == frame - 10) continue;
    const std::string target = NewTarget();
    const ProcessResult restore =
        box_->Run({"restore", *id_, "--profile", PostgresUrl(*server_, target), "--jobs", "2"});
    EXPECT_EQ(restore.exit_code, 3) << at << restore.err;
    EXPECT_THAT(server_->Value("SELECT count(*) FROM pg_class WHERE relname LIKE 'bulk%'", target),
                IsOkAndHolds("0"));
    EXPECT_THAT(server_->Value("SELECT count(*) FROM pg_database WHERE datname LIKE 'siphon%'"),
                IsOkAndHolds("0"));
  }
  WriteBytes(box_->DumpPath(*id_), dump);
  WriteBytes(box_->SidecarPath(*id_), old_sidecar);
}

TEST_F(PostgresFrames, ASidecarIsMadeAgainWithoutItsIndex) {
  const std::string sidecar = ReadBytes(box_->SidecarPath(*id_));
  std::filesystem::remove(box_->SidecarPath(*id_));
  const ProcessResult rebuilt = box_->Run({"dumps", "rebuild", "--profile", "prod"});
  EXPECT_EQ(rebuilt.exit_code, 0) << rebuilt.err;
  const ProcessResult deep = box_->Run({"verify", *id_, "--deep"});
  EXPECT_EQ(deep.exit_code, 0) << deep.err;
  EXPECT_THAT(deep.err, Not(HasSubstr("verify.frames")));
  WriteBytes(box_->SidecarPath(*id_), sidecar);
}

}  // namespace
}  // namespace siphon::testing
