// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Increments of SQLite: each state of a chain is the image that a full backup would have, byte for
// byte, and every wrong link is refused by its name.

#include "drivers/sqlite/chain.h"

#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "drivers/sqlite/driver.h"
#include "drivers/sqlite/fixture.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/increments.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/status_matchers.h"

namespace siphon::sqlite {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Lt;

// A chain in memory: the bodies of its dumps.
struct Dump {
  std::string id, body;
};
using Chain = std::vector<Dump>;

absl::StatusOr<std::unique_ptr<base::Reader>> OpenState(const Chain& chain) {
  std::vector<driver::ChainMember> members;
  for (const Dump& dump : chain) {
    members.push_back({dump.id, std::make_unique<siphon::testing::PieceReader>(dump.body, 4000)});
  }
  return OpenChain(base::Context(), std::move(members));
}

absl::StatusOr<std::string> ReadState(const Chain& chain) {
  ASSIGN_OR_RETURN(const std::unique_ptr<base::Reader> reader, OpenState(chain));
  return base::ReadAll(*reader, size_t{1} << 30);
}

// The body of an increment of `path` after `chain`.
absl::StatusOr<std::string> Increment(const std::string& path, const Chain& chain,
                                      const driver::BackupOptions& options = {},
                                      const SnapshotLimits& limits = {}) {
  SqliteDriver driver(limits);
  ASSIGN_OR_RETURN(const auto connection, driver.Connect(base::Context(), ProfileFor(path),
                                                         driver::Driver::Access::kRead));
  auto* const source = dynamic_cast<driver::IncrementSource*>(connection.get());
  siphon::testing::MemoryTarget target;
  RETURN_IF_ERROR(source->BackupIncrement(base::Context(), options,
                                          {.base_id = chain.front().id,
                                           .parent_id = chain.back().id,
                                           .open_parent = [&] { return OpenState(chain); }},
                                          target));
  return target.data();
}

void Extend(const std::string& path, Chain& chain) {
  absl::StatusOr<std::string> body = Increment(path, chain);
  ASSERT_OK(body);
  chain.push_back({absl::StrCat("I", chain.size()), *std::move(body)});
}

// True if the state of the chain is the present image of the database.
void ExpectPresent(const std::string& path, const Chain& chain) {
  ASSERT_OK_AND_ASSIGN(const std::string state, ReadState(chain));
  const std::string image = BackUp(path);
  EXPECT_EQ(state.size(), image.size());
  EXPECT_TRUE(state == image) << "the state of " << chain.back().id << " differs";
}

class ChainTest : public ::testing::Test {
 protected:
  // A database with some rows, and its full dump.
  void Start(std::string_view pragmas = "") {
    PlainConnection(path_).Run(
        absl::StrCat(pragmas,
                     ";CREATE TABLE t(id INTEGER PRIMARY KEY, text TEXT, data BLOB);"
                     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
                     " INSERT INTO t SELECT i, 'row ' || i, randomblob(700) FROM n;"));
    chain_ = {{"BASE", BackUp(path_)}};
  }
  void Run(const std::string& sql) { PlainConnection(path_).Run(sql); }

