// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Dumps of PostgreSQL that several connections wrote, as siphon and the stock pg_restore of 17 and
// 18 read them. The short form has that of 17, because siphon reads with that of 18.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
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
#include "testing/process/running_process.h"
#include "testing/rounds.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_connection.h"
#include "testing/servers/sample_server.h"
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
  // Makes the dump once for all suites of this program.
  static void SetUpTestSuite() {
    if (sample_ != nullptr) return;
    // Its large tables are read in ranges.
    sample_ = SampleServer::Start(kVersion, /*megabytes=*/80).release();
    ASSERT_NE(sample_, nullptr);
    // Two batches of large objects; one of them has many frames, and one is empty.
    ASSERT_OK(
        server().RunSql("SELECT lo_from_bytea(0, decode(repeat(md5(i::text), CASE i WHEN 5 THEN "
                        "1000000 ELSE i END),"
                        " 'hex')) FROM generate_series(0, 1100) i",
                        SampleServer::kSource));
    box_ = new Sandbox;
    const ProcessResult backup =
        box_->Run({"backup", UrlOf(SampleServer::kSource), "--jobs", "4", "--verbose"});
    ASSERT_EQ(backup.exit_code, 0) << backup.err;
    const std::vector<std::string> ids = box_->ListedDumps();
    ASSERT_EQ(ids.size(), 1u);
    id_ = new std::string(ids[0]);
    ASSERT_EQ(box_->Run({"dumps", "extract", *id_, "--output", Archive()}).exit_code, 0);
    // The server is a child of the test and must end with it.
    std::atexit([] {
      delete id_;
      delete box_;
      delete sample_;
    });
  }

  static PostgresServer& server() { return sample_->server(); }
  static std::string UrlOf(std::string_view database) { return PostgresUrl(server(), database); }
  static std::string Archive() { return box_->Path("app.dump"); }

  static SampleServer* sample_;
  static Sandbox* box_;
  static std::string* id_;
};

SampleServer* PostgresFrames::sample_ = nullptr;
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
  const std::string target = sample_->NewTarget();
  sample_->Run({Program(), "--exit-on-error", "--dbname=" + target, Archive()});
  EXPECT_EQ(sample_->Difference(target), "");
}

TEST_P(StockRestore, FromAPipe) {
  const std::string target = sample_->NewTarget();
  sample_->Run({"/bin/sh", "-c", "tail -c +4097 \"$1\" | \"$2\" --exit-on-error --dbname=\"$3\"",
                "sh", box_->DumpPath(*id_), Program(), target});
  EXPECT_EQ(sample_->Difference(target), "");
}

// One job restores what comes before and after the data; see //testing/frames:stock_tools_test.
TEST_P(StockRestore, ByFourJobs) {
  const std::string target = sample_->NewTarget();
  for (const std::string section : {"pre-data", "data", "post-data"}) {
    sample_->Run({Program(), "--exit-on-error", "--section=" + section,
                  section == "data" ? "--jobs=4" : "--jobs=1", "--dbname=" + target, Archive()});
  }
  EXPECT_EQ(sample_->Difference(target), "");
}

TEST_P(StockRestore, ATableOfAList) {
  std::string list;
  const std::string all = sample_->Run({Program(), "--list", Archive()});
  for (const std::string_view line : absl::StrSplit(all, '\n')) {
    if (absl::StrContains(line, "bulk_2")) absl::StrAppend(&list, line, "\n");
  }
  WriteBytes(box_->Path("list"), list);
  const std::string target = sample_->NewTarget();
  sample_->Run({Program(), "--exit-on-error", "--use-list=" + box_->Path("list"),
                "--dbname=" + target, Archive()});
  const std::string rows =
      "SELECT count(*) || md5(string_agg(b::text, '' ORDER BY b::text))"
      " FROM bulk_2 b";
  const absl::StatusOr<std::string> expected = server().Value(rows, SampleServer::kSource);
  ASSERT_OK(expected);
  EXPECT_THAT(server().Value(rows, target), IsOkAndHolds(*expected));
}

