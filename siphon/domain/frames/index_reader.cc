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
#include "siphon/domain/frames/chunk_header.h"

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

absl::Status CheckRoot(const Tail& tail, const Digest& root) {
  if (tail.root == root) return absl::OkStatus();
  return Wrong(
      absl::StrCat("the index has the hash ", ToHex(tail.root), ", but the sidecar ", ToHex(root)));
}

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
  if (root.has_value()) RETURN_IF_ERROR(CheckRoot(tail, *root));
  ASSIGN_OR_RETURN(const std::string bytes, ReadRange(*body, tail.offset, end, last_begin, last));
  ASSIGN_OR_RETURN(Directory directory, DecodeDirectory(bytes, tail));
  return IndexReader(body, std::move(directory), tail);
}

absl::StatusOr<IndexReader> IndexReader::OpenAt(const base::Context& context,
                                                const base::RandomAccess* body, uint64_t offset,
                                                const Digest& root) {
  RETURN_IF_ERROR(context.Check());
  const uint64_t left = body->size() - std::min(offset, body->size());
  std::string first(std::min(left, kFirstRead), '\0');
  RETURN_IF_ERROR(body->ReadAt(body->size() - left, absl::MakeSpan(first)));
  const std::string_view head = std::string_view(first).substr(0, kSkippableHead);
  ASSIGN_OR_RETURN(const uint64_t size, DecodeSkippableHead(head, offset));
  if (size < kTailSize || size > left || size > kDirectoryLimit) {
    return Wrong(absl::StrCat("the sidecar names an index at offset ", offset,
                              ", but the frame there has ", size, " bytes and is no index"));
  }
  std::string bytes = std::move(first);
  const size_t known = std::min<size_t>(bytes.size(), size);
  bytes.resize(size);
  RETURN_IF_ERROR(body->ReadAt(offset + known, absl::MakeSpan(bytes).subspan(known)));
  ASSIGN_OR_RETURN(
      const Tail tail,
      DecodeTail(std::string_view(bytes).substr(bytes.size() - kTailSize), offset + size));
  if (tail.offset != offset) {
    return Wrong(absl::StrCat("the index begins at offset ", tail.offset, ", but the sidecar says ",
                              offset));
  }
  RETURN_IF_ERROR(CheckRoot(tail, root));
  ASSIGN_OR_RETURN(Directory directory, DecodeDirectory(bytes, tail));
  return IndexReader(body, std::move(directory), tail);
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

IndexReader::Cursor::Cursor(const IndexReader* index)
    : index_(index),
      item_(index->directory_.items.data()),
      end_(item_ + index->directory_.items.size()) {}

IndexReader::Cursor::Cursor(const IndexReader* index, const Item* item)
    : index_(index), item_(item), end_(item + 1) {}

absl::Status IndexReader::Cursor::CheckNext(const Entry& entry) {
  if (entry.frame.item != item_->id) {
    return Wrong(absl::StrCat(Describe(entry.frame), " is named in the place of item ", item_->id));
  }
  RETURN_IF_ERROR(sequence_.Next(entry.frame));
  const bool first = sums_.frames == 0;
  if (entry.begin() < position_ || (first && entry.begin() != item_->begin) ||
      entry.end() > item_->end) {
    return Wrong(absl::StrCat(Describe(entry.frame), " at offsets ", entry.begin(), " to ",
                              entry.end(), " does not lie between ", position_, " and ",
                              item_->end));
  }
  position_ = entry.end();
  ++sums_.frames;
  sums_.rows += entry.frame.rows;
  sums_.raw += entry.frame.raw;
  sums_.packed += entry.frame.packed;
  return absl::OkStatus();
}

absl::Status IndexReader::Cursor::CheckEnd() const {
  RETURN_IF_ERROR(sequence_.End());
  if (position_ == item_->end && sums_.rows == item_->rows && sums_.raw == item_->raw &&
      sums_.packed == item_->packed) {
    return absl::OkStatus();
  }
  return Wrong(absl::StrCat("the frames of item ", item_->id, " have ", sums_.rows, " rows in ",
                            sums_.raw, " bytes, compressed ", sums_.packed, ", to offset ",
                            position_, "; the directory says ", item_->rows, ", ", item_->raw, ", ",
                            item_->packed, ", ", item_->end));
}

absl::Status IndexReader::Cursor::Load(const base::Context& context) {
  const std::vector<PageRecord>& pages = index_->directory_.pages;
  while (number_ >= page_end_) {
    if (next_page_ == pages.size()) return Wrong("the index has fewer pages than its items need");
    page_begin_ = page_end_;
    page_end_ += pages[next_page_++].count;
    entries_.clear();
  }
  if (!entries_.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(context.Check());
  ASSIGN_OR_RETURN(entries_, index_->ReadPage(pages[next_page_ - 1]));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<IndexReader::Cursor::Named>> IndexReader::Cursor::Next(
    const base::Context& context) {
  if (in_item_ && number_ == item_->first + item_->frames) {
    RETURN_IF_ERROR(CheckEnd());
    in_item_ = false;
    ++item_;
  }
  if (item_ == end_) return std::nullopt;
  if (!in_item_) {
    in_item_ = true;
    sequence_ = Sequence();
    position_ = item_->begin;
    sums_ = Item();
    number_ = item_->first;
  }
  RETURN_IF_ERROR(Load(context));
  const Entry& entry = entries_[number_ - page_begin_];
  RETURN_IF_ERROR(CheckNext(entry));
  ++number_;
  return Named{item_, entry};
}

absl::Status IndexReader::Visit(const base::Context& context, const Item& item,
                                Visitor visit) const {
  Cursor cursor(this, &item);
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<Cursor::Named> named, cursor.Next(context));
    if (!named.has_value()) return absl::OkStatus();
    RETURN_IF_ERROR(visit(named->entry));
  }
}

}  // namespace siphon::frames
