// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/retention.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/dumps/scope.h"

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

Candidate Dump(std::string id, std::string_view created, Kind kind = Kind::kFull,
               std::string base_id = "") {
  return {.id = std::move(id), .base_id = std::move(base_id), .created = At(created), .kind = kind};
}

Candidate Sized(std::string id, std::string_view created, uint64_t mib, Kind kind = Kind::kFull) {
  Candidate dump = Dump(std::move(id), created, kind);
  dump.size_bytes = mib << 20;
  return dump;
}

// The ids that stay, newest first.
std::vector<std::string> Kept(std::vector<Candidate> dumps, const Retention& rules,
                              const std::set<std::string>& damaged = {}) {
  std::stable_sort(dumps.begin(), dumps.end(),
                   [](const Candidate& a, const Candidate& b) { return a.created > b.created; });
  for (Candidate& dump : dumps) {
    if (damaged.contains(dump.id)) dump.check = Check::kFailed;
  }
  std::vector<std::string> kept;
  for (const Verdict& verdict : ApplyRetention(dumps, rules, kNow)) {
    EXPECT_FALSE(verdict.reason().empty());
    if (verdict.keep()) kept.push_back(verdict.id);
  }
  return kept;
}

// "id: rule, rule" for each dump that stays, newest first.
std::vector<std::string> Reasons(std::vector<Candidate> dumps, const Retention& rules) {
  std::stable_sort(dumps.begin(), dumps.end(),
                   [](const Candidate& a, const Candidate& b) { return a.created > b.created; });
  std::vector<std::string> lines;
  for (const Verdict& verdict : ApplyRetention(dumps, rules, kNow)) {
    std::string line = absl::StrCat(verdict.id, ":");
    for (const Reason& reason : verdict.reasons) absl::StrAppend(&line, " ", reason.rule);
    if (verdict.keep()) lines.push_back(std::move(line));
  }
  return lines;
}

TEST(RetentionTest, WithoutRulesAllDumpsStay) {
  EXPECT_THAT(Kept({Dump("a", "2020-01-01 00:00"), Dump("b", "2020-01-02 00:00")}, {}),
              ElementsAre("b", "a"));
  EXPECT_THAT(Kept({}, {.keep_last = 1}), IsEmpty());
}

TEST(RetentionTest, KeepLast) {
  const std::vector<Candidate> dumps = {
      Dump("a", "2026-03-01 00:00"), Dump("b", "2026-03-02 00:00"), Dump("c", "2026-03-03 00:00")};
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
  const std::vector<Candidate> dumps = {
      Dump("a", "2026-03-01 00:00"), Dump("b", "2026-03-02 00:00"), Dump("c", "2026-03-02 01:00"),
      Dump("d", "2026-03-02 02:00")};
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
}

TEST(RetentionTest, TheNewestFullDumpWithoutAFaultStays) {
  EXPECT_THAT(Kept({Dump("a", "2020-01-01 00:00"), Dump("b", "2020-01-02 00:00"),
                    Dump("c", "2026-03-10 11:30")},
                   {.max_age = absl::Hours(1)}, {"c"}),
              ElementsAre("c", "b"));
}

TEST(RetentionTest, AChainIsAsOldAsItsNewestMemberAndStaysWhole) {
  const std::vector<Candidate> dumps = {
      Dump("A", "2026-03-01 00:00"), Dump("A1", "2026-03-09 00:00", Kind::kUnknown, "A"),
      Dump("B", "2026-03-05 00:00"), Dump("B1", "2026-03-06 00:00", Kind::kUnknown, "B")};
  EXPECT_THAT(Kept(dumps, {.keep_last = 1}), ElementsAre("A1", "A"));
  EXPECT_THAT(Kept(dumps, {.max_age = absl::Hours(24 * 5)}), ElementsAre("A1", "B1", "B", "A"));
}

TEST(RetentionTest, AChainWithoutItsFirstDumpStays) {
  const std::vector<Candidate> dumps = {Dump("B", "2026-03-05 00:00"),
                                        Dump("A1", "2020-01-01 00:00", Kind::kUnknown, "A")};
  EXPECT_THAT(Kept(dumps, {.keep_last = 1}), ElementsAre("B", "A1"));
  EXPECT_THAT(ApplyRetention(dumps, {.keep_last = 1}, kNow)[1].reason(),
              HasSubstr("the first dump of its chain, A, is missing"));
}

