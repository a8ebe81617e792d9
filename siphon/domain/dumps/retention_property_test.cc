// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Compares ApplyRetention() for random dumps and rules with simple definitions of each rule in this
// file, and checks what retention.h promises about all rules together.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
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

const absl::Time kNow = absl::FromCivil(absl::CivilHour(2026, 3, 10, 12), absl::UTCTimeZone());

bool IsNewer(const Candidate& a, const Candidate& b) {
  return a.created != b.created ? a.created > b.created : a.id < b.id;
}

class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  int Below(int end) { return static_cast<int>(random_() % static_cast<uint32_t>(end)); }
  bool OneIn(int n) { return Below(n) == 0; }

  std::vector<Candidate> Dumps() {
    std::vector<Candidate> dumps(Below(14));
    // From minutes to years between two dumps.
    constexpr int kSteps[] = {1, 20, 300, 3000, 40000, 300000};
    const int step = kSteps[Below(6)];
    absl::Time time = kNow + absl::Minutes(OneIn(6) ? Below(3) * step : 0);
    for (size_t i = 0; i < dumps.size(); ++i) {
      Candidate& dump = dumps[i];
      dump.id = absl::StrCat("d", 90 - i);
      dump.created = time;
      if (!OneIn(5)) time -= absl::Minutes(Below(2 * step));
      dump.kind = OneIn(3) ? Kind{Below(4)} : Kind::kFull;
      dump.check = OneIn(2) ? Check{Below(4)} : Check::kNone;
      dump.size_bytes = static_cast<uint64_t>(Below(8)) << 19;
      if (OneIn(12)) dump.pin = "pinned";
      if (OneIn(12)) dump.locked_until = absl::InfiniteFuture();
      if (OneIn(20)) dump.needed_by = "x";
      // Of any other dump, which may also be one of another chain, or newer, or none.
      if (OneIn(6)) dump.base_id = absl::StrCat("d", 90 - Below(15));
      if (!dump.base_id.empty() || OneIn(30)) dump.parent_id = absl::StrCat("d", 90 - Below(15));
    }
    std::shuffle(dumps.begin(), dumps.end(), random_);
    return dumps;
  }

  Retention Rules() {
    Retention rules;
    const auto count = [&] { return OneIn(3) ? Below(5) : 0; };
    const auto age = [&]() -> std::optional<absl::Duration> {
      if (!OneIn(4)) return std::nullopt;
      return absl::Minutes(Below(OneIn(2) ? 5000 : 500000));
    };
    rules = {count(), age(), count(), count(), count(), count(), count(), age(), std::nullopt};
    if (OneIn(2)) rules.size_guard = Below(101);
    return rules;
  }

  void Shuffle(std::vector<Candidate>& dumps) { std::shuffle(dumps.begin(), dumps.end(), random_); }

 private:
  std::mt19937 random_;
};

bool HasRule(const Verdict& verdict, std::string_view rule) {
  return std::any_of(verdict.reasons.begin(), verdict.reasons.end(),
                     [&](const Reason& reason) { return reason.rule == rule; });
}

std::map<std::string, Verdict> ById(const std::vector<Verdict>& verdicts) {
  std::map<std::string, Verdict> by_id;
  for (const Verdict& verdict : verdicts) by_id[verdict.id] = verdict;
  return by_id;
}

std::string Describe(const std::vector<Candidate>& dumps, const std::vector<Verdict>& verdicts) {
  std::string text;
  for (size_t i = 0; i < dumps.size(); ++i) {
    const Candidate& dump = dumps[i];
    absl::StrAppend(&text, dump.id, " ", absl::FormatTime(dump.created, absl::UTCTimeZone()),
                    " kind ", static_cast<int>(dump.kind), " check ", static_cast<int>(dump.check),
                    " size ", dump.size_bytes, " base ", dump.base_id, " parent ", dump.parent_id,
                    ":");
    for (const Reason& reason : verdicts[i].reasons) absl::StrAppend(&text, " ", reason.rule);
    text += "\n";
  }
  return text;
}

