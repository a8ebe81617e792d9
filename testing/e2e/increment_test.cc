// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Chains of a full dump and its increments in the shipped binary: every verb on them, refusals, and
// kills at random times.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "testing/e2e/database.h"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/e2e/verbs.h"
#include "testing/rounds.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using nlohmann::json;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const int kKills = kSanitized ? 4 : Rounds(40, 10);

class IncrementTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(MakeSampleDatabase(box_.Path("app.db"), {.bytes = 2 << 20, .seed = 7}), IsOk());
    absl::StatusOr<Database> database = Database::Open(box_.Path("app.db"));
    ASSERT_THAT(database, IsOk());
    ASSERT_THAT(database->Execute("CREATE TABLE ledger(id INTEGER PRIMARY KEY, step INTEGER)"),
                IsOk());
  }

  // Changes the database.
  void Change() {
    absl::StatusOr<Database> database = Database::Open(box_.Path("app.db"));
    ASSERT_THAT(database, IsOk());
    ++step_;
    ASSERT_THAT(database->Execute(absl::StrCat(
                    "BEGIN; INSERT INTO ledger(step) VALUES(", step_, ");",
                    step_ % 3 == 0 ? absl::StrCat("CREATE TABLE step_", step_, "(a)") : "",
                    "; COMMIT", step_ % 5 == 0 ? "; VACUUM" : "")),
                IsOk());
  }

  std::string Full() { return BackUpOf(box_, url_); }
  std::string Increment(std::vector<std::string> more = {}) {
    more.push_back("--incremental");
    return BackUpOf(box_, url_, more);
  }
  std::string Now() const { return *siphon::testing::Fingerprint(box_.Path("app.db")); }

  // Restores the dump into a new file, and returns its fingerprint.
  std::string Restored(const std::string& dump) const {
    Clear(box_.Path("restored"));
    const ProcessResult result =
        box_.Run({"restore", dump, "--profile", box_.Url("restored/copy.db")});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return siphon::testing::Fingerprint(box_.Path("restored/copy.db")).value_or("");
  }

  // A full dump and `count` increments, with the state of each.
  void MakeChain(int count) {
    ids_ = {Full()};
    states_ = {Now()};
    for (int i = 0; i < count; ++i) {
      Change();
      ids_.push_back(Increment());
      states_.push_back(Now());
    }
  }

  Sandbox box_;
  const std::string url_ = box_.Url("app.db");
  int step_ = 0;
  std::vector<std::string> ids_, states_;  // Of the chain, the full dump first.
};

TEST_F(IncrementTest, EveryVerbReadsAnIncrementWithItsChain) {
  MakeChain(4);
  for (size_t i = 0; i < ids_.size(); ++i) {
    EXPECT_EQ(Restored(ids_[i]), states_[i]) << i;
    EXPECT_EQ(box_.Run({"verify", ids_[i]}).exit_code, 0);
    const json deep = TellOk(box_, {"verify", ids_[i], "--deep"});
    EXPECT_GT(deep["tables_compared"].get<int>(), 0) << deep;
  }
  EXPECT_EQ(Restored("latest"), states_.back());

  // The body is a database that sqlite3 can open.
  const ProcessResult extracted =
      box_.Run({"dumps", "extract", ids_[2], "--output", box_.Path("extracted.db")});
  EXPECT_EQ(extracted.exit_code, 0) << extracted.err;
  EXPECT_EQ(*siphon::testing::Fingerprint(box_.Path("extracted.db")), states_[2]);
  // An increment is small.
  const auto size = [&](size_t i) { return ReadBytes(box_.DumpPath(ids_[i])).size(); };
  EXPECT_LT(size(1), size(0) / 10);

  const json listed = TellOk(box_, {"dumps", "list", "--kind", "increment"});
  EXPECT_EQ(listed["dumps"].size(), 4u);
  EXPECT_EQ(listed["dumps"][0]["parent_id"], ids_[3]);
  EXPECT_EQ(listed["dumps"][0]["base_id"], ids_[0]);
  EXPECT_EQ(listed["dumps"][0]["dump_format"], "sqlite-pages-1");
  EXPECT_THAT(box_.Run({"dumps", "list"}).out, HasSubstr("STANDS ON"));
  const json shown = TellOk(box_, {"dumps", "inspect", ids_[2]});
  EXPECT_EQ(shown["chain"], json({ids_[0], ids_[1], ids_[2]}));
  EXPECT_EQ(shown["increments"], json({ids_[4], ids_[3]}));
  EXPECT_EQ(shown["type"], "incremental");
}

