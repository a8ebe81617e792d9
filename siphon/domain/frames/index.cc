// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/index.h"

#include <algorithm>
#include <limits>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/frames/frame_fields.h"
#include "siphon/domain/frames/little_endian.h"

namespace siphon::frames {
namespace {

constexpr std::string_view kOp = "dumps.index";
constexpr std::string_view kTailMagic = "SIPHEND1";
// The sizes of records without their texts.
constexpr size_t kEntryMin = 90;
constexpr size_t kPageRecordSize = 48;
constexpr size_t kItemMin = 66;
constexpr size_t kFactMin = 6;

absl::Status Wrong(std::string_view where, std::string_view what) {
  return errs::IntegrityError(kOp, absl::StrCat(where, ": ", what));
}

// True if a + b is greater than `limit`, also where the sum would overflow.
bool Exceeds(uint64_t a, uint64_t b, uint64_t limit) { return a > limit || b > limit - a; }

// The payload of the skippable frame that is all of `bytes`, after its kind.
absl::StatusOr<std::string_view> Payload(std::string_view bytes, uint64_t offset,
                                         std::string_view kind, std::string_view where) {
  ASSIGN_OR_RETURN(const Skippable skippable, DecodeSkippable(bytes, offset));
  if (skippable.kind != kind) return Wrong(where, absl::StrCat("found \"", skippable.kind, "\""));
  if (skippable.size != bytes.size()) {
    return Wrong(where, absl::StrCat("a size of ", skippable.size, " instead of ", bytes.size()));
  }
  return skippable.payload.substr(kKindSize);
}

void TakeDigest(Taker& from, Digest& digest) {
  const std::string_view bytes = from.Bytes(digest.size());
  std::copy(bytes.begin(), bytes.end(), digest.begin());
}

Entry TakeEntry(Taker& from, uint8_t& unknown_flags) {
  Entry entry;
  entry.offset = from.Number<uint64_t>();
  entry.lead = from.Number<uint16_t>();
  unknown_flags = TakeKind(from, entry.frame);
  const size_t range = from.Number<uint16_t>();
  TakeNumbers(from, entry.frame);
  entry.frame.range = from.Bytes(range);
  return entry;
}

absl::Status CheckEntry(const Entry& entry, uint64_t previous_end, std::string_view where) {
  RETURN_IF_ERROR(CheckFrame(entry.frame, where));
  const uint16_t least = entry.frame.stored ? 0 : kChunkHeaderMin;
  const uint16_t most = entry.frame.stored ? 0 : kMaxLead;
  if (entry.lead < least || entry.lead > most || entry.lead > entry.offset) {
    return Wrong(
        where, absl::StrCat("a chunk header ", entry.lead, " bytes before offset ", entry.offset));
  }
  if (entry.frame.range.size() > kNameAndRangeLimit) {
    return Wrong(where, absl::StrCat("a range of ", entry.frame.range.size(), " bytes"));
  }
  if (entry.begin() < previous_end) {
    return Wrong(where, absl::StrCat("begins at offset ", entry.begin(),
                                     ", but the frame before ends at ", previous_end));
  }
  if (Exceeds(entry.offset, entry.frame.packed, std::numeric_limits<uint64_t>::max())) {
    return Wrong(where, absl::StrCat(entry.frame.packed, " bytes at offset ", entry.offset));
  }
  return absl::OkStatus();
}

}  // namespace

std::string EncodeEntry(const Entry& entry) {
  std::string out;
  AppendNumber(entry.offset, out);
  AppendNumber(entry.lead, out);
  AppendKind(entry.frame, out);
  AppendNumber(static_cast<uint16_t>(entry.frame.range.size()), out);
  AppendNumbers(entry.frame, out);
  out += entry.frame.range;
  return out;
}

std::string EncodePage(uint32_t count, std::string_view entries) {
  std::string payload(kPageKind);
  AppendNumber(count, payload);
  payload += entries;
  return EncodeSkippable(payload);
}

absl::StatusOr<std::vector<Entry>> DecodePage(std::string_view bytes, uint64_t offset) {
  const std::string where = absl::StrCat("index page at offset ", offset);
  ASSIGN_OR_RETURN(const std::string_view payload, Payload(bytes, offset, kPageKind, where));
  Taker from(payload);
  const uint32_t count = from.Number<uint32_t>();
  if (count == 0 || count > from.left() / kEntryMin) {
    return Wrong(where, absl::StrCat(count, " entries in ", payload.size(), " bytes"));
  }
  std::vector<Entry> entries;
  entries.reserve(count);
  uint64_t end = 0;
  for (uint32_t i = 0; i < count; ++i) {
    uint8_t unknown = 0;
    Entry entry = TakeEntry(from, unknown);
    const std::string here = absl::StrCat(where, ", entry ", i);
    if (!from.ok()) return Wrong(here, "cut off");
    if (unknown != 0) return Wrong(here, absl::StrCat("unknown flags ", unknown));
    RETURN_IF_ERROR(CheckEntry(entry, end, here));
    end = entry.end();
    entries.push_back(std::move(entry));
  }
  if (from.left() > 0) {
    return Wrong(where, absl::StrCat(from.left(), " bytes after its ", count, " entries"));
  }
  return entries;
}

void CountFrame(const Entry& entry, std::string_view name, uint64_t number,
                std::vector<Item>& items) {
  if (entry.frame.part == 0 && entry.frame.number == 0) {
    Item item;
    item.id = entry.frame.item;
    item.name = name;
    item.first = number;
    item.begin = entry.begin();
    items.push_back(std::move(item));
  }
  Item& item = items.back();
  ++item.frames;
  item.end = entry.end();
  item.rows += entry.frame.rows;
  item.raw += entry.frame.raw;
  item.packed += entry.frame.packed;
}

absl::StatusOr<std::string> EncodeDirectory(const Directory& directory, uint64_t offset) {
  std::string payload(kDirectoryKind);
  AppendNumber(directory.archive, payload);
  AppendNumber(static_cast<uint32_t>(directory.facts.size()), payload);
  for (const auto& [name, value] : directory.facts) {
    AppendNumber(static_cast<uint16_t>(name.size()), payload);
    AppendNumber(static_cast<uint32_t>(value.size()), payload);
    absl::StrAppend(&payload, name, value);
  }
  AppendNumber(static_cast<uint32_t>(directory.pages.size()), payload);
  for (const PageRecord& page : directory.pages) {
    AppendNumber(page.offset, payload);
    AppendNumber(page.size, payload);
    AppendNumber(page.count, payload);
    payload.append(page.sha256.data(), page.sha256.size());
  }
  AppendNumber(static_cast<uint32_t>(directory.items.size()), payload);
  for (const Item& item : directory.items) {
    if (item.name.size() > kNameAndRangeLimit) {
      return errs::InternalError(kOp,
                                 absl::StrCat("an item's name of ", item.name.size(), " bytes"));
    }
    AppendNumber(static_cast<uint16_t>(kItemMin - sizeof(uint16_t) + item.name.size()), payload);
    AppendNumber(item.id, payload);
    for (const uint64_t number :
         {item.first, item.frames, item.begin, item.end, item.rows, item.raw, item.packed}) {
      AppendNumber(number, payload);
    }
    AppendNumber(static_cast<uint16_t>(item.name.size()), payload);
    AppendNumber(uint16_t{0}, payload);
    payload += item.name;
    if (payload.size() > kDirectoryLimit) break;
  }
  const size_t size = kSkippableHead + payload.size() + kTailSize;
  if (size > kDirectoryLimit) {
    return errs::InternalError(
        kOp, absl::StrCat("the directory of ", directory.items.size(), " items is larger than ",
                          kDirectoryLimit, " bytes"));
  }
  std::string out;
  AppendNumber(kSkippableMagic, out);
  AppendNumber(static_cast<uint32_t>(size - kSkippableHead), out);
  out += payload;
  const Digest root = DigestOf(out);
  AppendNumber(offset, out);
  AppendNumber(static_cast<uint32_t>(size), out);
  out.append(root.data(), root.size());
  out += kTailMagic;
  return out;
}

absl::StatusOr<Tail> DecodeTail(std::string_view bytes, uint64_t end) {
  const std::string where = absl::StrCat("tail of the index at offset ", end - bytes.size());
  Taker from(bytes);
  Tail tail;
  tail.offset = from.Number<uint64_t>();
  tail.size = from.Number<uint32_t>();
  TakeDigest(from, tail.root);
  if (from.Bytes(kTailMagic.size()) != kTailMagic || bytes.size() != kTailSize) {
    return Wrong(where, "the body does not end with an index");
  }
  if (tail.size < kSkippableHead + kKindSize + kTailSize || tail.size > kDirectoryLimit ||
      tail.size > end || tail.offset != end - tail.size) {
    return Wrong(where, absl::StrCat("names ", tail.size, " bytes at offset ", tail.offset,
                                     ", which do not end at ", end));
  }
  return tail;
}

namespace {

// Decodes the lists of a directory.
class DirectoryDecoder {
 public:
  DirectoryDecoder(std::string_view payload, const Tail& tail)
      : from_(payload),
        limit_(tail.offset),
        where_(absl::StrCat("directory at offset ", tail.offset)) {}