// Single dumps only: what the rules say about each, from their definitions.
class Definitions {
 public:
  // `dumps` are those of one kind that count.
  Definitions(std::vector<Candidate> dumps, const Retention& rules)
      : dumps_(std::move(dumps)), rules_(rules) {}

  std::set<std::string> Keepers(const Candidate& dump) const {
    std::set<std::string> keepers;
    const auto add = [&](const char* rule, bool keeps) {
      if (keeps) keepers.insert(rule);
    };
    add("keep_last", Newer(dump).size() < static_cast<size_t>(rules_.keep_last));
    add("max_age", rules_.max_age.has_value() && dump.created + *rules_.max_age >= kNow);
    add("keep_within", rules_.keep_within.has_value() &&
                           std::none_of(dumps_.begin(), dumps_.end(), [&](const Candidate& other) {
                             return other.created > dump.created + *rules_.keep_within;
                           }));
    add("hourly", Generation(dump, rules_.gfs_hourly, [](absl::CivilSecond time) {
          return absl::CivilSecond(absl::CivilHour(time));
        }));
    add("daily", Generation(dump, rules_.gfs_daily, [](absl::CivilSecond time) {
          return absl::CivilSecond(absl::CivilDay(time));
        }));
    add("weekly", Generation(dump, rules_.gfs_weekly, [](absl::CivilSecond time) {
          return absl::CivilSecond(
              absl::PrevWeekday(absl::CivilDay(time) + 1, absl::Weekday::monday));
        }));
    add("monthly", Generation(dump, rules_.gfs_monthly, [](absl::CivilSecond time) {
          return absl::CivilSecond(absl::CivilMonth(time));
        }));
    add("yearly", Generation(dump, rules_.gfs_yearly, [](absl::CivilSecond time) {
          return absl::CivilSecond(absl::CivilYear(time));
        }));
    return keepers;
  }

 private:
  using Begin = std::function<absl::CivilSecond(absl::CivilSecond)>;

  std::vector<Candidate> Newer(const Candidate& dump) const {
    std::vector<Candidate> newer;
    for (const Candidate& other : dumps_) {
      if (IsNewer(other, dump)) newer.push_back(other);
    }
    return newer;
  }

  bool Generation(const Candidate& dump, int count, const Begin& begin) const {
    const auto period = [&](const Candidate& one) {
      return begin(absl::ToCivilSecond(one.created, absl::UTCTimeZone()));
    };
    std::set<absl::CivilSecond> newer, all;
    for (const Candidate& other : Newer(dump)) newer.insert(period(other));
    for (const Candidate& other : dumps_) all.insert(period(other));
    if (!newer.contains(period(dump)) && newer.size() < static_cast<size_t>(count)) return true;
    const bool oldest = Newer(dump).size() + 1 == dumps_.size();
    return oldest && all.size() < static_cast<size_t>(count);
  }

  std::vector<Candidate> dumps_;
  Retention rules_;
};

bool Counts(const Candidate& dump) {
  return dump.created <= kNow && dump.check != Check::kUnreadable;
}

