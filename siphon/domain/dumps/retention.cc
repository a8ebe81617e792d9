// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/retention.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "siphon/base/moment.h"
#include "siphon/base/units.h"
#include "siphon/domain/dumps/scope.h"

namespace siphon::dumps {
namespace {

// A full dump with its incrementals, or another dump alone.
struct Chain {
  std::vector<const Candidate*> members;  // Newest first.
  const Candidate* first = nullptr;       // The one without a base.
  int firsts = 0;                         // How many there are; 1 in a proper chain.
  std::string missing = {};               // The id of a member that is missing.
  std::vector<Reason> reasons = {};       // Why it is kept.

  absl::Time created() const { return members.front()->created; }
  Kind kind() const { return first->kind; }
  bool failed() const { return first->check == Check::kFailed; }
  void Keep(std::string_view rule, std::string text) { reasons.push_back({rule, std::move(text)}); }
};

// Chains of one kind, newest first.
using Chains = std::vector<Chain*>;

bool IsFirst(const Candidate& dump) { return dump.base_id.empty() || dump.base_id == dump.id; }

bool IsNewer(const Candidate* a, const Candidate* b) {
  return a->created != b->created ? a->created > b->created : a->id < b->id;
}

// Finds the sets of dumps that are connected by their bases and parents.
class Links {
 public:
  explicit Links(absl::Span<const Candidate* const> dumps) : leaders_(dumps.size()) {
    std::iota(leaders_.begin(), leaders_.end(), size_t{0});
    for (size_t i = 0; i < dumps.size(); ++i) places_.emplace(dumps[i]->id, i);
    for (size_t i = 0; i < dumps.size(); ++i) {
      for (const std::string* id : {&dumps[i]->base_id, &dumps[i]->parent_id}) {
        const auto found = places_.find(*id);
        if (found != places_.end()) Join(i, found->second);
      }
    }
  }
  bool Has(std::string_view id) const { return places_.contains(id); }
  // The same number for all dumps of a set: the smallest place among them.
  size_t Leader(size_t place) {
    while (leaders_[place] != place) place = leaders_[place] = leaders_[leaders_[place]];
    return place;
  }

 private:
  void Join(size_t a, size_t b) {
    a = Leader(a);
    b = Leader(b);
    leaders_[std::max(a, b)] = std::min(a, b);
  }