  TempFolder folder_;
  std::string path_ = folder_.File("app.db");
  Chain chain_;
};

// One change of a random kind.
std::string RandomChange(std::mt19937& random) {
  const auto number = [&](int below) { return static_cast<int>(random() % below); };
  const int id = number(2000);
  switch (number(12)) {
    case 0:
      return absl::StrCat("DELETE FROM t WHERE id % 7 = ", number(7));
    case 1:
      return absl::StrCat("CREATE TABLE IF NOT EXISTS n", number(4),
                          " AS SELECT id, text FROM t LIMIT ", number(500));
    case 2:
      return absl::StrCat("DROP TABLE IF EXISTS n", number(4));
    case 3:
      return "VACUUM";
    case 4:
      return absl::StrCat("CREATE INDEX IF NOT EXISTS i", number(2), " ON t(text, length(data))");
    case 5:
      return "DROP INDEX IF EXISTS i0";
    case 6:
      return "";  // An increment without a change.
    case 7:
      return absl::StrCat("UPDATE t SET data = zeroblob(", number(20000), ") WHERE id = ", id);
    default:
      return absl::StrCat("WITH RECURSIVE n(i) AS (SELECT ", id,
                          " UNION ALL SELECT i + 1 FROM n WHERE i < ", id + number(300),
                          ") INSERT OR REPLACE INTO t SELECT i, 'new', randomblob(i % 900) FROM n");
  }
}

TEST_F(ChainTest, EachOfTwentyStatesIsTheImageOfItsMoment) {
  int run = 0;
  for (const std::string pragmas : {"PRAGMA page_size = 512; PRAGMA auto_vacuum = FULL",
                                    "PRAGMA journal_mode = WAL", "PRAGMA journal_mode = DELETE"}) {
    path_ = folder_.File(absl::StrCat("app ", ++run, ".db"));
    Start(pragmas);
    std::mt19937 random(static_cast<unsigned>(run));
    std::vector<std::string> images = {chain_.front().body};
    for (int i = 0; i < 20; ++i) {
      Run(RandomChange(random));
      ASSERT_NO_FATAL_FAILURE(Extend(path_, chain_));
      images.push_back(BackUp(path_));
    }
    for (size_t i = 0; i < images.size(); ++i) {
      ASSERT_OK_AND_ASSIGN(const std::string state,
                           ReadState(Chain(chain_.begin(), chain_.begin() + i + 1)));
      ASSERT_TRUE(state == images[i]) << pragmas << ", state " << i;
    }
    // The restored database has the same content, too.
    const std::string copy = folder_.File(absl::StrCat("copy ", run, ".db"));
    ASSERT_OK(TryRestore(copy, images.back()));
    EXPECT_EQ(Difference(Fingerprint(path_), Fingerprint(copy)), "");
  }
}

TEST_F(ChainTest, AnIncrementHasOnlyThePagesThatDiffer) {
  Start();
  ASSERT_NO_FATAL_FAILURE(Extend(path_, chain_));
  EXPECT_THAT(chain_.back().body.size(), Lt(200u));  // No pages at all.
  Run("UPDATE t SET text = 'changed' WHERE id = 5");
  ASSERT_NO_FATAL_FAILURE(Extend(path_, chain_));
  EXPECT_THAT(chain_.back().body.size(), Lt(3 * 4096u));
  ExpectPresent(path_, chain_);
}

TEST_F(ChainTest, TheDatabaseMayShrinkAndGrow) {
  Start();
  Run("DELETE FROM t WHERE id > 10; VACUUM");
  ASSERT_NO_FATAL_FAILURE(Extend(path_, chain_));
  ExpectPresent(path_, chain_);
  Run("INSERT INTO t SELECT id + 1000, text, randomblob(100000) FROM t");
  ASSERT_NO_FATAL_FAILURE(Extend(path_, chain_));
  ExpectPresent(path_, chain_);
}

TEST_F(ChainTest, AnotherPageSizeTakesAllPages) {
  Start();
  Run("UPDATE t SET text = 'x'");
  ASSERT_NO_FATAL_FAILURE(Extend(path_, chain_));
  Run("PRAGMA page_size = 1024; VACUUM");
  ASSERT_NO_FATAL_FAILURE(Extend(path_, chain_));
  ExpectPresent(path_, chain_);
  Run("UPDATE t SET text = 'y' WHERE id < 10");
  ASSERT_NO_FATAL_FAILURE(Extend(path_, chain_));
  ExpectPresent(path_, chain_);
}

TEST_F(ChainTest, AnEmptyDatabaseIsAStateToo) {
  Run("VACUUM");
  chain_ = {{"BASE", BackUp(path_)}};
  ASSERT_NO_FATAL_FAILURE(Extend(path_, chain_));
  ExpectPresent(path_, chain_);
  Run("CREATE TABLE t(x)");
  ASSERT_NO_FATAL_FAILURE(Extend(path_, chain_));
  ExpectPresent(path_, chain_);
}

TEST_F(ChainTest, ReadsADatabaseWithoutWalInSteps) {
  Start("PRAGMA journal_mode = DELETE");
  Run("UPDATE t SET text = 'x' WHERE id % 3 = 0");
  ASSERT_OK_AND_ASSIGN(const std::string body, Increment(path_, chain_, {}, SmallestSteps()));
  chain_.push_back({"I1", body});
  ExpectPresent(path_, chain_);
}

TEST_F(ChainTest, RefusesAScriptAsBase) {
  Start();
  driver::BackupOptions script;
  script.format = "sql";
  chain_.front().body = BackUp(path_, script);
  EXPECT_THAT(Increment(path_, chain_),
              StatusIs(errs::kInvalidArgument,
                       HasSubstr("dump BASE is a script, and increments need an image")));
}

TEST_F(ChainTest, RefusesASelection) {
  Start();
  driver::BackupOptions table, script;
  table.tables = {"t"};
  script.format = "sql";
  EXPECT_THAT(Increment(path_, chain_, table),
              StatusIs(errs::kInvalidArgument, HasSubstr("pages of the whole database")));
  EXPECT_THAT(Increment(path_, chain_, script),
              StatusIs(errs::kInvalidArgument, HasSubstr("pages of the whole database")));
}

// A chain of three increments.
class WrongLinkTest : public ChainTest {
 protected:
  void SetUp() override {
    Start();
    for (int i = 0; i < 3; ++i) {
      Run(absl::StrCat("UPDATE t SET text = 'step ", i, "' WHERE id % 5 = ", i));
      ASSERT_NO_FATAL_FAILURE(Extend(path_, chain_));
    }
  }
};

TEST_F(WrongLinkTest, RefusesAMissingLink) {
  chain_.erase(chain_.begin() + 2);
  EXPECT_THAT(
      ReadState(chain_),
      AllOf(StatusIs(errs::kIntegrity,
                     HasSubstr("increment I3 was made for the parent I2, and stands on I1")),
            HasHint(HasSubstr("restore a full dump"))));
}

TEST_F(WrongLinkTest, RefusesSwappedLinks) {
  std::swap(chain_[1].body, chain_[2].body);
  EXPECT_THAT(ReadState(chain_),
              StatusIs(errs::kIntegrity,
                       HasSubstr("increment I1 was made for the parent I1, and stands on BASE")));
}

TEST_F(WrongLinkTest, RefusesAnotherBase) {
  Run("UPDATE t SET text = 'other' WHERE id = 1");
  chain_.front().body = BackUp(path_);
  EXPECT_THAT(
      ReadState(chain_),
      StatusIs(errs::kIntegrity,
               HasSubstr("increment I1 was made from another state than that of dump BASE")));
  chain_.front().id = "OTHER";
  EXPECT_THAT(
      ReadState(chain_),
      StatusIs(errs::kIntegrity,
               HasSubstr("increment I1 was made for the parent BASE, and stands on OTHER")));
}

TEST_F(WrongLinkTest, RefusesALinkOfAnotherChainWithTheSameIds) {
  Chain other = {chain_.front()};
  Run("UPDATE t SET data = zeroblob(9) WHERE id = 7");
  ASSERT_NO_FATAL_FAILURE(Extend(path_, other));
  std::swap(chain_[1], other[1]);
  EXPECT_THAT(ReadState(chain_),
              StatusIs(errs::kIntegrity,
                       HasSubstr("increment I2 was made from another state than that of dump I1")));
}

TEST_F(WrongLinkTest, NamesTheDumpThatIsDamaged) {
  for (size_t i = 1; i < chain_.size(); ++i) {
    Chain damaged = chain_;
    std::string& body = damaged[i].body;
    body[body.size() / 2] = static_cast<char>(body[body.size() / 2] ^ 1);
    EXPECT_THAT(ReadState(damaged), StatusIs(errs::kIntegrity, HasSubstr(damaged[i].id)));
    damaged = chain_;
    damaged[i].body.resize(damaged[i].body.size() - 1);
    EXPECT_THAT(ReadState(damaged),
                StatusIs(errs::kIntegrity, HasSubstr(absl::StrCat("dump ", chain_[i].id))));
  }
  Chain damaged = chain_;
  damaged.front().body.resize(damaged.front().body.size() - 1);
  EXPECT_THAT(ReadState(damaged), StatusIs(errs::kIntegrity, HasSubstr("dump BASE")));
  damaged = chain_;
  damaged.front().body[5000] = static_cast<char>(damaged.front().body[5000] ^ 1);
  EXPECT_THAT(ReadState(damaged), StatusIs(errs::kIntegrity, HasSubstr("BASE")));
}

TEST_F(WrongLinkTest, AnErrorOfABodyIsReturnedAndStays) {
  std::vector<driver::ChainMember> members;
  for (const Dump& dump : chain_) {
    const auto fail = [&](size_t read) {
      return dump.id == "I2" && read > 500 ? absl::UnavailableError("the store is gone")
                                           : absl::OkStatus();
    };
    members.push_back(
        {dump.id, std::make_unique<siphon::testing::PieceReader>(dump.body, 300, fail)});
  }
  const auto reader = OpenChain(base::Context(), std::move(members));
  const absl::Status first =
      reader.ok() ? base::ReadAll(**reader, size_t{1} << 30).status() : reader.status();
  EXPECT_EQ(first.message(), "the store is gone");
}

}  // namespace
}  // namespace siphon::sqlite