TEST_P(StockRestore, TheLargeObjectsOfAList) {
  std::string list;
  const std::string all = sample_->Run({Program(), "--list", Archive()});
  for (const std::string_view line : absl::StrSplit(all, '\n')) {
    if (absl::StrContains(line, "BLOB")) absl::StrAppend(&list, line, "\n");
  }
  WriteBytes(box_->Path("objects"), list);
  const std::string objects =
      "SELECT count(*) || md5(string_agg(m.oid || md5(lo_get(m.oid)), '' ORDER BY m.oid))"
      " FROM pg_largeobject_metadata m";
  const absl::StatusOr<std::string> expected = server().Value(objects, SampleServer::kSource);
  ASSERT_OK(expected);
  for (const std::string jobs : {"--jobs=1", "--jobs=4"}) {
    const std::string target = sample_->NewTarget();
    sample_->Run({Program(), "--exit-on-error", "--use-list=" + box_->Path("objects"), jobs,
                  "--dbname=" + target, Archive()});
    EXPECT_THAT(server().Value(objects, target), IsOkAndHolds(*expected));
  }
}

std::vector<std::string> Clients() {
  std::vector<std::string> clients = {"postgresql-client-17", "postgresql-client-18"};
  clients.resize(static_cast<size_t>(Rounds(2, 1)));
  return clients;
}

INSTANTIATE_TEST_SUITE_P(Tools, StockRestore, ::testing::ValuesIn(Clients()),
                         [](const auto& info) { return "client" + info.param.substr(18); });

TEST_F(PostgresFrames, SiphonReadsThem) {
  const ProcessResult deep = box_->Run({"verify", *id_, "--deep"});
  EXPECT_EQ(deep.exit_code, 0) << deep.err;
  EXPECT_THAT(deep.err, HasSubstr("verify.frames"));
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, {"--jobs", "4"}, {"--verbose"}}) {
    const std::string target = sample_->NewTarget();
    std::vector<std::string> args = {"restore", *id_, "--profile", UrlOf(target)};
    args.insert(args.end(), more.begin(), more.end());
    const ProcessResult restore = box_->Run(args);
    EXPECT_EQ(restore.exit_code, 0) << restore.err;
    EXPECT_THAT(restore.err, Not(HasSubstr("one job restores")));
    EXPECT_EQ(sample_->Difference(target), "");
    const bool verbose = !more.empty() && more[0] == "--verbose";
    EXPECT_EQ(absl::StrContains(restore.err, "processing data for table"), verbose) << restore.err;
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
        server().Value(absl::StrCat("SELECT count(*) FROM ONLY ", name), SampleServer::kSource);
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
    const std::string target = sample_->NewTarget();
    const ProcessResult restore =
        box_->Run({"restore", *id_, "--profile", UrlOf(target), "--jobs", "2"});
    EXPECT_EQ(restore.exit_code, 3) << at << restore.err;
    EXPECT_THAT(server().Value("SELECT count(*) FROM pg_class WHERE relname LIKE 'bulk%'", target),
                IsOkAndHolds("0"));
    EXPECT_THAT(server().Value("SELECT count(*) FROM pg_database WHERE datname LIKE 'siphon%'"),
                IsOkAndHolds("0"));
  }
  WriteBytes(box_->DumpPath(*id_), dump);
  WriteBytes(box_->SidecarPath(*id_), old_sidecar);
}

