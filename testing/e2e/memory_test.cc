// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The memory that siphon uses does not depend on the size of the database.

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/database.h"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/rounds.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

constexpr int64_t kMiB = int64_t{1} << 20;
// The memory of a sanitizer grows with the work, so there the limit is only nominal.
constexpr int64_t kLimit = (kSanitized ? 8192 : 64) * kMiB;
// Twice the limit suffices to find a verb that keeps the database, or half of it, in memory.
const uint64_t kBytes = (kSanitized ? 20 : Rounds(300, 130)) * uint64_t{kMiB};

class Memory : public ::testing::Test {
 protected:
  // Runs siphon and expects success within the memory limit.
  void ExpectBounded(const std::string& what, const std::vector<std::string>& args) {
    const ProcessResult result = box_.Run(args);
    ASSERT_EQ(result.exit_code, 0) << what << ": " << result.err;
    std::cout << what << ": peak " << result.peak_bytes / kMiB << " MiB, "
              << result.wall.count() / 1'000'000 << " ms\n";
    EXPECT_LT(result.peak_bytes, kLimit) << what;
    out_ = result.out;
  }

  Sandbox box_;
  std::string out_;
};

TEST_F(Memory, OfEveryVerbStaysBelow64MiB) {
  ASSERT_THAT(MakeSampleDatabase(box_.Path("big.db"), {.bytes = kBytes}), IsOk());
  // The kernel's figure for a child process starts with that of its parent.
  ASSERT_LT(OwnPeakBytes(), (kSanitized ? 1000 : 40) * kMiB);

  ExpectBounded("backup", {"backup", box_.Url("big.db"), "--quiet"});
  const std::string id = out_.substr(0, out_.find('\n'));
  ExpectBounded("backup --jobs 4", {"backup", box_.Url("big.db"), "--quiet", "--jobs", "4"});
  ExpectBounded("backup of a table",
                {"backup", box_.Url("big.db"), "--quiet", "--table", "documents"});
  ExpectBounded("backup as SQL", {"backup", box_.Url("big.db"), "--quiet", "--format", "sql"});
  const std::string sql = out_.substr(0, out_.find('\n'));
  ExpectBounded("verify", {"verify", id});
  ExpectBounded("verify --deep", {"verify", id, "--deep"});
  ExpectBounded("restore into a new file", {"restore", id, "--profile", box_.Url("new.db")});
  ExpectBounded("restore --clean", {"restore", id, "--profile", box_.Url("new.db"), "--clean"});
  ExpectBounded("restore --clean --table", {"restore", id, "--profile", box_.Url("new.db"),
                                            "--clean", "--table", "documents"});
  ExpectBounded("restore of SQL", {"restore", sql, "--profile", box_.Url("sql.db")});
  ExpectBounded("sync into a new file", {"sync", box_.Url("big.db"), box_.Url("copy.db")});
  ExpectBounded("sync --clean", {"sync", box_.Url("big.db"), box_.Url("copy.db"), "--clean"});
  ASSERT_OK_AND_ASSIGN(const auto big, Fingerprint(box_.Path("big.db")));
  EXPECT_EQ(*Fingerprint(box_.Path("copy.db")), big);
  ExpectBounded("dumps extract", {"dumps", "extract", id, "--output", box_.Path("extracted.db")});
  EXPECT_EQ(*Fingerprint(box_.Path("extracted.db")), big);
  ExpectBounded("inspect", {"inspect", box_.Url("big.db"), "--exact"});
  EXPECT_EQ(*Fingerprint(box_.Path("new.db")), big);
}

}  // namespace
}  // namespace siphon::testing
