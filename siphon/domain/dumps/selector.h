// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_SELECTOR_H_
#define SIPHON_DOMAIN_DUMPS_SELECTOR_H_

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::dumps {

// The shortest beginning of an id that selects a dump: shorter ones are more likely mistakes.
inline constexpr size_t kShortestPrefix = 4;

// True for "latest" and "latest:PROFILE".
bool IsLatest(std::string_view selector);
// The profile of "latest:PROFILE"; empty for "latest".
std::string_view ProfileOfLatest(std::string_view selector);
// The selector of the latest dump of `profile`, or of any if that is empty.
std::string LatestOf(std::string_view profile);

// The first full dump of `newest_first`, of `profile` unless that is empty. Partial, imported and
// incremental dumps, dumps of which the kind is not recorded, and those whose ids are in `damaged`
// are passed over. errs::kNotFound names the newest dump that was passed over and the reason.
absl::StatusOr<Sidecar> SelectLatest(absl::Span<const Sidecar> newest_first,
                                     const std::set<std::string>& damaged,
                                     std::string_view profile);

// Those of `ids` that begin with `prefix`; none for a prefix shorter than kShortestPrefix.
std::vector<std::string> SelectByPrefix(absl::Span<const std::string> ids, std::string_view prefix);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_SELECTOR_H_