  absl::StatusOr<Directory> Decode() {
    directory_.archive = from_.Number<uint64_t>();
    RETURN_IF_ERROR(TakeFacts());
    RETURN_IF_ERROR(TakePages());
    RETURN_IF_ERROR(TakeItems());
    if (!from_.ok()) return Wrong("cut off");
    if (from_.left() > 0) return Wrong(absl::StrCat(from_.left(), " bytes after its items"));
    if (first_ != entries_) {
      return Wrong(absl::StrCat("items of ", first_, " frames, but pages of ", entries_));
    }
    return std::move(directory_);
  }

 private:
  absl::Status Wrong(std::string_view what) const { return frames::Wrong(where_, what); }

  // A count of records that have at least this size.
  absl::StatusOr<uint32_t> Count(size_t least, std::string_view what) {
    const uint32_t count = from_.Number<uint32_t>();
    if (count <= from_.left() / least) return count;
    return Wrong(absl::StrCat(count, " ", what, " in ", from_.left(), " bytes"));
  }

  absl::Status TakeFacts() {
    ASSIGN_OR_RETURN(const uint32_t count, Count(kFactMin, "facts"));
    for (uint32_t i = 0; i < count; ++i) {
      const size_t name_size = from_.Number<uint16_t>();
      const size_t value_size = from_.Number<uint32_t>();
      std::string name(from_.Bytes(name_size));
      const std::string_view value = from_.Bytes(value_size);
      if (!from_.ok()) return Wrong("cut off within its facts");
      if (!directory_.facts.empty() && name <= directory_.facts.rbegin()->first) {
        return Wrong(absl::StrCat("fact ", i, " is not in order"));
      }
      directory_.facts.emplace_hint(directory_.facts.end(), std::move(name), value);
    }
    return absl::OkStatus();
  }

