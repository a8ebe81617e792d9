// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/index_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::frames {
namespace {

constexpr std::string_view kOp = "dumps.index";
constexpr std::string_view kHint =
    "the dump is damaged; `siphon dumps rebuild` reads what its chunk headers still tell";
// The size of the first read, which for most dumps has the whole index.
constexpr uint64_t kFirstRead = 64 * 1024;

absl::Status Wrong(std::string_view what) { return errs::IntegrityError(kOp, what, kHint); }

// The bytes from `begin` to `end`; those from `known_begin` on are known.
absl::StatusOr<std::string> ReadRange(const base::RandomAccess& body, uint64_t begin, uint64_t end,
                                      uint64_t known_begin, std::string_view known) {
  if (begin >= known_begin) return std::string(known.substr(begin - known_begin, end - begin));
  std::string out(end - begin, '\0');
  const size_t missing = std::min(end, known_begin) - begin;
  RETURN_IF_ERROR(body.ReadAt(begin, absl::MakeSpan(out).first(missing)));
  known.copy(out.data() + missing, out.size() - missing);
  return out;
}

// The frames of an item, as its pages name them, agree with the directory.
class ItemCheck {
 public:
  explicit ItemCheck(const Item& item) : item_(item), end_(item.begin) {}

  absl::Status Next(const Entry& entry) {
    if (entry.frame.item != item_.id) {
      return Wrong(
          absl::StrCat(Describe(entry.frame), " is named in the place of item ", item_.id));
    }
    RETURN_IF_ERROR(sequence_.Next(entry.frame));
    const bool first = sums_.frames == 0;
    if (entry.begin() < end_ || (first && entry.begin() != item_.begin) ||
        entry.end() > item_.end) {
      return Wrong(absl::StrCat(Describe(entry.frame), " at offsets ", entry.begin(), " to ",
                                entry.end(), " does not lie between ", end_, " and ", item_.end));
    }
    end_ = entry.end();
    ++sums_.frames;
    sums_.rows += entry.frame.rows;
    sums_.raw += entry.frame.raw;
    sums_.packed += entry.frame.packed;
    return absl::OkStatus();
  }

  absl::Status End() const {
    RETURN_IF_ERROR(sequence_.End());
    if (end_ == item_.end && sums_.rows == item_.rows && sums_.raw == item_.raw &&
        sums_.packed == item_.packed) {
      return absl::OkStatus();
    }
    return Wrong(absl::StrCat("the frames of item ", item_.id, " have ", sums_.rows, " rows in ",
                              sums_.raw, " bytes, compressed ", sums_.packed, ", to offset ", end_,
                              "; the directory says ", item_.rows, ", ", item_.raw, ", ",
                              item_.packed, ", ", item_.end));
  }

 private:
  const Item& item_;
  Sequence sequence_;
  uint64_t end_;
  Item sums_;
};

}  // namespace

absl::StatusOr<IndexReader> IndexReader::Open(const base::Context& context,
                                              const base::RandomAccess* body,
                                              const BodyLayout& layout,
                                              const std::optional<Digest>& root) {
  RETURN_IF_ERROR(context.Check());
  const std::string after = layout.EndIndex();
  const uint64_t size = body->size();
  std::string last(std::min(size, kFirstRead), '\0');
  const uint64_t last_begin = size - last.size();
  RETURN_IF_ERROR(body->ReadAt(last_begin, absl::MakeSpan(last)));
  if (last.size() < kTailSize + after.size() || !std::string_view(last).ends_with(after)) {
    return Wrong("the body does not end with an index");
  }
  const uint64_t end = size - after.size();
  ASSIGN_OR_RETURN(
      const Tail tail,
      DecodeTail(std::string_view(last).substr(last.size() - after.size() - kTailSize, kTailSize),
                 end));
  if (root.has_value() && *root != tail.root) {
    return Wrong(absl::StrCat("the index has the hash ", ToHex(tail.root), ", but the sidecar ",
                              ToHex(*root)));
  }
  ASSIGN_OR_RETURN(const std::string bytes, ReadRange(*body, tail.offset, end, last_begin, last));
  ASSIGN_OR_RETURN(Directory directory, DecodeDirectory(bytes, tail));
  return IndexReader(body, std::move(directory), tail.root);
}

const Item* IndexReader::Find(std::string_view name) const {
  const auto found = std::find_if(directory_.items.begin(), directory_.items.end(),
                                  [&](const Item& item) { return item.name == name; });
  return found == directory_.items.end() ? nullptr : &*found;
}

absl::StatusOr<std::vector<Entry>> IndexReader::ReadPage(const PageRecord& page) const {
  std::string bytes(page.size, '\0');
  RETURN_IF_ERROR(body_->ReadAt(page.offset, absl::MakeSpan(bytes)));
  if (DigestOf(bytes) != page.sha256) {
    return Wrong(absl::StrCat("index page at offset ", page.offset, ": its SHA-256 differs"));
  }
  ASSIGN_OR_RETURN(std::vector<Entry> entries, DecodePage(bytes, page.offset));
  if (entries.size() != page.count) {
    return Wrong(absl::StrCat("index page at offset ", page.offset, ": ", entries.size(),
                              " entries; the directory says ", page.count));
  }
  return entries;
}

absl::Status IndexReader::Visit(const base::Context& context, const Item& item,
                                Visitor visit) const {
  ItemCheck check(item);
  uint64_t number = 0;  // Of the page's first entry.
  const uint64_t last = item.first + item.frames;
  for (const PageRecord& page : directory_.pages) {
    if (number >= last) break;
    if (number + page.count > item.first) {
      RETURN_IF_ERROR(context.Check());
      ASSIGN_OR_RETURN(const std::vector<Entry> entries, ReadPage(page));
      const uint64_t begin = std::max(item.first, number) - number;
      const uint64_t end = std::min<uint64_t>(last - number, page.count);
      for (uint64_t i = begin; i < end; ++i) {
        RETURN_IF_ERROR(check.Next(entries[i]));
        RETURN_IF_ERROR(visit(entries[i]));
      }
    }
    number += page.count;
  }
  return check.End();
}

}  // namespace siphon::frames