TEST_F(IncrementTest, TablesOfAnIncrementAreRestored) {
  MakeChain(2);
  Clear(box_.Path("restored"));
  const ProcessResult result = box_.Run(
      {"restore", ids_[1], "--table", "ledger", "--profile", box_.Url("restored/copy.db")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  absl::StatusOr<Database> copy = Database::Open(box_.Path("restored/copy.db"));
  ASSERT_THAT(copy, IsOk());
  EXPECT_EQ(*copy->QueryInteger("SELECT count(*) FROM ledger"), 1);
  EXPECT_EQ(*copy->QueryInteger("SELECT count(*) FROM sqlite_schema WHERE type = 'table'"), 1);
}

TEST_F(IncrementTest, AChainCanBranch) {
  MakeChain(2);
  Change();
  const std::string branch = Increment({"--base", ids_[0]});
  EXPECT_EQ(Restored(branch), Now());
  EXPECT_EQ(Restored(ids_[2]), states_[2]);
  EXPECT_EQ(TellOk(box_, {"dumps", "inspect", branch})["parent_id"], ids_[0]);
}

TEST_F(IncrementTest, AMergedDumpNeedsNoOther) {
  MakeChain(3);
  const json merged = TellOk(box_, {"dumps", "merge", ids_[2]});
  const std::string id = merged["id"];
  EXPECT_EQ(merged["merged"], ids_[2]);
  EXPECT_EQ(merged["dump_format"], "custom");
  const json shown = TellOk(box_, {"dumps", "inspect", ids_[2]});
  EXPECT_EQ(merged["created"], shown["created"]);
  // It is not the newest dump: the third increment is.
  EXPECT_EQ(Restored("latest"), states_[3]);
  EXPECT_EQ(TellOk(box_, {"dumps", "rm", ids_[0], "--chain", "--yes"})["all_removed"].size(), 4u);
  EXPECT_THAT(box_.ListedDumps(), ElementsAre(id));
  EXPECT_EQ(Restored(id), states_[2]);
  EXPECT_EQ(box_.Run({"verify", id, "--deep"}).exit_code, 0);
  // Its index works like that of any full dump.
  const ProcessResult tables =
      box_.Run({"dumps", "extract", id, "--table", "ledger", "--output", box_.Path("tables.db")});
  EXPECT_EQ(tables.exit_code, 0) << tables.err;
  // Increments can stand on it.
  Change();
  EXPECT_EQ(Restored(Increment()), Now());
  ExpectRefused(box_, {"dumps", "merge", id}, 1, "invalid_argument", "is a full dump already");
}

TEST_F(IncrementTest, ADumpUnderIncrementsIsRemovedOnlyWithThem) {
  MakeChain(3);
  ExpectRefused(
      box_, {"dumps", "rm", ids_[0], "--yes"}, 1, "invalid_argument",
      absl::StrCat("is the base of these incrementals: ", ids_[1], ", ", ids_[2], ", ", ids_[3]));
  ExpectRefused(box_, {"dumps", "rm", ids_[2], "--yes"}, 1, "invalid_argument", ids_[3]);
  EXPECT_EQ(box_.ListedDumps().size(), 4u);
  // Nothing goes while one of them is pinned.
  EXPECT_EQ(box_.Run({"dumps", "pin", ids_[2]}).exit_code, 0);
  ExpectRefused(box_, {"dumps", "rm", ids_[1], "--chain", "--yes"}, 1, "invalid_argument",
                "pinned");
  EXPECT_EQ(box_.ListedDumps().size(), 4u);
  EXPECT_EQ(box_.Run({"dumps", "unpin", ids_[2]}).exit_code, 0);
  const json removed = TellOk(box_, {"dumps", "rm", ids_[1], "--chain", "--yes"});
  EXPECT_EQ(removed["all_removed"], json({ids_[3], ids_[2], ids_[1]}));
  EXPECT_THAT(box_.ListedDumps(), ElementsAre(ids_[0]));
}

TEST_F(IncrementTest, PruningKeepsAndRemovesWholeChains) {
  MakeChain(2);
  const std::vector<std::string> old = ids_;
  MakeChain(2);
  EXPECT_EQ(box_.Run({"dumps", "prune", "--keep-last", "2", "--apply", "--yes"}).exit_code, 0);
  EXPECT_EQ(box_.ListedDumps().size(), 6u);
  const ProcessResult pruned = box_.Run({"dumps", "prune", "--keep-last", "1", "--apply", "--yes"});
  EXPECT_EQ(pruned.exit_code, 0) << pruned.err;
  EXPECT_THAT(box_.ListedDumps(), ElementsAre(ids_[2], ids_[1], ids_[0]));
}

TEST_F(IncrementTest, RefusesWhatCannotBeIncremental) {
  ExpectRefused(box_, {"backup", url_, "--incremental"}, 1, "not_found",
                "on which an increment could stand");
  const std::string full = Full();
  ExpectRefused(box_, {"backup", url_, "--incremental", "--output", box_.Path("x.dump")}, 1,
                "invalid_argument", "useless without its chain");
  ExpectRefused(box_, {"backup", url_, "--incremental", "--table", "ledger"}, 1, "invalid_argument",
                "pages of the whole database");
  ExpectRefused(box_, {"backup", "postgres://127.0.0.1:1/app", "--incremental"}, 1,
                "driver_unsupported", "Incremental");
  ASSERT_THAT(MakeSampleDatabase(box_.Path("other.db"), {.bytes = 50000, .seed = 9}), IsOk());
  ExpectRefused(box_, {"backup", box_.Url("other.db"), "--incremental", "--base", full}, 1,
                "invalid_argument", "is of profile");
  const std::string script = BackUpOf(box_, url_, {"--format", "sql"});
  ExpectRefused(box_, {"backup", url_, "--incremental", "--base", script}, 1, "invalid_argument",
                absl::StrCat("dump ", script, " is a script, and increments need an image"));
  const std::string partial = BackUpOf(box_, url_, {"--table", "ledger"});
  ExpectRefused(box_, {"backup", url_, "--incremental", "--base", partial}, 1, "invalid_argument",
                "holds a part of the database only");
  EXPECT_EQ(box_.Run({"backup", url_, "--base", full}).exit_code, 1);
  EXPECT_EQ(box_.ListedDumps().size(), 3u);
}

// A restore of a chain with a fault exits with 3, names the fault, and leaves the target as it was.
class FaultTest : public IncrementTest {
 protected:
  void SetUp() override {
    IncrementTest::SetUp();
    MakeChain(3);
    ASSERT_THAT(MakeSampleDatabase(box_.Path("target.db"), {.bytes = 50000, .seed = 3}), IsOk());
    before_ = *siphon::testing::Fingerprint(box_.Path("target.db"));
  }

  void ExpectFault(std::string_view words) {
    ExpectRefused(box_,
                  {"restore", ids_[3], "--profile", box_.Url("target.db"), "--clean", "--yes"}, 3,
                  "integrity", words);
    EXPECT_EQ(*siphon::testing::Fingerprint(box_.Path("target.db")), before_);
    ExpectRefused(box_, {"verify", ids_[3]}, 3, "integrity", words);
    ExpectRefused(box_, {"dumps", "merge", ids_[3]}, 3, "integrity", words);
    Change();
    ExpectRefused(box_, {"backup", url_, "--incremental", "--base", ids_[3]}, 3, "integrity",
                  words);
  }

  std::string before_;
};

TEST_F(FaultTest, AMissingLink) {
  ASSERT_EQ(std::remove(box_.DumpPath(ids_[2]).c_str()), 0);
  ASSERT_EQ(std::remove(box_.SidecarPath(ids_[2]).c_str()), 0);
  ExpectFault(absl::StrCat("chain broken at ", ids_[2], ": there is no dump"));
  // The newest state that can be restored is before the gap.
  EXPECT_EQ(Restored("latest"), states_[1]);
}

TEST_F(FaultTest, ADamagedLink) {
  std::string bytes = ReadBytes(box_.DumpPath(ids_[1]));
  bytes[bytes.size() - 30] = static_cast<char>(bytes[bytes.size() - 30] ^ 1);
  WriteBytes(box_.DumpPath(ids_[1]), bytes);
  ExpectFault(ids_[1]);
}

TEST_F(FaultTest, ADamagedBase) {
  std::string bytes = ReadBytes(box_.DumpPath(ids_[0]));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  WriteBytes(box_.DumpPath(ids_[0]), bytes);
  ExpectFault(ids_[0]);
}

TEST_F(FaultTest, ACutLink) {
  std::string bytes = ReadBytes(box_.DumpPath(ids_[2]));
  bytes.resize(bytes.size() - 1);
  WriteBytes(box_.DumpPath(ids_[2]), bytes);
  ExpectFault(ids_[2]);
}

TEST_F(FaultTest, SwappedLinks) {
  const std::string first = ReadBytes(box_.DumpPath(ids_[1]));
  WriteBytes(box_.DumpPath(ids_[1]), ReadBytes(box_.DumpPath(ids_[2])));
  WriteBytes(box_.DumpPath(ids_[2]), first);
  ExpectFault(absl::StrCat("dump ", ids_[1]));
}

TEST_F(FaultTest, ALinkOfAnotherChain) {
  // A full dump and an increment of another database, which take the names of two dumps.
  ASSERT_THAT(MakeSampleDatabase(box_.Path("foreign.db"), {.bytes = 3 << 20, .seed = 8}), IsOk());
  const std::string foreign = BackUpOf(box_, box_.Url("foreign.db"));
  const std::string sidecar = ReadBytes(box_.SidecarPath(foreign));
  json changed = json::parse(sidecar);
  changed["id"] = ids_[0];
  WriteBytes(box_.DumpPath(ids_[0]), ReadBytes(box_.DumpPath(foreign)));
  WriteBytes(box_.SidecarPath(ids_[0]), changed.dump());
  ExpectFault(absl::StrCat("increment ", ids_[1], " was made from another state than that of dump ",
                           ids_[0]));
}

TEST_F(FaultTest, RebuiltSidecarsGiveTheSameChain) {
  for (const std::string& id : ids_) ASSERT_EQ(std::remove(box_.SidecarPath(id).c_str()), 0);
  const ProcessResult rebuilt = box_.Run({"dumps", "rebuild", "--profile", url_});
  ASSERT_EQ(rebuilt.exit_code, 0) << rebuilt.err;
  for (size_t i = 0; i < ids_.size(); ++i) EXPECT_EQ(Restored(ids_[i]), states_[i]);
  EXPECT_EQ(TellOk(box_, {"dumps", "inspect", ids_[3]})["chain"].size(), 4u);
}

class KillTest : public IncrementTest {
 protected:
  // The folder has the files of complete dumps only, once the next run has cleaned it.
  void ExpectCleanCatalogue(const std::string& when) {
    const std::vector<std::string> ids = box_.ListedDumps();
    ASSERT_FALSE(ids.empty());
    std::vector<std::string> expected;
    for (const std::string& id : ids) {
      expected.push_back(id + ".dump");
      expected.push_back(id + ".meta.json");
    }
    std::sort(expected.begin(), expected.end());
    std::vector<std::string> found = Names(box_.DumpDirectory());
    std::erase_if(found, [](const std::string& name) { return name.ends_with(".notes.json"); });
    ASSERT_EQ(found, expected) << when;
    const ProcessResult verify = box_.Run({"verify", ids.front()});
    ASSERT_EQ(verify.exit_code, 0) << when << ": " << verify.err;
  }
};

TEST_F(KillTest, OfAnIncrementLeavesTheChainAsItWas) {
  ids_ = {Full()};
  SignalPlan plan;
  plan.args = {"backup", url_, "--incremental"};
  plan.signal = SIGKILL;
  plan.rounds = kKills;
  plan.prepare = [this] { Change(); };
  plan.check = [this](const std::string& when) { ExpectCleanCatalogue(when); };
  SignalAllOver(box_, plan);
  // What follows a kill is a right increment of the dump before.
  EXPECT_EQ(Restored(Increment()), Now());
}

TEST_F(KillTest, OfARestoreOfAChainLeavesTheOldOrTheNewDatabase) {
  MakeChain(3);
  ASSERT_THAT(MakeSampleDatabase(box_.Path("old.db"), {.bytes = 200000, .seed = 4}), IsOk());
  const std::string old = *siphon::testing::Fingerprint(box_.Path("old.db"));
  SignalPlan plan;
  plan.args = {"restore", ids_[3], "--profile", box_.Url("target/target.db"), "--clean", "--yes"};
  plan.signal = SIGKILL;
  plan.rounds = kKills;
  plan.prepare = [this] {
    Clear(box_.Path("target"));
    CopyBytes(box_.Path("old.db"), box_.Path("target/target.db"));
  };
  plan.check = [&](const std::string& when) {
    const auto found = siphon::testing::Fingerprint(box_.Path("target/target.db"));
    ASSERT_THAT(found, IsOk()) << when;
    EXPECT_THAT(*found, AnyOf(old, states_[3])) << when;
    const ProcessResult next = box_.Run(plan.args);
    EXPECT_EQ(next.exit_code, 0) << when << ": " << next.err;
    EXPECT_EQ(*siphon::testing::Fingerprint(box_.Path("target/target.db")), states_[3]) << when;
    EXPECT_THAT(Names(box_.Path("target")), ElementsAre("target.db")) << when;
  };
  SignalAllOver(box_, plan);
}

}  // namespace
}  // namespace siphon::testing