TEST_F(PostgresFrames, ATableNeedsItsOwnFramesAlone) {
  const std::string dump = ReadBytes(box_->DumpPath(*id_));
  // Changes a byte of the first frame of a table.
  const auto damage = [&](std::string_view table) {
    constexpr size_t kToName = 98;
    std::string damaged = ReadBytes(box_->DumpPath(*id_));
    size_t at = damaged.find("SIPHFRM1");
    while (at != std::string::npos && damaged.compare(at + kToName, table.size(), table) != 0) {
      at = damaged.find("SIPHFRM1", at + 1);
    }
    ASSERT_NE(at, std::string::npos);
    damaged[at + 2000] = static_cast<char>(damaged[at + 2000] ^ 1);
    WriteBytes(box_->DumpPath(*id_), damaged);
  };
  const auto restore = [&](const std::string& target, const std::vector<std::string>& more) {
    std::vector<std::string> args = {"restore",     *id_,      "--profile",
                                     UrlOf(target), "--table", "bulk_2"};
    args.insert(args.end(), more.begin(), more.end());
    return box_->Run(args);
  };
  const std::string rows =
      "SELECT count(*) || md5(string_agg(b::text, '' ORDER BY b::text)) FROM bulk_2 b";
  const absl::StatusOr<std::string> expected = server().Value(rows, SampleServer::kSource);
  ASSERT_OK(expected);
  const std::vector<std::vector<std::string>> ways = {
      {}, {"--jobs", "4"}, {"--no-single-transaction"}};

  damage("bulk_1");
  for (const std::vector<std::string>& more : ways) {
    const std::string target = sample_->NewTarget();
    const ProcessResult restored = restore(target, more);
    EXPECT_EQ(restored.exit_code, 0) << restored.err;
    EXPECT_THAT(restored.err, Not(HasSubstr("one job restores")));
    EXPECT_THAT(server().Value(rows, target), IsOkAndHolds(*expected));
  }
  const std::string path = box_->Path("bulk_2.dump");
  const ProcessResult extract =
      box_->Run({"dumps", "extract", *id_, "--table", "bulk_2", "--output", path});
  ASSERT_EQ(extract.exit_code, 0) << extract.err;
  const std::string target = sample_->NewTarget();
  const ProcessResult by_tool =
      box_->Run({"pg_restore", "--exit-on-error", "--dbname", UrlOf(target), path});
  EXPECT_EQ(by_tool.exit_code, 0) << by_tool.err;
  EXPECT_THAT(server().Value(rows, target), IsOkAndHolds(*expected));

  damage("bulk_2");
  for (const std::vector<std::string>& more : ways) {
    const std::string empty = sample_->NewTarget();
    const ProcessResult refused = restore(empty, more);
    EXPECT_EQ(refused.exit_code, 3) << refused.err;
    EXPECT_THAT(server().Value("SELECT count(*) FROM pg_class WHERE relname LIKE 'bulk%'", empty),
                IsOkAndHolds("0"));
  }
  WriteBytes(box_->DumpPath(*id_), dump);
}

TEST_F(PostgresFrames, ALostSidecarAndADamagedIndexAreMadeAgain) {
  const std::string dump = ReadBytes(box_->DumpPath(*id_));
  const std::string old_sidecar = ReadBytes(box_->SidecarPath(*id_));
  const ordered_json old = ordered_json::parse(old_sidecar);
  const size_t index = kEnvelope + old["index_offset"].get<size_t>();
  std::string damaged = dump;
  damaged[index + 30] = static_cast<char>(damaged[index + 30] ^ 1);
  const std::vector<std::string> bodies = {dump, damaged, dump.substr(0, index + 50),
                                           dump.substr(0, index - 400)};
  for (size_t i = 0; i < bodies.size(); ++i) {
    WriteBytes(box_->DumpPath(*id_), bodies[i]);
    std::filesystem::remove(box_->SidecarPath(*id_));
    const ProcessResult rebuilt = box_->Run({"dumps", "rebuild", "--profile", "prod"});
    EXPECT_EQ(rebuilt.exit_code, 0) << i << rebuilt.err;
    EXPECT_EQ(absl::StrContains(rebuilt.err, "was damaged"), i > 0) << rebuilt.err;
    EXPECT_TRUE(ReadBytes(box_->DumpPath(*id_)) == dump) << i;
    const ordered_json sidecar = ordered_json::parse(ReadBytes(box_->SidecarPath(*id_)));
    for (const char* const key : {"checksum", "index_offset", "index_sha256"}) {
      EXPECT_EQ(sidecar[key], old[key]) << i << key;
    }
    const ProcessResult deep = box_->Run({"verify", *id_, "--deep"});
    EXPECT_EQ(deep.exit_code, 0) << i << deep.err;
    EXPECT_THAT(deep.err, HasSubstr("verify.frames"));
  }
  WriteBytes(box_->DumpPath(*id_), dump);
  WriteBytes(box_->SidecarPath(*id_), old_sidecar);
}

