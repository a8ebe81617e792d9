// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/large_objects.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "drivers/postgres/archive_contents.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kLabels[] = {"ACL", "COMMENT", "SECURITY LABEL"};

// True for a comment, for example, on one of these large objects, or on those of one of these
// entries: "LARGE OBJECT 16495", "LARGE OBJECTS 16495..16499".
bool IsLabelOf(const ArchiveEntry& entry, const std::unordered_set<uint32_t>& oids,
               const EntryIds& ids) {
  std::string_view tag = entry.tag;
  if (!IsOneOf(entry.kind, kLabels) || !absl::ConsumePrefix(&tag, "LARGE OBJECT")) return false;
  uint32_t oid = 0;
  return (absl::SimpleAtoi(tag, &oid) && oids.contains(oid)) || DependsOn(entry, ids);
}

}  // namespace

std::unordered_set<uint32_t> LargeObjectsLike(const Archive& archive, const NamePattern& pattern) {
  std::unordered_set<uint32_t> oids;
  for (const ArchiveEntry& entry : archive.entries) {
    for (const uint32_t oid : LargeObjectsOf(entry)) {
      if (pattern.Matches({absl::StrCat(oid)})) oids.insert(oid);
    }
  }
  return oids;
}

void LeaveOutLargeObjects(const Archive& archive, const std::unordered_set<uint32_t>& oids,
                          RestorePlan& plan) {
  if (oids.empty()) return;
  plan.left_out_large_objects.insert(oids.begin(), oids.end());
  EntryIds gone;  // Entries with no other large objects.
  for (const ArchiveEntry& entry : archive.entries) {
    const std::vector<uint32_t> held = LargeObjectsOf(entry);
    std::string kept;
    size_t count = 0;
    for (const uint32_t oid : held) {
      if (plan.left_out_large_objects.contains(oid)) continue;
      absl::StrAppend(&kept, oid, "\n");
      ++count;
    }
    if (count == held.size()) continue;
    if (count == 0) gone.insert(entry.id);
    if (count > 0) plan.changed[entry.id] = WithDefinition(entry, kept);
  }
  const bool none = plan.LargeObjects().empty();
  std::erase_if(plan.entries, [&](const ArchiveEntry* entry) {
    if (gone.contains(entry->id) || IsLabelOf(*entry, plan.left_out_large_objects, gone))
      return true;
    // Up to pg_dump 16, one entry has the content of all large objects and depends on none.
    return entry->kind == kLargeObjectContent && (none || DependsOn(*entry, gone));
  });
}

}  // namespace siphon::postgres
