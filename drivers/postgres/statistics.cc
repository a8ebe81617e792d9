// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/statistics.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace siphon::postgres {
namespace {

// Finds the tables whose statistics may be kept.
class Owners {
 public:
  Owners(const Archive& archive, const std::set<std::string>& parents) {
    std::unordered_set<std::string_view> with_rows;
    for (const ArchiveEntry& entry : archive.entries) {
      by_id_[entry.id] = &entry;
      if (entry.kind == "TABLE DATA") with_rows.insert(entry.oid);
    }
    for (const ArchiveEntry& entry : archive.entries) {
      if (entry.kind == "TABLE" && with_rows.contains(entry.oid) &&
          !parents.contains(std::string(entry.oid))) {
        kept_.insert(entry.id);
      }
    }
  }

  // True when `entry` belongs to a table whose statistics may be kept: an entry of statistics
  // depends on its table, or on its index or the constraint of the index, which depend on theirs.
  bool Keep(const ArchiveEntry& entry) const {
    return std::any_of(entry.dependencies.begin(), entry.dependencies.end(), [&](int32_t id) {
      if (kept_.contains(id)) return true;
      const auto owner = by_id_.find(id);
      if (owner == by_id_.end()) return false;
      const bool index = owner->second->kind == "INDEX" || owner->second->kind == "CONSTRAINT";
      return index &&
             std::any_of(owner->second->dependencies.begin(), owner->second->dependencies.end(),
                         [&](int32_t table) { return kept_.contains(table); });
    });
  }

 private:
  std::unordered_map<int32_t, const ArchiveEntry*> by_id_;
  EntryIds kept_;
};

}  // namespace

EntryIds StatisticsWithoutRows(const Archive& archive, const std::set<std::string>& parents) {
  const Owners owners(archive, parents);
  EntryIds ids;
  for (const ArchiveEntry& entry : archive.entries) {
    if (entry.kind == kStatisticsKind && !owners.Keep(entry)) ids.insert(entry.id);
  }
  return ids;
}

}  // namespace siphon::postgres
