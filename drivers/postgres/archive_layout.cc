// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/archive_layout.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace siphon::postgres {
namespace {

constexpr char kDataBlock = 1;         // BLK_DATA
constexpr char kLargeObjectBlock = 3;  // BLK_BLOBS

std::string Block(char type, int64_t id) {
  return absl::StrCat(std::string(1, type), EncodeArchiveInt(id));
}

bool HoldsObjects(const frames::Frame& frame) { return frame.content == frames::Content::kObjects; }

}  // namespace

ArchiveLayout::ArchiveLayout(const Archive& archive) : index_id_(1) {
  for (const ArchiveEntry& entry : archive.entries) {
    if (entry.id < std::numeric_limits<int32_t>::max()) {
      index_id_ = std::max(index_id_, entry.id + 1);
    }
  }
}

std::string ArchiveLayout::BeginItem(const frames::Frame& first) const {
  return Block(HoldsObjects(first) ? kLargeObjectBlock : kDataBlock, first.item);
}

std::string ArchiveLayout::EndItem(const frames::Frame& /*last*/) const {
  return EncodeArchiveInt(0);
}

std::string ArchiveLayout::BeginPart(const frames::Frame& first) const {
  if (!HoldsObjects(first)) return "";
  uint32_t oid = 0;
  if (!absl::SimpleAtoi(first.range, &oid)) oid = 0;
  // pg_dump writes an oid as a signed number of 32 bits.
  return EncodeArchiveInt(static_cast<int32_t>(oid));
}

std::string ArchiveLayout::EndPart(const frames::Frame& last) const {
  return HoldsObjects(last) ? EncodeArchiveInt(0) : "";
}

std::string ArchiveLayout::BeginRun(size_t size) const {
  return EncodeArchiveInt(static_cast<int64_t>(size));
}

std::string ArchiveLayout::BeginIndex() const { return Block(kDataBlock, index_id_); }

std::string ArchiveLayout::EndIndex() const { return EncodeArchiveInt(0); }

}  // namespace siphon::postgres
