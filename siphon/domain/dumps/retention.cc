// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/retention.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "siphon/base/units.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::dumps {
namespace {

// A full dump with its incrementals, or another dump alone.
struct Chain {
  absl::Time created;          // Of the newest member.
  Kind kind = Kind::kUnknown;  // Of the first dump.
  bool has_base = false;       // The first dump exists.
  std::string reason = {};     // Why it is kept; empty: it is not.
};

const std::string& BaseId(const Sidecar& dump) {
  return dump.base_id.empty() ? dump.id : dump.base_id;
}

// The chains by the id of their first dump; `order` has their ids, the newest chain first.
std::map<std::string_view, Chain> FindChains(absl::Span<const Sidecar> newest_first,
                                             std::vector<std::string_view>& order) {
  std::map<std::string_view, Chain> chains;
  for (const Sidecar& dump : newest_first) {
    const auto [entry, is_new] = chains.try_emplace(BaseId(dump));
    if (is_new) {
      entry->second.created = dump.created;
      order.push_back(entry->first);
    }
    if (dump.id != entry->first) continue;
    entry->second.has_base = true;
    entry->second.kind = dump.scope.kind;
  }
  return chains;
}

std::string Day(absl::Time time) { return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone()); }
// The week of ISO 8601: "2026-W01" begins on 2025-12-29.
std::string Week(absl::Time time) { return absl::FormatTime("%G-W%V", time, absl::UTCTimeZone()); }
std::string Month(absl::Time time) { return absl::FormatTime("%Y-%m", time, absl::UTCTimeZone()); }

// The rules for the chains of one kind, which see the newest chain first.
class Rules {
 public:
  Rules(const Retention& rules, absl::Time now) : rules_(rules), now_(now) {}

  // Why the rules keep the next chain; empty if none does.
  std::string Judge(const Chain& chain) {
    ++seen_;
    // Each rule has to see each chain.
    const bool daily = IsNew(daily_, Day(chain.created), rules_.gfs_daily);
    const bool weekly = IsNew(weekly_, Week(chain.created), rules_.gfs_weekly);
    const bool monthly = IsNew(monthly_, Month(chain.created), rules_.gfs_monthly);
    if (seen_ <= rules_.keep_last) return absl::StrCat("among the last ", rules_.keep_last);
    if (rules_.max_age.has_value() && now_ - chain.created <= *rules_.max_age) {
      return absl::StrCat("younger than ", base::FormatDuration(*rules_.max_age));
    }
    if (daily) return absl::StrCat("newest of the day ", Day(chain.created));
    if (weekly) return absl::StrCat("newest of the week ", Week(chain.created));
    if (monthly) return absl::StrCat("newest of the month ", Month(chain.created));
    return "";
  }

 private:
  // True for the first chain of one of the first `count` periods.
  static bool IsNew(std::set<std::string>& periods, std::string period, int count) {
    if (static_cast<int>(periods.size()) >= count) return false;
    return periods.insert(std::move(period)).second;
  }

  const Retention& rules_;
  absl::Time now_;
  int seen_ = 0;
  std::set<std::string> daily_, weekly_, monthly_;
};

// Keeps the newest full chain, and a newer one that may be full.
void ProtectNewest(std::map<std::string_view, Chain>& chains,
                   const std::vector<std::string_view>& order,
                   const std::set<std::string>& damaged) {
  bool protected_candidate = false;
  for (const std::string_view id : order) {
    Chain& chain = chains[id];
    if (chain.kind == Kind::kPartial || !chain.has_base) continue;
    if (damaged.contains(std::string(id))) continue;
    const bool full = chain.kind == Kind::kFull;
    if (!full && protected_candidate) continue;
    protected_candidate = true;
    if (chain.reason.empty()) {
      chain.reason = full ? "the newest full dump" : "the newest dump that may be full";
    }
    if (full) return;
  }
}

}  // namespace

std::vector<Verdict> ApplyRetention(absl::Span<const Sidecar> newest_first,
                                    const std::set<std::string>& damaged, const Retention& rules,
                                    absl::Time now) {
  std::vector<std::string_view> order;
  std::map<std::string_view, Chain> chains = FindChains(newest_first, order);
  std::map<std::pair<Kind, bool>, Rules> counted;  // By kind, and whether damaged.
  for (const std::string_view id : order) {
    Chain& chain = chains[id];
    if (rules.empty()) {
      chain.reason = "there are no rules";
    } else if (!chain.has_base) {
      chain.reason = absl::StrCat("the first dump of its chain, ", id, ", is missing");
    } else {
      const std::pair key(chain.kind, damaged.contains(std::string(id)));
      chain.reason = counted.try_emplace(key, rules, now).first->second.Judge(chain);
    }
  }
  ProtectNewest(chains, order, damaged);
  std::vector<Verdict> verdicts;
  for (const Sidecar& dump : newest_first) {
    const std::string& reason = chains[BaseId(dump)].reason;
    verdicts.push_back({dump.id, !reason.empty(), reason.empty() ? "no rule keeps it" : reason});
  }
  return verdicts;
}

}  // namespace siphon::dumps