// A dump has exactly the rules as reasons whose definitions keep it.
TEST(RetentionPropertyTest, ARuleKeepsADumpIfAndOnlyIfItsDefinitionDoes) {
  int kept_by_rules = 0, removed = 0;
  for (uint32_t seed = 0; seed < 6000; ++seed) {
    Generator generator(seed);
    std::vector<Candidate> dumps = generator.Dumps();
    for (Candidate& dump : dumps) dump.base_id = dump.parent_id = "";
    const Retention rules = generator.Rules();
    const std::vector<Verdict> verdicts = ApplyRetention(dumps, rules, kNow);
    SCOPED_TRACE(absl::StrCat("seed ", seed, "\n", Describe(dumps, verdicts)));
    for (size_t i = 0; i < dumps.size(); ++i) {
      std::vector<Candidate> of_kind;
      for (const Candidate& other : dumps) {
        if (Counts(other) && other.kind == dumps[i].kind &&
            (other.check == Check::kFailed) == (dumps[i].check == Check::kFailed)) {
          of_kind.push_back(other);
        }
      }
      std::set<std::string> expected;
      if (Counts(dumps[i]) && !rules.empty()) {
        expected = Definitions(of_kind, rules).Keepers(dumps[i]);
      }
      std::set<std::string> found;
      for (const char* const rule : {"keep_last", "max_age", "keep_within", "hourly", "daily",
                                     "weekly", "monthly", "yearly"}) {
        if (HasRule(verdicts[i], rule)) found.insert(rule);
      }
      ASSERT_EQ(found, expected) << dumps[i].id;
      if (!expected.empty()) ++kept_by_rules;
      if (!verdicts[i].keep()) ++removed;
    }
  }
  // The test compares something.
  EXPECT_GT(kept_by_rules, 5000);
  EXPECT_GT(removed, 2000);
}

// Checks the promises that hold for chains, too.
void CheckPromises(const std::vector<Candidate>& dumps, const std::vector<Verdict>& verdicts,
                   const Retention& rules) {
  std::map<std::string, Verdict> by_id = ById(verdicts);
  bool any = dumps.empty();
  const Candidate* newest_full = nullptr;
  const Candidate* newest_verified = nullptr;
  for (size_t i = 0; i < dumps.size(); ++i) {
    const Candidate& dump = dumps[i];
    const bool keep = verdicts[i].keep();
    ASSERT_EQ(verdicts[i].id, dump.id);
    any |= keep;
    if (!dump.pin.empty() || dump.locked_until.has_value() || !dump.needed_by.empty() ||
        !Counts(dump) || rules.empty()) {
      ASSERT_TRUE(keep) << dump.id;
    }
    // A dump never goes without those that need it, nor they without it.
    for (const std::string& other : {dump.base_id, dump.parent_id}) {
      if (other.empty()) continue;
      if (by_id.contains(other)) {
        ASSERT_EQ(keep, by_id[other].keep()) << dump.id << " and " << other;
      } else if (!dump.base_id.empty() && dump.base_id != dump.id) {
        ASSERT_TRUE(keep) << dump.id << " needs " << other;
      }
    }
    if (dump.kind != Kind::kFull || !dump.base_id.empty() || !Counts(dump)) continue;
    if (dump.check == Check::kFailed) continue;
    if (newest_full == nullptr || IsNewer(dump, *newest_full)) newest_full = &dump;
    if (dump.check != Check::kPassed) continue;
    if (newest_verified == nullptr || IsNewer(dump, *newest_verified)) newest_verified = &dump;
  }
  ASSERT_TRUE(any) << "all would go";
  const bool chains = std::any_of(dumps.begin(), dumps.end(), [](const Candidate& dump) {
    return !dump.base_id.empty() || !dump.parent_id.empty();
  });
  // The time of a chain is that of its newest member.
  if (chains) return;
  if (newest_full != nullptr) {
    ASSERT_TRUE(by_id[newest_full->id].keep());
  }
  if (newest_verified != nullptr) {
    ASSERT_TRUE(by_id[newest_verified->id].keep());
  }
}

// Each dump that goes leaves a newer one of a comparable size.
void CheckSizes(const std::vector<Candidate>& dumps, const std::vector<Verdict>& verdicts,
                int percent) {
  for (size_t i = 0; i < dumps.size(); ++i) {
    const Candidate& dump = dumps[i];
    if (verdicts[i].keep() || dump.size_bytes < kSmallestGuarded) continue;
    if (dump.kind == Kind::kPartial || dump.check == Check::kFailed) continue;
    bool replaced = percent == 0;
    for (size_t j = 0; j < dumps.size(); ++j) {
      replaced |= verdicts[j].keep() && Counts(dumps[j]) && dumps[j].kind == dump.kind &&
                  dumps[j].check != Check::kFailed && IsNewer(dumps[j], dump) &&
                  dumps[j].size_bytes + 100 >= dump.size_bytes * percent / 100;
    }
    ASSERT_TRUE(replaced) << dump.id;
  }
}

