// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/archive_layout.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"

namespace siphon::postgres {
namespace {

constexpr char kDataBlock = 1;  // BLK_DATA

std::string Block(int64_t id) {
  return absl::StrCat(std::string(1, kDataBlock), EncodeArchiveInt(id));
}

}  // namespace

ArchiveLayout::ArchiveLayout(const Archive& archive) : index_id_(1) {
  for (const ArchiveEntry& entry : archive.entries) {
    if (entry.id < std::numeric_limits<int32_t>::max()) {
      index_id_ = std::max(index_id_, entry.id + 1);
    }
  }
}

std::string ArchiveLayout::BeginItem(uint32_t item) const { return Block(item); }

std::string ArchiveLayout::EndItem(uint32_t /*item*/) const { return EncodeArchiveInt(0); }

std::string ArchiveLayout::BeginRun(size_t size) const {
  return EncodeArchiveInt(static_cast<int64_t>(size));
}

std::string ArchiveLayout::BeginIndex() const { return Block(index_id_); }

std::string ArchiveLayout::EndIndex() const { return EncodeArchiveInt(0); }

}  // namespace siphon::postgres
