// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The examples of the documentation of restic ("Removing backup snapshots") and BorgBackup ("borg
// prune visualized"), as tables. In siphon, as in restic, a dump counts for every rule that keeps
// it; in BorgBackup a dump that one rule keeps is skipped by the next ones.

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/dumps/retention.h"
#include "siphon/domain/dumps/scope.h"

namespace siphon::dumps {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

// A full dump of that day, at `hour`, whose id is "2019-09-01" or "2019-09-01 <suffix>".
Candidate DumpOf(absl::CivilDay day, int hour = 11, std::string_view suffix = "") {
  return {.id = absl::StrCat(absl::FormatCivilTime(day), suffix.empty() ? "" : " ", suffix),
          .created = absl::FromCivil(absl::CivilHour(day) + hour, absl::UTCTimeZone()),
          .kind = Kind::kFull,
          .size_bytes = kSmallestGuarded};
}

// One dump a day from `first` to `last`, newest first.
std::vector<Candidate> Daily(absl::CivilDay first, absl::CivilDay last) {
  std::vector<Candidate> dumps;
  for (absl::CivilDay day = last; day >= first; --day) dumps.push_back(DumpOf(day));
  return dumps;
}

std::vector<std::string> Kept(const std::vector<Candidate>& dumps, const Retention& rules,
                              absl::CivilDay today) {
  std::vector<std::string> kept;
  for (const Verdict& verdict :
       ApplyRetention(dumps, rules, absl::FromCivil(today, absl::UTCTimeZone()))) {
    if (verdict.keep()) kept.push_back(verdict.id);
  }
  return kept;
}

TEST(ResticExamples, DaysWithoutADumpDoNotCount) {
  // A backup on each of twelve Sundays; --keep-daily 4 keeps those of the last four.
  std::vector<Candidate> sundays;
  for (absl::CivilDay day(2019, 11, 17); day >= absl::CivilDay(2019, 9, 1); day -= 7) {
    sundays.push_back(DumpOf(day));
  }
  ASSERT_THAT(sundays, SizeIs(12));
  EXPECT_THAT(Kept(sundays, {.gfs_daily = 4}, absl::CivilDay(2019, 11, 18)),
              ElementsAre("2019-11-17", "2019-11-10", "2019-11-03", "2019-10-27"));
}

TEST(ResticExamples, ADumpADayForAHundredYears) {
  // 7 daily ones; 4 more weekly ones, since the days have one end of a week (two in the middle of a
  // week, with today); 11 more at the end of a month and 74 more at the end of a year, since today
  // is the newest day of both.
  const struct {
    absl::CivilDay last;
    size_t weekly, monthly, yearly;
  } kCases[] = {
      {absl::CivilDay(2019, 11, 17), 4, 11, 74},  // A Sunday.
      {absl::CivilDay(2019, 11, 20), 3, 11, 74},  // A Wednesday.
  };
  for (const auto& test : kCases) {
    const std::vector<Candidate> dumps = Daily(test.last - 36525, test.last);
    std::vector<std::string> kept =
        Kept(dumps, {.gfs_daily = 7, .gfs_weekly = 5, .gfs_monthly = 12, .gfs_yearly = 75},
             test.last + 1);
    const auto rule = [&](const Retention& rules) { return Kept(dumps, rules, test.last + 1); };
    EXPECT_THAT(rule({.gfs_daily = 7}), SizeIs(7));
    EXPECT_THAT(rule({.gfs_daily = 7, .gfs_weekly = 5}), SizeIs(7 + test.weekly));
    EXPECT_THAT(rule({.gfs_daily = 7, .gfs_monthly = 12}), SizeIs(7 + test.monthly));
    EXPECT_THAT(rule({.gfs_daily = 7, .gfs_yearly = 75}), SizeIs(7 + test.yearly));
    // The end of 2018 counts for its month and for its year.
    EXPECT_THAT(kept, Contains("2018-12-31"));
    EXPECT_THAT(kept, Contains("1945-12-31"));
    EXPECT_THAT(kept, Not(Contains("1944-12-31")));
    EXPECT_THAT(kept, SizeIs(7 + test.weekly + test.monthly + test.yearly - 1));
  }
}

TEST(ResticExamples, TheOldestStaysWhileThereAreTooFewPeriods) {
  const std::vector<Candidate> dumps =
      Daily(absl::CivilDay(2019, 10, 20), absl::CivilDay(2019, 11, 5));
  EXPECT_THAT(Kept(dumps, {.gfs_monthly = 3}, absl::CivilDay(2019, 11, 6)),
              ElementsAre("2019-11-05", "2019-10-31", "2019-10-20"));
}

TEST(ResticExamples, WithoutRulesNothingGoes) {
  const std::vector<Candidate> dumps =
      Daily(absl::CivilDay(2019, 9, 1), absl::CivilDay(2019, 9, 9));
  EXPECT_THAT(Kept(dumps, {.keep_last = 0}, absl::CivilDay(2020, 1, 1)), SizeIs(dumps.size()));
}

// An attacker who may add dumps adds an empty one to each of the last three weeks.
std::vector<Candidate> Attacked() {
  std::vector<Candidate> dumps;
  for (absl::CivilDay day(2019, 11, 17); day >= absl::CivilDay(2019, 9, 1); day -= 7) {
    dumps.push_back(DumpOf(day));
    if (day < absl::CivilDay(2019, 11, 3)) continue;
    dumps.push_back(DumpOf(day, 12, "garbage"));
    dumps.back().size_bytes = 4096;
  }
  return dumps;
}

TEST(ResticExamples, GarbageInEachWeekPushesOutGoodDumps) {
  EXPECT_THAT(Kept(Attacked(), {.gfs_weekly = 3, .size_guard = 0}, absl::CivilDay(2019, 11, 18)),
              ElementsAre("2019-11-17 garbage", "2019-11-10 garbage", "2019-11-03 garbage"));
}

TEST(ResticExamples, KeepWithinKeepsTheGoodDumpsNextToTheGarbage) {
  EXPECT_THAT(
      Kept(Attacked(), {.gfs_weekly = 3, .keep_within = absl::Hours(24 * 15), .size_guard = 0},
           absl::CivilDay(2019, 11, 18)),
      ElementsAre("2019-11-17", "2019-11-17 garbage", "2019-11-10", "2019-11-10 garbage",
                  "2019-11-03", "2019-11-03 garbage"));
}

TEST(ResticExamples, TheSizeGuardKeepsTheLastGoodDump) {
  EXPECT_THAT(
      Kept(Attacked(), {.gfs_weekly = 3}, absl::CivilDay(2019, 11, 18)),
      ElementsAre("2019-11-17", "2019-11-17 garbage", "2019-11-10 garbage", "2019-11-03 garbage"));
}

// At least one backup on each day of 2015, but for December 19; today is 2016-01-01.
std::vector<Candidate> YearOfBorg() {
  std::vector<Candidate> dumps = Daily(absl::CivilDay(2015, 1, 1), absl::CivilDay(2015, 12, 31));
  std::erase_if(dumps, [](const Candidate& dump) { return dump.id == "2015-12-19"; });
  return dumps;
}

std::vector<std::string> BorgDays() {
  std::vector<std::string> days;
  for (int day = 31; day >= 17; --day) {
    if (day != 19) days.push_back(absl::StrCat("2015-12-", day));
  }
  return days;
}

TEST(BorgExample, FourteenDaysSkipTheDayWithoutADump) {
  EXPECT_THAT(Kept(YearOfBorg(), {.gfs_daily = 14}, absl::CivilDay(2016, 1, 1)),
              ElementsAreArray(BorgDays()));
}

TEST(BorgExample, TheSameNumbersKeepADumpForSeveralRules) {
  // --keep-daily 14 --keep-monthly 6 --keep-yearly 1: December 31 is the newest of its month and of
  // its year, too.
  std::vector<std::string> expected = BorgDays();
  for (const char* const day :
       {"2015-11-30", "2015-10-31", "2015-09-30", "2015-08-31", "2015-07-31"}) {
    expected.emplace_back(day);
  }
  EXPECT_THAT(Kept(YearOfBorg(), {.gfs_daily = 14, .gfs_monthly = 6, .gfs_yearly = 1},
                   absl::CivilDay(2016, 1, 1)),
              ElementsAreArray(expected));
}

TEST(BorgExample, OneMoreMonthAndYearKeepWhatBorgKeeps) {
  std::vector<std::string> expected = BorgDays();
  for (const char* const day : {"2015-11-30", "2015-10-31", "2015-09-30", "2015-08-31",
                                "2015-07-31", "2015-06-30", "2015-01-01"}) {
    expected.emplace_back(day);
  }
  EXPECT_THAT(Kept(YearOfBorg(), {.gfs_daily = 14, .gfs_monthly = 7, .gfs_yearly = 2},
                   absl::CivilDay(2016, 1, 1)),
              ElementsAreArray(expected));
}

}  // namespace
}  // namespace siphon::dumps
