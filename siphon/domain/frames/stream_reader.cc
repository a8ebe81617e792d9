// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/stream_reader.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/frames/index.h"

namespace siphon::frames {
namespace {

constexpr std::string_view kOp = "dumps.frames";
constexpr size_t kKindEnd = kSkippableHead + kKindSize;
// Memory grows in such steps, so that a size that lies costs none.
constexpr size_t kStep = size_t{1} << 20;
// A full page names more than a thousand frames.
constexpr size_t kMostPages = size_t{1} << 16;

}  // namespace

absl::StatusOr<std::unique_ptr<StreamReader>> StreamReader::Create(base::Reader* next) {
  ASSIGN_OR_RETURN(FrameUnpacker unpacker, FrameUnpacker::Create());
  return std::unique_ptr<StreamReader>(new StreamReader(next, std::move(unpacker)));
}

absl::Status StreamReader::Wrong(std::string_view what) const {
  return errs::IntegrityError(kOp, absl::StrCat("body at offset ", offset_, ": ", what));
}

absl::Status StreamReader::Take(size_t size) {
  while (size > 0) {
    const size_t begin = buffer_.size();
    const size_t step = std::min(size, kStep);
    buffer_.resize(begin + step);
    ASSIGN_OR_RETURN(const size_t count,
                     base::ReadFull(*next_, absl::MakeSpan(buffer_).subspan(begin)));
    offset_ += count;
    size -= count;
    if (count < step) {
      return Wrong(absl::StrCat("cut off, ", size, " bytes before the end of a frame"));
    }
  }
  return absl::OkStatus();
}

absl::Status StreamReader::TakeFrame(std::string_view header_bytes) {
  size_t size = 0;
  ASSIGN_OR_RETURN(const ChunkHeader header,
                   DecodeChunkHeader(header_bytes, offset_ - header_bytes.size(), size));
  const std::string where =
      absl::StrCat(Describe(header.frame), " (", header.name, ") at offset ", offset_);
  if (archive_.value_or(header.archive) != header.archive) {
    return errs::IntegrityError(kOp, absl::StrCat(where, ": belongs to another archive"));
  }
  archive_ = header.archive;
  RETURN_IF_ERROR(sequence_.Next(header.frame));
  const bool first = header.frame.part == 0 && header.frame.number == 0;
  if (!first && items_.back().name != header.name) {
    return errs::IntegrityError(kOp,
                                absl::StrCat(where, ": its item began as ", items_.back().name));
  }
  if (first) {
    names_ += header.name.size();
    if (items_.size() == kMostItems || names_ > kDirectoryLimit) {
      return errs::IntegrityError(kOp, absl::StrCat(where, ": more items than an index can name"));
    }
  }
  const Entry entry{.offset = offset_, .lead = static_cast<uint16_t>(size), .frame = header.frame};
  CountFrame(entry, header.name, frames_++, items_);
  buffer_.clear();
  RETURN_IF_ERROR(Take(header.frame.packed));
  if (DigestOf(buffer_) != header.frame.sha256) {
    return errs::IntegrityError(kOp, absl::StrCat(where, ": its SHA-256 differs"));
  }
  ASSIGN_OR_RETURN(rest_, unpacker_.Unpack(buffer_, header.frame.raw, where));
  return absl::OkStatus();
}

absl::Status StreamReader::TakePage(size_t size) {
  if (pages_.size() == kMostPages) {
    return Wrong(absl::StrCat("more than ", kMostPages, " pages of an index"));
  }
  PageRecord page;
  page.offset = offset_ - buffer_.size();
  page.size = static_cast<uint32_t>(size);
  RETURN_IF_ERROR(Take(size - buffer_.size()));
  page.sha256 = DigestOf(buffer_);
  pages_.push_back(page);
  return absl::OkStatus();
}

absl::Status StreamReader::CompareItems(const Directory& directory) const {
  if (directory.items == items_) return absl::OkStatus();
  const auto wrong = [&](const Item& item, std::string_view what) {
    return Wrong(absl::StrCat("item ", item.id, " (", item.name, ") ", what));
  };
  const size_t most = std::min(directory.items.size(), items_.size());
  for (size_t i = 0; i < most; ++i) {
    if (directory.items[i] != items_[i]) return wrong(items_[i], "differs from the index");
  }
  return most < items_.size() ? wrong(items_[most], "is not in the index")
                              : wrong(directory.items[most], "is missing");
}

absl::Status StreamReader::TakeDirectory(size_t size) {
  RETURN_IF_ERROR(sequence_.End());
  RETURN_IF_ERROR(Take(size - buffer_.size()));
  if (size < kTailSize) return Wrong("the body does not end with an index");
  ASSIGN_OR_RETURN(const Tail tail,
                   DecodeTail(std::string_view(buffer_).substr(size - kTailSize), offset_));
  ASSIGN_OR_RETURN(const Directory directory, DecodeDirectory(buffer_, tail));
  if (archive_.value_or(directory.archive) != directory.archive) {
    return Wrong("the index belongs to another archive");
  }
  RETURN_IF_ERROR(CompareItems(directory));
  // A body with a rebuilt index may have older pages, too.
  auto read = pages_.begin();
  for (PageRecord page : directory.pages) {
    page.count = 0;
    read = std::find(read, pages_.end(), page);
    if (read == pages_.end()) {
      return Wrong(absl::StrCat("the index names another page at offset ", page.offset));
    }
  }
  return absl::OkStatus();
}

absl::Status StreamReader::Advance() {
  buffer_.clear();
  RETURN_IF_ERROR(Take(kKindEnd));
  const uint64_t begin = offset_ - kKindEnd;
  ASSIGN_OR_RETURN(const uint64_t size,
                   DecodeSkippableHead(std::string_view(buffer_).substr(0, kSkippableHead), begin));
  const std::string kind = buffer_.substr(kSkippableHead);
  if (kind == kChunkHeaderKind) {
    if (size > kChunkHeaderLimit) return Wrong(absl::StrCat("a chunk header of ", size, " bytes"));
    RETURN_IF_ERROR(Take(size - kKindEnd));
    return TakeFrame(buffer_);
  }
  if (kind == kPageKind && size <= kPageLimit) return TakePage(size);
  if (kind != kDirectoryKind || size > kDirectoryLimit) {
    return Wrong("neither a frame nor a part of the index");
  }
  RETURN_IF_ERROR(TakeDirectory(size));
  char more = 0;
  ASSIGN_OR_RETURN(const size_t count, next_->Read(absl::MakeSpan(&more, 1)));
  if (count > 0) return Wrong("bytes follow the index");
  ended_ = true;
  return absl::OkStatus();
}

absl::StatusOr<size_t> StreamReader::Read(absl::Span<char> out) {
  while (failure_.ok() && rest_.empty() && !ended_) failure_ = Advance();
  if (!failure_.ok()) return failure_;
  const size_t count = std::min(out.size(), rest_.size());
  rest_.copy(out.data(), count);
  rest_.remove_prefix(count);
  return count;
}

}  // namespace siphon::frames