TEST_F(PostgresFrames, ADumpThatHasLostALargeObjectIsNotMadeAgain) {
  const std::string dump = ReadBytes(box_->DumpPath(*id_));
  const std::string sidecar = ReadBytes(box_->SidecarPath(*id_));
  std::string damaged = dump;
  const size_t object = dump.find("large objects ", kEnvelope);
  ASSERT_NE(object, std::string::npos);
  damaged[object] = 'L';
  WriteBytes(box_->DumpPath(*id_), damaged);
  std::filesystem::remove(box_->SidecarPath(*id_));
  const ProcessResult rebuilt = box_->Run({"dumps", "rebuild", "--profile", "prod"});
  EXPECT_NE(rebuilt.exit_code, 0);
  EXPECT_THAT(rebuilt.err, HasSubstr("has lost a part of its body"));
  EXPECT_FALSE(std::filesystem::exists(box_->SidecarPath(*id_)));
  WriteBytes(box_->DumpPath(*id_), dump);
  WriteBytes(box_->SidecarPath(*id_), sidecar);
}

// A backup whose sessions others end.
class KilledSessions : public PostgresFrames {
 protected:
  // Starts a backup, and ends sessions by this statement until it has ended one. The statement
  // counts them.
  ProcessResult BackUpAndKill(const std::string& statement) {
    absl::StatusOr<std::unique_ptr<PostgresConnection>> killer =
        PostgresConnection::Open(server().Conninfo(SampleServer::kSource));
    EXPECT_OK(killer);
    if (!killer.ok()) return {};
    RunningProcess backup(own_.Options(
        {"backup", UrlOf(SampleServer::kSource), "--jobs", "4", "--verbose", "--json"}));
    bool killed = false;
    while (!killed && !backup.ended()) {
      const absl::StatusOr<std::string> count = (*killer)->Value(statement);
      EXPECT_OK(count);
      killed = count.value_or("1") != "0";
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    EXPECT_TRUE(killed) << "the backup was too fast";
    const absl::StatusOr<ProcessResult> result = backup.Wait();
    EXPECT_OK(result);
    return result.value_or(ProcessResult());
  }

  Sandbox own_;
};

TEST_F(KilledSessions, OfAWorkerIsReplaced) {
  const ProcessResult backup = BackUpAndKill(
      "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity"
      " WHERE application_name LIKE 'siphon/%' AND query LIKE 'COPY (SELECT%'"
      " AND state = 'active' LIMIT 1) s");
  ASSERT_EQ(backup.exit_code, 0) << backup.err;
  EXPECT_THAT(backup.err, HasSubstr("on a new connection"));
  const std::vector<std::string> ids = own_.ListedDumps();
  ASSERT_EQ(ids.size(), 1u);
  const std::string target = sample_->NewTarget();
  const ProcessResult restore =
      own_.Run({"restore", ids[0], "--profile", UrlOf(target), "--verbose"});
  EXPECT_EQ(restore.exit_code, 0) << restore.err;
  EXPECT_EQ(sample_->Difference(target), "");
}

TEST_F(KilledSessions, OfTheSnapshotEndsTheBackup) {
  const ProcessResult backup = BackUpAndKill(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name ="
      " 'siphon' AND datname = current_database() AND EXISTS (SELECT FROM pg_stat_activity w"
      " WHERE w.application_name LIKE 'siphon/%' AND w.query LIKE 'COPY (SELECT%'"
      " AND w.state = 'active')");
  EXPECT_EQ(backup.exit_code, 2) << backup.err;
  EXPECT_EQ(ordered_json::parse(backup.out)["error"]["cause"], "connection_failed") << backup.out;
  EXPECT_THAT(Names(own_.DumpDirectory()), ::testing::Each(::testing::StartsWith(".lease-")));
  const std::string sessions =
      "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'siphon%'";
  for (int i = 0; i < 100 && server().Value(sessions).value_or("") != "0"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_THAT(server().Value(sessions), IsOkAndHolds("0"));
}

}  // namespace
}  // namespace siphon::testing