  absl::Status TakePages() {
    ASSIGN_OR_RETURN(const uint32_t count, Count(kPageRecordSize, "pages"));
    directory_.pages.reserve(count);
    uint64_t end = 0;
    for (uint32_t i = 0; i < count; ++i) {
      PageRecord page;
      page.offset = from_.Number<uint64_t>();
      page.size = from_.Number<uint32_t>();
      page.count = from_.Number<uint32_t>();
      TakeDigest(from_, page.sha256);
      if (page.offset < end || Exceeds(page.offset, page.size, limit_)) {
        return Wrong(absl::StrCat("page ", i, " of ", page.size, " bytes at offset ", page.offset,
                                  " does not lie between ", end, " and ", limit_));
      }
      if (page.size > kPageLimit || page.count == 0 || page.count > page.size / kEntryMin) {
        return Wrong(
            absl::StrCat("page ", i, " has ", page.count, " entries in ", page.size, " bytes"));
      }
      end = page.offset + page.size;
      entries_ += page.count;
      directory_.pages.push_back(page);
    }
    return absl::OkStatus();
  }

  absl::Status TakeItems() {
    ASSIGN_OR_RETURN(const uint32_t count, Count(kItemMin, "items"));
    directory_.items.reserve(count);
    std::unordered_set<uint32_t> ids;
    uint64_t end = 0;
    for (uint32_t i = 0; i < count; ++i) {
      ASSIGN_OR_RETURN(Item item, TakeItem(i));
      if (!ids.insert(item.id).second) {
        return Wrong(absl::StrCat("item ", i, " has the id ", item.id, " of an item before"));
      }
      if (item.first != first_ || item.frames == 0 || Exceeds(first_, item.frames, entries_)) {
        return Wrong(absl::StrCat("item ", i, " has ", item.frames, " frames from number ",
                                  item.first, " on, not from ", first_, " on; there are ",
                                  entries_));
      }
      if (item.begin < end || item.end <= item.begin || item.end > limit_) {
        return Wrong(absl::StrCat("item ", i, " at offsets ", item.begin, " to ", item.end,
                                  " does not lie between ", end, " and ", limit_));
      }
      if (item.packed > item.end - item.begin || item.rows > item.raw) {
        return Wrong(absl::StrCat("item ", i, " has ", item.rows, " rows in ", item.raw,
                                  " bytes, compressed ", item.packed, ", between the offsets ",
                                  item.begin, " and ", item.end));
      }
      end = item.end;
      first_ += item.frames;
      directory_.items.push_back(std::move(item));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Item> TakeItem(uint32_t i) {
    const size_t size = from_.Number<uint16_t>();
    Taker record(from_.Bytes(size));
    Item item;
    item.id = record.Number<uint32_t>();
    for (uint64_t* number :
         {&item.first, &item.frames, &item.begin, &item.end, &item.rows, &item.raw, &item.packed}) {
      *number = record.Number<uint64_t>();
    }
    const size_t name = record.Number<uint16_t>();
    const uint16_t reserved = record.Number<uint16_t>();
    item.name = record.Bytes(name);
    if (!from_.ok() || !record.ok() || record.left() > 0 || reserved != 0) {
      return Wrong(
          absl::StrCat("item ", i, " has a record of ", size, " bytes with a name of ", name));
    }
    return item;
  }

  Taker from_;
  uint64_t limit_;
  std::string where_;
  Directory directory_;
  uint64_t entries_ = 0;  // Of all pages.
  uint64_t first_ = 0;    // Of the items so far.
};

}  // namespace

absl::StatusOr<Directory> DecodeDirectory(std::string_view bytes, const Tail& tail) {
  const std::string where = absl::StrCat("directory at offset ", tail.offset);
  ASSIGN_OR_RETURN(std::string_view payload, Payload(bytes, tail.offset, kDirectoryKind, where));
  if (bytes.size() != tail.size || payload.size() < kTailSize) {
    return Wrong(where, absl::StrCat(bytes.size(), " bytes instead of ", tail.size));
  }
  if (DigestOf(bytes.substr(0, bytes.size() - kTailSize)) != tail.root) {
    return Wrong(where, "its SHA-256 differs");
  }
  payload.remove_suffix(kTailSize);
  return DirectoryDecoder(payload, tail).Decode();
}

}  // namespace siphon::frames