TEST(RetentionTest, ADumpNamesEachRuleThatKeepsIt) {
  EXPECT_THAT(Reasons({Dump("a", "2026-02-01 00:00"), Dump("b", "2026-03-09 00:00"),
                       Dump("c", "2026-03-10 10:00"), Dump("d", "2026-03-10 11:00")},
                      {.keep_last = 1, .max_age = absl::Hours(2), .gfs_daily = 2}),
              ElementsAre("d: keep_last max_age daily newest_full", "c: max_age", "b: daily"));
  const Verdict removed = ApplyRetention(
      {{Dump("a", "2020-01-01 00:00"), Dump("b", "2020-01-02 00:00")}}, {.keep_last = 1}, kNow)[0];
  EXPECT_FALSE(removed.keep());
  EXPECT_EQ(removed.reason(), "no rule keeps it");
}

TEST(RetentionTest, KeepWithinCountsFromTheNewestDump) {
  // The backups have stopped; max_age would keep "c" alone.
  EXPECT_THAT(Kept({Dump("a", "2025-01-02 11:59"), Dump("b", "2025-01-02 12:00"),
                    Dump("c", "2025-01-03 12:00")},
                   {.keep_within = absl::Hours(24)}),
              ElementsAre("c", "b"));
}

TEST(RetentionTest, KeepWithinCountsFromTheNewestGoodDumpOfTheKind) {
  EXPECT_THAT(
      Kept({Dump("a", "2025-01-02 00:00"), Dump("b", "2025-01-03 00:00"),
            Dump("bad", "2026-02-01 00:00"), Dump("part", "2026-03-01 00:00", Kind::kPartial)},
           {.keep_within = absl::Hours(24)}, {"bad"}),
      ElementsAre("part", "bad", "b", "a"));
}

TEST(RetentionTest, HourlyAndYearlyGenerations) {
  EXPECT_THAT(Kept({Dump("a", "2026-03-10 09:59"), Dump("b", "2026-03-10 10:00"),
                    Dump("c", "2026-03-10 10:59"), Dump("d", "2026-03-10 11:00")},
                   {.gfs_hourly = 2}),
              ElementsAre("d", "c"));
  EXPECT_THAT(Kept({Dump("a", "2023-06-01 00:00"), Dump("b", "2024-01-01 00:00"),
                    Dump("c", "2024-12-31 23:59"), Dump("d", "2025-01-01 00:00"),
                    Dump("e", "2026-01-01 00:00")},
                   {.gfs_yearly = 3}),
              ElementsAre("e", "d", "c"));
}

TEST(RetentionTest, TheFirstAndTheLastWeekOfAYearAreThoseOfIso8601) {
  // 2020-12-28 to 2021-01-03 is week 53 of 2020; 2021-01-04 begins week 1.
  EXPECT_THAT(Kept({Dump("a", "2020-12-27 12:00"), Dump("b", "2020-12-28 12:00"),
                    Dump("c", "2021-01-03 12:00"), Dump("d", "2021-01-04 12:00")},
                   {.gfs_weekly = 2}),
              ElementsAre("d", "c"));
}

TEST(RetentionTest, AGenerationWithTooFewPeriodsKeepsTheOldestDump) {
  const std::vector<Candidate> dumps = {
      Dump("a", "2026-03-01 00:00"), Dump("b", "2026-03-02 00:00"), Dump("c", "2026-03-03 00:00")};
  EXPECT_THAT(Reasons(dumps, {.gfs_monthly = 2}),
              ElementsAre("c: monthly newest_full", "a: monthly"));
  EXPECT_THAT(Reasons(dumps, {.gfs_monthly = 1}), ElementsAre("c: monthly newest_full"));
  EXPECT_THAT(Kept({Dump("a", "2026-03-01 00:00")}, {.gfs_monthly = 12}), ElementsAre("a"));
}

TEST(RetentionTest, OfTwoDumpsOfOneTimeTheSmallerIdIsTheNewer) {
  const Candidate a = Dump("a", "2026-03-01 00:00"), b = Dump("b", "2026-03-01 00:00");
  EXPECT_THAT(Kept({a, b}, {.gfs_daily = 1}), ElementsAre("a"));
  EXPECT_THAT(Kept({b, a}, {.gfs_daily = 1}), ElementsAre("a"));
}

