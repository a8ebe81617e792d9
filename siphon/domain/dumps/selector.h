// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_SELECTOR_H_
#define SIPHON_DOMAIN_DUMPS_SELECTOR_H_

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::dumps {

// The shortest beginning of an id that selects a dump: shorter ones are more likely mistakes.
inline constexpr size_t kShortestPrefix = 4;

// What a user says to mean one dump.
struct Selector {
  // An id, the beginning of one, "latest" or "latest:PROFILE". Empty with one of the conditions
  // below means "latest".
  std::string text = {};
  // The conditions for the latest dump.
  std::optional<absl::Time> before = std::nullopt;  // It was created before this time.
  std::set<std::string> tags = {};                  // It has all of these tags.
  std::optional<Kind> kind = std::nullopt;          // Unset: a full dump.
  bool any_kind = false;                            // Dumps of every kind; overrides `kind`.

  bool has_conditions() const {
    return before.has_value() || !tags.empty() || kind.has_value() || any_kind;
  }
};

// True for "latest" and "latest:PROFILE".
bool IsLatest(std::string_view selector);
// The profile of "latest:PROFILE"; empty for "latest".
std::string_view ProfileOfLatest(std::string_view selector);
// The selector of the latest dump of `profile`, or of any if that is empty.
std::string LatestOf(std::string_view profile);

// The first dump of `newest_first` that `selector` means; its text is "latest", "latest:PROFILE" or
// empty. Dumps of another kind (a dump of an unknown kind is not a full one), those that did not
// pass their last verification, and increments whose chain is not usable (WhyChainIsUnusable()) are
// passed over. `notes` are those of Listing::notes. errs::kNotFound names the newest dump that was
// passed over and the reason.
absl::StatusOr<Sidecar> SelectLatest(absl::Span<const Sidecar> newest_first,
                                     const std::map<std::string, Notes>& notes,
                                     const Selector& selector);

// Those of `ids` that begin with `prefix`; none for a prefix shorter than kShortestPrefix.
std::vector<std::string> SelectByPrefix(absl::Span<const std::string> ids, std::string_view prefix);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_SELECTOR_H_
