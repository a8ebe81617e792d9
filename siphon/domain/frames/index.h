// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_INDEX_H_
#define SIPHON_DOMAIN_FRAMES_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "siphon/domain/frames/chunk_header.h"
#include "siphon/domain/frames/frame.h"

// The index of a body (docs/dumps.md#index): pages with an entry for each frame, a directory of
// pages and items, and at the end of the body a tail that tells where the directory is.
namespace siphon::frames {

// An offset is a place in the body, so the envelope of the dump does not count.
struct Entry {
  uint64_t offset = 0;  // Of the frame.
  uint16_t lead = 0;    // The bytes from the beginning of its chunk header; 0 if it is stored.
  Frame frame;
  uint64_t begin() const { return offset - lead; }
  uint64_t end() const { return offset + frame.packed; }
  friend bool operator==(const Entry&, const Entry&) = default;
};
// A layout puts at most this many bytes between a chunk header and its frame.
inline constexpr uint16_t kMaxLead = kChunkHeaderLimit + 16;

// A page is written when its entries have this size.
inline constexpr size_t kPageTarget = size_t{256} << 10;
inline constexpr size_t kPageLimit = kPageTarget + kChunkHeaderLimit + 256;
// The largest directory, about half a million items.
inline constexpr size_t kDirectoryLimit = size_t{64} << 20;
// More items would not fit in a directory.
inline constexpr size_t kMostItems = kDirectoryLimit / 64;

// An entry of a page.
std::string EncodeEntry(const Entry& entry);
// A skippable frame with the entries, which `entries` has in the form of EncodeEntry().
std::string EncodePage(uint32_t count, std::string_view entries);
// Decodes the skippable frame at `offset`, which is all of `bytes`. The entries lie one after
// another. errs::kIntegrity names the offset and what is wrong.
absl::StatusOr<std::vector<Entry>> DecodePage(std::string_view bytes, uint64_t offset);

struct PageRecord {
  uint64_t offset = 0;  // Of the skippable frame.
  uint32_t size = 0;    // Of the skippable frame.
  uint32_t count = 0;   // Of its entries.
  Digest sha256 = {};   // Of the skippable frame.
  friend bool operator==(const PageRecord&, const PageRecord&) = default;
};

struct Item {
  uint32_t id = kHeadItem;
  std::string name;
  uint64_t first = 0;   // The number of its first entry; entries are numbered through all pages.
  uint64_t frames = 0;  // Its entries; at least 1.
  uint64_t begin = 0, end = 0;  // From the chunk header of the first to the end of the last frame.
  uint64_t rows = 0, raw = 0, packed = 0;  // Sums over its frames.
  friend bool operator==(const Item&, const Item&) = default;
};

// Counts the next frame of a body, with the number `number` through all pages, in the last item;
// the first frame of an item adds the item, with this name.
void CountFrame(const Entry& entry, std::string_view name, uint64_t number,
                std::vector<Item>& items);

struct Directory {
  uint64_t archive = 0;  // ChunkHeader::archive.
  // What a reader must know: the position of the snapshot, facts about the server.
  std::map<std::string, std::string> facts;
  std::vector<PageRecord> pages;  // In the order of the body.
  std::vector<Item> items;        // In the order of the body.
  friend bool operator==(const Directory&, const Directory&) = default;
};

inline constexpr size_t kTailSize = 52;
// The end of a directory.
struct Tail {
  uint64_t offset = 0;  // Of the skippable frame that holds directory and tail.
  uint32_t size = 0;    // Of this skippable frame.
  Digest root = {};     // SHA-256 of the skippable frame without the tail: the index's hash.
  friend bool operator==(const Tail&, const Tail&) = default;
};

// The skippable frame with directory and tail, for the place `offset`. errs::kInternal if it would
// be larger than kDirectoryLimit.
absl::StatusOr<std::string> EncodeDirectory(const Directory& directory, uint64_t offset);
// Decodes the last kTailSize bytes of the skippable frame with the directory, which end at `end`.
// errs::kIntegrity if they are not a tail or it contradicts `end`.
absl::StatusOr<Tail> DecodeTail(std::string_view bytes, uint64_t end);
// Decodes the skippable frame that `tail` names. Checks its hash, that pages and items lie before
// it, one after another, and that the counts agree. errs::kIntegrity names the offset and what is
// wrong.
absl::StatusOr<Directory> DecodeDirectory(std::string_view bytes, const Tail& tail);

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_INDEX_H_