TEST(RetentionTest, DumpsOfTheFutureStayAndDoNotCount) {
  EXPECT_THAT(Reasons({Dump("a", "2026-03-01 00:00"), Dump("b", "2026-03-02 00:00"),
                       Dump("x", "2026-03-10 12:01"), Dump("y", "2099-01-01 00:00")},
                      {.keep_last = 1, .keep_within = absl::Hours(1)}),
              ElementsAre("y: future", "x: future", "b: keep_last keep_within newest_full"));
  // The clock was set back: nothing goes.
  EXPECT_THAT(
      Kept({Dump("a", "2030-03-01 00:00"), Dump("b", "2030-03-02 00:00")}, {.keep_last = 1}),
      ElementsAre("b", "a"));
}

TEST(RetentionTest, PinnedAndLockedDumpsStayAndCount) {
  Candidate pinned = Dump("a", "2020-01-01 00:00"), locked = Dump("b", "2020-01-02 00:00");
  pinned.pin = "pinned";
  locked.locked_until = At("2027-01-01 00:00");
  const std::vector<Candidate> dumps = {pinned, locked, Dump("c", "2020-01-03 00:00"),
                                        Dump("d", "2020-01-04 00:00")};
  EXPECT_THAT(Reasons(dumps, {.keep_last = 1}),
              ElementsAre("d: keep_last newest_full", "b: lock", "a: pin"));
  EXPECT_THAT(
      Reasons(dumps, {.keep_last = 3}),
      ElementsAre("d: keep_last newest_full", "c: keep_last", "b: lock keep_last", "a: pin"));
  EXPECT_THAT(std::string(ApplyRetention(dumps, {.keep_last = 1}, kNow)[1].reason()),
              HasSubstr("locked by the store until 2027-01-01T00:00:00Z"));
}

TEST(RetentionTest, APinOfAnIncrementalKeepsItsChain) {
  Candidate last = Dump("A2", "2020-01-03 00:00", Kind::kUnknown, "A");
  last.parent_id = "A1";
  Candidate middle = Dump("A1", "2020-01-02 00:00", Kind::kUnknown, "A");
  middle.parent_id = "A";
  middle.pin = "pinned";
  EXPECT_THAT(Kept({Dump("A", "2020-01-01 00:00"), middle, last, Dump("B", "2020-01-04 00:00"),
                    Dump("C", "2020-01-05 00:00")},
                   {.keep_last = 1}),
              ElementsAre("C", "A2", "A1", "A"));
}

TEST(RetentionTest, ADumpThatAnotherProfileNeedsStays) {
  Candidate needed = Dump("a", "2020-01-01 00:00");
  needed.needed_by = "x";
  EXPECT_THAT(Kept({needed, Dump("b", "2020-01-02 00:00")}, {.keep_last = 1}),
              ElementsAre("b", "a"));
}

TEST(RetentionTest, DumpsWithUnreadableNotesStayAndDoNotCount) {
  Candidate unreadable = Dump("c", "2020-01-03 00:00");
  unreadable.check = Check::kUnreadable;
  EXPECT_THAT(Reasons({Dump("a", "2020-01-01 00:00"), Dump("b", "2020-01-02 00:00"), unreadable},
                      {.keep_last = 1}),
              ElementsAre("c: unreadable_notes", "b: keep_last newest_full"));
}

TEST(RetentionTest, ChainsWithMissingOrContradictingMembersStay) {
  Candidate torn = Dump("A2", "2020-01-03 00:00", Kind::kUnknown, "A");
  torn.parent_id = "A1";
  EXPECT_THAT(ApplyRetention({{Dump("A", "2020-01-01 00:00"), torn, Dump("B", "2020-01-04 00:00")}},
                             {.keep_last = 1}, kNow)[0]
                  .reason(),
              "a dump of its chain, A1, is missing");
  // A cycle, and a dump of two chains.
  const std::vector<Candidate> cycle = {Dump("X", "2020-01-01 00:00", Kind::kFull, "Y"),
                                        Dump("Y", "2020-01-02 00:00", Kind::kFull, "X"),
                                        Dump("Z", "2020-01-03 00:00")};
  EXPECT_THAT(Kept(cycle, {.keep_last = 1}), ElementsAre("Z", "Y", "X"));
  Candidate both = Dump("P1", "2020-01-02 00:00", Kind::kUnknown, "P");
  both.parent_id = "Q";
  EXPECT_THAT(Kept({Dump("P", "2020-01-01 00:00"), Dump("Q", "2020-01-01 01:00"), both,
                    Dump("R", "2020-01-03 00:00")},
                   {.keep_last = 1}),
              ElementsAre("R", "P1", "Q", "P"));
}