TEST(RetentionPropertyTest, NothingThatMustStayGoes) {
  for (uint32_t seed = 0; seed < 10000; ++seed) {
    Generator generator(seed);
    std::vector<Candidate> dumps = generator.Dumps();
    const bool chains = generator.OneIn(2);
    if (!chains) {
      for (Candidate& dump : dumps) dump.base_id = dump.parent_id = "";
    }
    const Retention rules = generator.Rules();
    const std::vector<Verdict> verdicts = ApplyRetention(dumps, rules, kNow);
    SCOPED_TRACE(absl::StrCat("seed ", seed, "\n", Describe(dumps, verdicts)));
    CheckPromises(dumps, verdicts, rules);
    if (!chains) CheckSizes(dumps, verdicts, rules.size_guard.value_or(kDefaultSizeGuard));
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(RetentionPropertyTest, TheOrderOfTheDumpsDoesNotMatter) {
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    Generator generator(seed);
    std::vector<Candidate> dumps = generator.Dumps();
    const Retention rules = generator.Rules();
    const auto before = ById(ApplyRetention(dumps, rules, kNow));
    generator.Shuffle(dumps);
    for (const auto& [id, verdict] : ById(ApplyRetention(dumps, rules, kNow))) {
      ASSERT_EQ(verdict.keep(), before.at(id).keep()) << "seed " << seed << ", " << id;
    }
  }
}

TEST(RetentionPropertyTest, ASecondPruneRemovesNothing) {
  for (uint32_t seed = 0; seed < 6000; ++seed) {
    Generator generator(seed);
    const std::vector<Candidate> dumps = generator.Dumps();
    const Retention rules = generator.Rules();
    const std::vector<Verdict> verdicts = ApplyRetention(dumps, rules, kNow);
    std::vector<Candidate> left;
    for (size_t i = 0; i < dumps.size(); ++i) {
      if (verdicts[i].keep()) left.push_back(dumps[i]);
    }
    for (const Verdict& verdict : ApplyRetention(left, rules, kNow)) {
      ASSERT_TRUE(verdict.keep()) << "seed " << seed << ", " << verdict.id << "\n"
                                  << Describe(dumps, verdicts);
    }
  }
}

TEST(RetentionPropertyTest, APinKeepsItsDumpAndCostsNoOther) {
  for (uint32_t seed = 0; seed < 4000; ++seed) {
    Generator generator(seed);
    std::vector<Candidate> dumps = generator.Dumps();
    if (dumps.empty()) continue;
    const Retention rules = generator.Rules();
    const auto before = ById(ApplyRetention(dumps, rules, kNow));
    const bool all = std::any_of(before.begin(), before.end(), [](const auto& entry) {
      return HasRule(entry.second, kRemovesAll);
    });
    // The size guard may let go of a dump that the pinned one replaces.
    const bool guarded = std::any_of(before.begin(), before.end(), [](const auto& entry) {
      return HasRule(entry.second, "size_guard");
    });
    Candidate& pinned = dumps[generator.Below(static_cast<int>(dumps.size()))];
    pinned.pin = "pinned";
    const auto after = ById(ApplyRetention(dumps, rules, kNow));
    ASSERT_TRUE(after.at(pinned.id).keep());
    if (all || guarded) continue;
    for (const auto& [id, verdict] : before) {
      ASSERT_LE(verdict.keep(), after.at(id).keep()) << "seed " << seed << ", " << id;
    }
  }
}

}  // namespace
}  // namespace siphon::dumps
