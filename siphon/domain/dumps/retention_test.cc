// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/retention.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::dumps {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

absl::Time At(std::string_view time) {
  absl::Time out;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M", time, &out, &error)) << error;
  return out;
}

const absl::Time kNow = At("2026-03-10 12:00");

Sidecar Dump(std::string id, std::string_view created, Kind kind = Kind::kFull,
             std::string base_id = "") {
  Sidecar dump;
  dump.id = std::move(id);
  dump.created = At(created);
  dump.scope.kind = kind;
  dump.base_id = std::move(base_id);
  return dump;
}

// The ids that stay.
std::vector<std::string> Kept(std::vector<Sidecar> dumps, const Retention& rules,
                              const std::set<std::string>& damaged = {}) {
  std::stable_sort(dumps.begin(), dumps.end(),
                   [](const Sidecar& a, const Sidecar& b) { return a.created > b.created; });
  std::vector<std::string> kept;
  for (const Verdict& verdict : ApplyRetention(dumps, damaged, rules, kNow)) {
    EXPECT_FALSE(verdict.reason.empty());
    if (verdict.keep) kept.push_back(verdict.id);
  }
  return kept;
}

TEST(RetentionTest, WithoutRulesAllDumpsStay) {
  EXPECT_THAT(Kept({Dump("a", "2020-01-01 00:00"), Dump("b", "2020-01-02 00:00")}, {}),
              ElementsAre("b", "a"));
  EXPECT_THAT(Kept({}, {.keep_last = 1}), IsEmpty());
}

TEST(RetentionTest, KeepLast) {
  const std::vector<Sidecar> dumps = {Dump("a", "2026-03-01 00:00"), Dump("b", "2026-03-02 00:00"),
                                      Dump("c", "2026-03-03 00:00")};
  EXPECT_THAT(Kept(dumps, {.keep_last = 2}), ElementsAre("c", "b"));
  EXPECT_THAT(Kept(dumps, {.keep_last = 5}), ElementsAre("c", "b", "a"));
}

TEST(RetentionTest, MaxAgeKeepsADumpOfExactlyThatAge) {
  EXPECT_THAT(Kept({Dump("a", "2026-03-09 11:59"), Dump("b", "2026-03-09 12:00"),
                    Dump("c", "2026-03-10 11:00")},
                   {.max_age = absl::Hours(24)}),
              ElementsAre("c", "b"));
}

TEST(RetentionTest, ADumpStaysIfAnyRuleKeepsIt) {
  EXPECT_THAT(Kept({Dump("a", "2026-03-08 00:00"), Dump("b", "2026-03-09 00:00"),
                    Dump("c", "2026-03-10 00:00")},
                   {.keep_last = 2, .max_age = absl::Hours(13)}),
              ElementsAre("c", "b"));
}

TEST(RetentionTest, GenerationsCountOnlyPeriodsThatHaveADump) {
  // The newest dump of a day stays, whatever the time between the days.
  EXPECT_THAT(Kept({Dump("a1", "2026-01-05 01:00"), Dump("a2", "2026-01-05 23:59"),
                    Dump("b", "2026-02-20 00:00"), Dump("c1", "2026-03-10 00:00"),
                    Dump("c2", "2026-03-10 01:00")},
                   {.gfs_daily = 3}),
              ElementsAre("c2", "b", "a2"));
  // 2025-12-29 to 2026-01-04 are one ISO week.
  EXPECT_THAT(Kept({Dump("a", "2025-12-28 12:00"), Dump("b", "2025-12-29 12:00"),
                    Dump("c", "2026-01-04 12:00"), Dump("d", "2026-01-05 12:00")},
                   {.gfs_weekly = 2}),
              ElementsAre("d", "c"));
  EXPECT_THAT(Kept({Dump("a", "2025-03-31 12:00"), Dump("b", "2026-03-01 00:00"),
                    Dump("c", "2026-03-09 00:00")},
                   {.gfs_monthly = 2}),
              ElementsAre("c", "a"));
}

TEST(RetentionTest, PartialDumpsAreCountedApart) {
  EXPECT_THAT(Kept({Dump("full1", "2026-03-01 00:00"), Dump("full2", "2026-03-02 00:00"),
                    Dump("part1", "2026-03-03 00:00", Kind::kPartial),
                    Dump("part2", "2026-03-04 00:00", Kind::kPartial),
                    Dump("import", "2026-03-05 00:00", Kind::kImported)},
                   {.keep_last = 1}),
              ElementsAre("import", "part2", "full2"));
}

TEST(RetentionTest, DamagedDumpsPushOutNoGoodOnes) {
  const std::vector<Sidecar> dumps = {Dump("a", "2026-03-01 00:00"), Dump("b", "2026-03-02 00:00"),
                                      Dump("c", "2026-03-02 01:00"), Dump("d", "2026-03-02 02:00")};
  EXPECT_THAT(Kept(dumps, {.keep_last = 2}, {"c", "d"}), ElementsAre("d", "c", "b", "a"));
  EXPECT_THAT(Kept(dumps, {.gfs_daily = 2}, {"d"}), ElementsAre("d", "c", "a"));
}

TEST(RetentionTest, TheNewestFullDumpStaysWhateverItsAge) {
  const Retention rules{.max_age = absl::Hours(1)};
  EXPECT_THAT(Kept({Dump("a", "2020-01-01 00:00"), Dump("b", "2020-01-02 00:00")}, rules),
              ElementsAre("b"));
  EXPECT_THAT(
      Kept({Dump("full", "2020-01-01 00:00"), Dump("unknown1", "2020-01-02 00:00", Kind::kUnknown),
            Dump("unknown2", "2020-01-03 00:00", Kind::kUnknown),
            Dump("part", "2020-01-04 00:00", Kind::kPartial)},
           rules),
      ElementsAre("unknown2", "full"));
  EXPECT_THAT(Kept({Dump("part", "2020-01-04 00:00", Kind::kPartial)}, rules), IsEmpty());
}

TEST(RetentionTest, TheNewestFullDumpWithoutAFaultStays) {
  EXPECT_THAT(Kept({Dump("a", "2020-01-01 00:00"), Dump("b", "2020-01-02 00:00"),
                    Dump("c", "2026-03-10 11:30")},
                   {.max_age = absl::Hours(1)}, {"c"}),
              ElementsAre("c", "b"));
}

TEST(RetentionTest, AChainIsAsOldAsItsNewestMemberAndStaysWhole) {
  const std::vector<Sidecar> dumps = {
      Dump("A", "2026-03-01 00:00"), Dump("A1", "2026-03-09 00:00", Kind::kUnknown, "A"),
      Dump("B", "2026-03-05 00:00"), Dump("B1", "2026-03-06 00:00", Kind::kUnknown, "B")};
  EXPECT_THAT(Kept(dumps, {.keep_last = 1}), ElementsAre("A1", "A"));
  EXPECT_THAT(Kept(dumps, {.max_age = absl::Hours(24 * 5)}), ElementsAre("A1", "B1", "B", "A"));
}

TEST(RetentionTest, AChainWithoutItsFirstDumpStays) {
  const std::vector<Sidecar> dumps = {Dump("B", "2026-03-05 00:00"),
                                      Dump("A1", "2020-01-01 00:00", Kind::kUnknown, "A")};
  EXPECT_THAT(Kept(dumps, {.keep_last = 1}), ElementsAre("B", "A1"));
  EXPECT_THAT(ApplyRetention(dumps, {}, {.keep_last = 1}, kNow)[1].reason,
              HasSubstr("the first dump of its chain, A, is missing"));
}

}  // namespace
}  // namespace siphon::dumps
