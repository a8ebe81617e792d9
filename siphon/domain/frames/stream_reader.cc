// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/stream_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/frames/index.h"

namespace siphon::frames {
namespace {

constexpr std::string_view kOp = "dumps.frames";
constexpr size_t kKindEnd = kSkippableHead + kKindSize;

}  // namespace

absl::StatusOr<std::unique_ptr<StreamReader>> StreamReader::Create(base::Reader* next) {
  ASSIGN_OR_RETURN(FrameUnpacker unpacker, FrameUnpacker::Create());
  return std::unique_ptr<StreamReader>(new StreamReader(next, std::move(unpacker)));
}

absl::Status StreamReader::Wrong(std::string_view what) const {
  return errs::IntegrityError(kOp, absl::StrCat("body at offset ", offset_, ": ", what));
}

absl::Status StreamReader::Take(size_t size) {
  const size_t begin = buffer_.size();
  buffer_.resize(begin + size);
  ASSIGN_OR_RETURN(const size_t count,
                   base::ReadFull(*next_, absl::MakeSpan(buffer_).subspan(begin)));
  offset_ += count;
  if (count == size) return absl::OkStatus();
  return Wrong(absl::StrCat("cut off, ", size - count, " bytes before the end of a frame"));
}

absl::Status StreamReader::Skip(uint64_t size) {
  while (size > 0) {
    buffer_.clear();
    const auto step = static_cast<size_t>(std::min<uint64_t>(size, base::kCopyBufferSize));
    RETURN_IF_ERROR(Take(step));
    size -= step;
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
  if (header.frame.part == 0 && header.frame.number == 0) name_ = header.name;
  if (name_ != header.name) {
    return errs::IntegrityError(kOp, absl::StrCat(where, ": its item began as ", name_));
  }
  buffer_.clear();
  RETURN_IF_ERROR(Take(header.frame.packed));
  if (DigestOf(buffer_) != header.frame.sha256) {
    return errs::IntegrityError(kOp, absl::StrCat(where, ": its SHA-256 differs"));
  }
  ASSIGN_OR_RETURN(rest_, unpacker_.Unpack(buffer_, header.frame.raw, where));
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
  if (kind == kPageKind && size <= kPageLimit) return Skip(size - kKindEnd);
  if (kind != kDirectoryKind || size > kDirectoryLimit) {
    return Wrong("neither a frame nor a part of the index");
  }
  RETURN_IF_ERROR(Skip(size - kKindEnd));
  RETURN_IF_ERROR(sequence_.End());
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