  std::map<std::string_view, size_t> places_;
  std::vector<size_t> leaders_;
};

// The chains, newest first.
std::vector<Chain> FindChains(absl::Span<const Candidate* const> newest_first) {
  Links links(newest_first);
  std::vector<Chain> chains;
  std::map<size_t, size_t> places;  // In `chains`, by leader.
  for (size_t i = 0; i < newest_first.size(); ++i) {
    const Candidate& dump = *newest_first[i];
    const auto [place, is_new] = places.emplace(links.Leader(i), chains.size());
    if (is_new) chains.emplace_back();
    Chain& chain = chains[place->second];
    chain.members.push_back(&dump);
    if (IsFirst(dump)) {
      chain.first = &dump;
      ++chain.firsts;
      continue;
    }
    for (const std::string* id : {&dump.base_id, &dump.parent_id}) {
      if (!id->empty() && !links.Has(*id)) chain.missing = *id;
    }
  }
  return chains;
}

// Keeps chains about which the rules cannot say anything. Returns true for such a chain, which then
// counts for no rule.
bool KeepUncounted(Chain& chain, absl::Time now) {
  const size_t before = chain.reasons.size();
  if (!chain.missing.empty()) {
    const bool is_base =
        std::any_of(chain.members.begin(), chain.members.end(),
                    [&](const Candidate* dump) { return dump->base_id == chain.missing; });
    chain.Keep("broken_chain", absl::StrCat(is_base ? "the first dump" : "a dump",
                                            " of its chain, ", chain.missing, ", is missing"));
  } else if (chain.firsts != 1) {
    chain.Keep("broken_chain", absl::StrCat("its chain has ", chain.firsts, " first dumps"));
  }
  if (chain.created() > now) {
    chain.Keep("future", absl::StrCat("made in the future: ", base::FormatMoment(chain.created())));
  }
  if (std::any_of(chain.members.begin(), chain.members.end(),
                  [](const Candidate* dump) { return dump->check == Check::kUnreadable; })) {
    chain.Keep("unreadable_notes", "its notes cannot be read, so it may be pinned");
  }
  return chain.reasons.size() > before;
}

std::string InUtc(std::string_view format, absl::Time time) {
  return absl::FormatTime(format, time, absl::UTCTimeZone());
}

// A rule that keeps the newest chain of each of the last periods that have one.
struct Generation {
  std::string_view rule;
  int count = 0;
  std::string_view period;  // "day"
  std::string_view format;  // Equal texts for times of one period, and for no other times.
};

void KeepGeneration(const Chains& chains, const Generation& generation) {
  if (generation.count <= 0 || chains.empty()) return;
  int periods = 0;
  std::string last;
  bool has_oldest = false;
  for (Chain* const chain : chains) {
    std::string period = InUtc(generation.format, chain->created());
    if (periods > 0 && period == last) continue;
    if (periods == generation.count) return;
    ++periods;
    chain->Keep(generation.rule, absl::StrCat("newest of the ", generation.period, " ", period));
    last = std::move(period);
    has_oldest = chain == chains.back();
  }
  // So that the dumps reach further back with each period, until there are enough.
  if (periods == generation.count || has_oldest) return;
  chains.back()->Keep(generation.rule,
                      absl::StrCat("the oldest, since fewer than ", generation.count, " ",
                                   generation.period, "s have a dump"));
}

void ApplyRules(const Chains& chains, const Retention& rules, absl::Time now) {
  for (size_t i = 0; i < chains.size(); ++i) {
    if (i < static_cast<size_t>(rules.keep_last)) {
      chains[i]->Keep("keep_last", absl::StrCat("among the last ", rules.keep_last));
    }
  }
  for (Chain* const chain : chains) {
    if (rules.max_age.has_value() && now - chain->created() <= *rules.max_age) {
      chain->Keep("max_age", absl::StrCat("younger than ", base::FormatDuration(*rules.max_age)));
    }
    if (rules.keep_within.has_value() &&
        chains.front()->created() - chain->created() <= *rules.keep_within) {
      chain->Keep("keep_within", absl::StrCat("within ", base::FormatDuration(*rules.keep_within),
                                              " of the newest"));
    }
  }
  for (const Generation& generation :
       {Generation{"hourly", rules.gfs_hourly, "hour", "%Y-%m-%d %H:00"},
        Generation{"daily", rules.gfs_daily, "day", "%Y-%m-%d"},
        // The week of ISO 8601: "2026-W01" begins on 2025-12-29.
        Generation{"weekly", rules.gfs_weekly, "week", "%G-W%V"},
        Generation{"monthly", rules.gfs_monthly, "month", "%Y-%m"},
        Generation{"yearly", rules.gfs_yearly, "year", "%Y"}}) {
    KeepGeneration(chains, generation);
  }
}

// Keeps the newest full chain, a newer one that may be full, and the newest verified full one.
void KeepNewest(const Chains& newest_first) {
  Chain* full = nullptr;
  Chain* verified = nullptr;
  Chain* candidate = nullptr;
  for (Chain* const chain : newest_first) {
    if (chain->kind() == Kind::kPartial || chain->failed()) continue;
    if (chain->kind() != Kind::kFull) {
      if (full == nullptr && candidate == nullptr) candidate = chain;
      continue;
    }
    if (full == nullptr) full = chain;
    const bool passed =
        chain->first->check == Check::kPassed &&
        std::none_of(chain->members.begin(), chain->members.end(),
                     [](const Candidate* dump) { return dump->check == Check::kFailed; });
    if (verified == nullptr && passed) verified = chain;
  }
  if (candidate != nullptr) candidate->Keep("newest_full", "the newest dump that may be full");
  if (full != nullptr) full->Keep("newest_full", "the newest full dump");
  if (verified != nullptr) verified->Keep("newest_verified", "the newest verified full dump");
}

// Keeps what must not go, whatever the rules say.
void KeepHeld(Chain& chain) {
  for (const Candidate* const dump : chain.members) {
    const std::string_view which = chain.members.size() == 1 ? "" : " (a dump of its chain)";
    if (!dump->pin.empty()) chain.Keep("pin", absl::StrCat(dump->pin, which));
    if (dump->locked_until.has_value()) {
      chain.Keep("lock", *dump->locked_until == absl::InfiniteFuture()
                             ? absl::StrCat("locked by the store", which)
                             : absl::StrCat("locked by the store until ",
                                            base::FormatMoment(*dump->locked_until), which));
    }
    if (!dump->needed_by.empty()) {
      chain.Keep("needed", absl::StrCat("dump ", dump->needed_by, " of another profile needs it"));
    }
  }
}

// Keeps a chain if all newer chains that stay are much smaller.
void GuardSize(const Chains& chains, int percent) {
  if (percent <= 0 || chains.empty()) return;
  if (chains.front()->kind() == Kind::kPartial || chains.front()->failed()) return;
  uint64_t largest = 0;  // Of the chains that stay.
  for (Chain* const chain : chains) {
    const uint64_t size = chain->first->size_bytes;
    if (chain->reasons.empty() && size >= kSmallestGuarded && largest < size / 100 * percent) {
      chain->Keep(kSizeGuard,
                  absl::StrCat("no newer dump that stays has ", percent, "% of its size"));
    }
    if (!chain->reasons.empty()) largest = std::max(largest, size);
  }
}

}  // namespace

std::string_view Verdict::reason() const {
  return reasons.empty() ? std::string_view("no rule keeps it") : reasons.front().text;
}

std::vector<Verdict> ApplyRetention(absl::Span<const Candidate> dumps, const Retention& rules,
                                    absl::Time now) {
  std::vector<const Candidate*> order;
  for (const Candidate& dump : dumps) order.push_back(&dump);
  std::sort(order.begin(), order.end(), IsNewer);
  std::vector<Chain> chains = FindChains(order);
  Chains counted;
  std::map<std::pair<Kind, bool>, Chains> by_kind;  // And whether they failed.
  for (Chain& chain : chains) {
    KeepHeld(chain);
    if (rules.empty()) {
      chain.Keep("no_rules", "there are no rules");
      continue;
    }
    if (KeepUncounted(chain, now)) continue;
    counted.push_back(&chain);
    by_kind[{chain.kind(), chain.failed()}].push_back(&chain);
  }
  for (const auto& [kind, of_kind] : by_kind) ApplyRules(of_kind, rules, now);
  KeepNewest(counted);
  for (const auto& [kind, of_kind] : by_kind) {
    GuardSize(of_kind, rules.size_guard.value_or(kDefaultSizeGuard));
  }
  if (std::all_of(chains.begin(), chains.end(),
                  [](const Chain& chain) { return chain.reasons.empty(); })) {
    for (Chain& chain : chains) {
      chain.Keep(kRemovesAll, "the rules would remove every dump of the profile");
    }
  }
  std::map<const Candidate*, const Chain*> chain_of;
  for (const Chain& chain : chains) {
    for (const Candidate* const dump : chain.members) chain_of[dump] = &chain;
  }
  std::vector<Verdict> verdicts;
  for (const Candidate& dump : dumps) verdicts.push_back({dump.id, chain_of[&dump]->reasons});
  return verdicts;
}

}  // namespace siphon::dumps
