// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/health.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::dumps {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'790'000'000);

Sidecar Dump(std::string id, int hours, Kind kind = Kind::kFull) {
  Sidecar dump;
  dump.id = std::move(id);
  dump.created = kNow - absl::Hours(hours);
  dump.scope.kind = kind;
  return dump;
}

Report Judge(const std::vector<Sidecar>& dumps, const std::map<std::string, Notes>& notes = {}) {
  return JudgeDumps(dumps, notes, absl::Hours(26), kNow);
}

Notes VerifiedBefore(int hours, std::string failure = "") {
  Notes notes;
  notes.Add({kNow - absl::Hours(hours), Depth::kDeep, std::move(failure)});
  return notes;
}

TEST(JudgeDumpsTest, AFullDumpThatIsYoungEnoughIsOk) {
  const Report report = Judge({Dump("b", 26), Dump("a", 50)});
  EXPECT_EQ(report.health, Health::kOk);
  EXPECT_EQ(report.reason, "");
  EXPECT_EQ(report.last_full->id, "b");
  EXPECT_FALSE(report.last_verified.has_value());
}

TEST(JudgeDumpsTest, NoneOrAnOldOneIsCritical) {
  EXPECT_EQ(Judge({}).health, Health::kCritical);
  EXPECT_EQ(Judge({}).reason, "there is no dump");
  const Report old = Judge({Dump("a", 27)});
  EXPECT_EQ(old.health, Health::kCritical);
  EXPECT_THAT(old.reason, HasSubstr("older than 26h00m"));
  EXPECT_EQ(old.last_full->id, "a");
}

TEST(JudgeDumpsTest, OnlyFullDumpsCount) {
  Sidecar incremental = Dump("d", 1);
  incremental.base_id = "x";
  const Report none = Judge({incremental, Dump("c", 1, Kind::kPartial),
                             Dump("b", 1, Kind::kImported), Dump("a", 1, Kind::kUnknown)});
  EXPECT_EQ(none.health, Health::kCritical);
  EXPECT_EQ(none.reason, "there is no full dump");
  const Report old = Judge({Dump("c", 1, Kind::kPartial), Dump("a", 30)});
  EXPECT_EQ(old.health, Health::kCritical);
}

TEST(JudgeDumpsTest, AnIncrementCountsIfItsChainIsWhole) {
  Sidecar increment = Dump("b", 1);
  increment.base_id = increment.parent_id = "a";
  increment.dump_format = "sqlite-pages-1";
  const Report report = Judge({increment, Dump("a", 100)});
  EXPECT_EQ(report.health, Health::kOk);
  EXPECT_EQ(report.last_full->id, "b");
  EXPECT_EQ(Judge({increment}).health, Health::kCritical);
  EXPECT_EQ(Judge({increment, Dump("a", 100)}, {{"a", VerifiedBefore(0, "it differs")}}).health,
            Health::kCritical);
}

TEST(JudgeDumpsTest, ADamagedDumpDoesNotCountAndIsAWarning) {
  const Report warning =
      Judge({Dump("b", 1), Dump("a", 20)}, {{"b", VerifiedBefore(0, "it differs")}});
  EXPECT_EQ(warning.health, Health::kWarning);
  EXPECT_EQ(warning.reason, "dump b did not pass its last verification");
  EXPECT_EQ(warning.last_full->id, "a");
  const Report older =
      Judge({Dump("b", 1), Dump("a", 20)}, {{"a", VerifiedBefore(0, "it differs")}});
  EXPECT_EQ(older.health, Health::kOk) << "an old dump with a fault does not matter";
  const Report none = Judge({Dump("b", 1)}, {{"b", VerifiedBefore(0, "it differs")}});
  EXPECT_EQ(none.health, Health::kCritical);
  EXPECT_EQ(none.reason, "no full dump passed its last verification");
}

TEST(JudgeDumpsTest, TheLastVerificationIsTheNewestPassedOne) {
  const Report report = Judge({Dump("c", 1), Dump("b", 2), Dump("a", 3)},
                              {{"b", VerifiedBefore(5)}, {"a", VerifiedBefore(2)}});
  EXPECT_EQ(report.last_verified_id, "a");
  EXPECT_EQ(report.last_verified->when, kNow - absl::Hours(2));
  EXPECT_EQ(report.last_verified->depth, Depth::kDeep);
}

}  // namespace
}  // namespace siphon::dumps