TEST(RetentionTest, TheNewestVerifiedFullDumpStays) {
  Candidate old = Dump("a", "2020-01-01 00:00"), verified = Dump("b", "2020-01-02 00:00");
  old.check = verified.check = Check::kPassed;
  Candidate failed = Dump("c", "2020-01-03 00:00");
  failed.check = Check::kFailed;
  EXPECT_THAT(
      Reasons({old, verified, failed, Dump("d", "2020-01-04 00:00"), Dump("e", "2020-01-05 00:00")},
              {.max_age = absl::Hours(1)}),
      ElementsAre("e: newest_full", "b: newest_verified"));
}

TEST(RetentionTest, TheSizeGuardKeepsTheLastDumpOfAComparableSize) {
  const std::vector<Candidate> dumps = {
      Sized("a", "2026-03-01 00:00", 990), Sized("b", "2026-03-02 00:00", 1000),
      Sized("c", "2026-03-03 00:00", 499), Sized("d", "2026-03-04 00:00", 2)};
  EXPECT_THAT(Reasons(dumps, {.keep_last = 1}),
              ElementsAre("d: keep_last newest_full", "c: size_guard", "b: size_guard"));
  EXPECT_THAT(Kept(dumps, {.keep_last = 1, .size_guard = 0}), ElementsAre("d"));
  // A grown dump takes the place of all.
  EXPECT_THAT(Kept({Sized("a", "2026-03-01 00:00", 990), Sized("b", "2026-03-02 00:00", 500)},
                   {.keep_last = 1}),
              ElementsAre("b"));
}

TEST(RetentionTest, TheSizeGuardLooksAtDumpsOfTheSameKindThatStay) {
  // The imported dump is big enough, but may not be the whole database.
  EXPECT_THAT(Kept({Sized("a", "2026-03-01 00:00", 100), Sized("b", "2026-03-02 00:00", 1),
                    Sized("i", "2026-03-03 00:00", 100, Kind::kImported)},
                   {.keep_last = 1}),
              ElementsAre("i", "b", "a"));
  // Filters change the sizes of partial dumps, and a failed dump may be any size.
  EXPECT_THAT(Kept({Sized("p", "2026-03-01 00:00", 100, Kind::kPartial),
                    Sized("q", "2026-03-02 00:00", 1, Kind::kPartial)},
                   {.keep_last = 1}),
              ElementsAre("q"));
  EXPECT_THAT(Kept({Sized("a", "2026-03-01 00:00", 100), Sized("b", "2026-03-02 00:00", 100),
                    Sized("c", "2026-03-03 00:00", 1)},
                   {.keep_last = 1}, {"a", "c"}),
              ElementsAre("c", "b"));
}

TEST(RetentionTest, TheSizeGuardIgnoresSmallDumps) {
  Candidate small = Dump("a", "2026-03-01 00:00");
  small.size_bytes = kSmallestGuarded - 1;
  EXPECT_THAT(Kept({small, Dump("b", "2026-03-02 00:00")}, {.keep_last = 1}), ElementsAre("b"));
  small.size_bytes = kSmallestGuarded;
  EXPECT_THAT(Kept({small, Dump("b", "2026-03-02 00:00")}, {.keep_last = 1}),
              ElementsAre("b", "a"));
}

TEST(RetentionTest, RulesThatWouldRemoveEveryDumpRemoveNone) {
  const Retention rules{.max_age = absl::Hours(1)};
  const std::vector<Candidate> partial = {Dump("p", "2020-01-04 00:00", Kind::kPartial),
                                          Dump("q", "2020-01-05 00:00", Kind::kPartial)};
  EXPECT_THAT(Reasons(partial, rules), ElementsAre("q: removes_all", "p: removes_all"));
  EXPECT_THAT(Kept({Dump("a", "2020-01-01 00:00")}, rules, {"a"}), ElementsAre("a"));
}

TEST(RetentionTest, TheSizeGuardAloneIsNoRule) {
  EXPECT_TRUE(Retention{.size_guard = 10}.empty());
  EXPECT_THAT(Reasons({Dump("a", "2020-01-01 00:00")}, {.size_guard = 10}),
              ElementsAre("a: no_rules"));
}

}  // namespace
}  // namespace siphon::dumps
