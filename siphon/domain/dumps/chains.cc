// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/chains.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::dumps {

bool IsIncrement(const Sidecar& dump) { return !dump.base_id.empty() && dump.base_id != dump.id; }

std::string DumpFormatOf(const Envelope& envelope) {
  if (envelope.type != "incremental") return std::string(kFormatCustom);
  return envelope.increment_format.empty() ? std::string(kFormatChanges)
                                           : envelope.increment_format;
}

std::vector<std::string> IncrementsOn(absl::Span<const Sidecar> dumps, std::string_view id) {
  std::set<std::string_view> below = {id};
  // Parents may come after their children, so this repeats until nothing is added.
  for (bool added = true; added;) {
    added = false;
    for (const Sidecar& dump : dumps) {
      if (!IsIncrement(dump) || below.contains(dump.id)) continue;
      if (!below.contains(dump.parent_id) && dump.base_id != id) continue;
      added = below.insert(dump.id).second;
    }
  }
  std::vector<std::string> increments;
  for (const Sidecar& dump : dumps) {
    if (dump.id != id && below.contains(dump.id)) increments.push_back(dump.id);
  }
  return increments;
}

std::string WhyChainIsUnusable(const Sidecar& dump, absl::Span<const Sidecar> dumps,
                               const std::map<std::string, Notes>& notes) {
  if (!IsIncrement(dump)) return "";
  if (dump.dump_format != kFormatPages) return "is an incremental in a format without exact states";
  const Sidecar* member = &dump;
  for (size_t length = 1; IsIncrement(*member); ++length) {
    if (length > dumps.size()) return "has a chain that is a circle";
    const std::string& parent = member->parent_id;
    const auto found = std::find_if(dumps.begin(), dumps.end(),
                                    [&](const Sidecar& other) { return other.id == parent; });
    if (found == dumps.end()) return absl::StrCat("stands on ", parent, ", which is missing");
    const auto noted = notes.find(parent);
    if (noted != notes.end() && noted->second.damaged()) {
      return absl::StrCat("stands on ", parent, ", which did not pass its last verification");
    }
    member = &*found;
  }
  return member->id == dump.base_id
             ? ""
             : absl::StrCat("names the base ", dump.base_id, ", and stands on ", member->id);
}

}  // namespace siphon::dumps
