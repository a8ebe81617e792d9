// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/frame_scan.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::frames {
namespace {

// The most bytes of a layout between two frames.
constexpr size_t kSlack = 64;
constexpr size_t kKindEnd = kSkippableHead + kKindSize;
constexpr size_t kSearchStep = size_t{256} << 10;
constexpr std::string_view kSkippableBytes("\x5D\x2A\x4D\x18", 4);
constexpr std::string_view kZstdMagic("\x28\xB5\x2F\xFD", 4);  // RFC 8878, section 3.1.1.

// The place of a skippable frame of siphon's in `view`; npos if none begins before `end`.
size_t FindSkippable(std::string_view view, size_t end) {
  size_t at = view.find(kSkippableBytes);
  for (; at < end && at + kKindEnd <= view.size(); at = view.find(kSkippableBytes, at + 1)) {
    const std::string_view kind = view.substr(at + kSkippableHead, kKindSize);
    if (kind == kChunkHeaderKind || kind == kPageKind || kind == kDirectoryKind) return at;
  }
  return std::string_view::npos;
}

}  // namespace

absl::StatusOr<std::string> FrameScan::Peek(uint64_t offset, size_t size) const {
  const uint64_t left = body_->size() - std::min(offset, body_->size());
  std::string out(std::min<uint64_t>(size, left), '\0');
  RETURN_IF_ERROR(body_->ReadAt(offset, absl::MakeSpan(out)));
  return out;
}

void FrameScan::Lose(std::string what, uint64_t from) {
  if (!open_.has_value()) open_ = Loss{position_, position_, std::move(what)};
  search_from_ = from;
}

void FrameScan::EndLoss() {
  if (!open_.has_value()) return;
  open_->end = position_;
  ++loss_count_;
  if (losses_.size() < kMostLosses) losses_.push_back(*std::move(open_));
  open_.reset();
}

absl::Status FrameScan::Search(const base::Context& context, uint64_t from) {
  search_from_.reset();
  while (from < body_->size()) {
    RETURN_IF_ERROR(context.Check());
    // The steps overlap, so that a frame's beginning lies in one of them.
    ASSIGN_OR_RETURN(const std::string view, Peek(from, kSearchStep + kKindEnd));
    const size_t at = FindSkippable(view, view.size());
    if (at != std::string_view::npos) {
      position_ = from + at;
      return absl::OkStatus();
    }
    from += std::min(view.size(), kSearchStep);
  }
  position_ = body_->size();
  return absl::OkStatus();
}

absl::StatusOr<std::optional<FrameScan::Found>> FrameScan::TakeFrame(const ChunkHeader& header,
                                                                     size_t header_size,
                                                                     std::string_view view) {
  const uint64_t header_end = position_ + header_size;
  const std::string what = absl::StrCat(Describe(header.frame), " (", header.name, ")");
  if (archive_.has_value() && *archive_ != header.archive) {
    Lose(absl::StrCat(what, " of another archive"), header_end);
    return std::nullopt;
  }
  const size_t gap =
      view.substr(header_size, kMaxLead - kChunkHeaderLimit + kZstdMagic.size()).find(kZstdMagic);
  Found found{{header_end + gap, static_cast<uint16_t>(header_size + gap), header.frame},
              header.name};
  if (gap == std::string_view::npos || header.frame.packed > body_->size() - header_end - gap) {
    Lose(absl::StrCat(what, " is cut off"), header_end);
    return std::nullopt;
  }
  buffer_.resize(header.frame.packed);
  RETURN_IF_ERROR(body_->ReadAt(found.entry.offset, absl::MakeSpan(buffer_)));
  if (DigestOf(buffer_) != header.frame.sha256) {
    Lose(absl::StrCat(what, ": its SHA-256 differs"), header_end);
    return std::nullopt;
  }
  archive_ = header.archive;
  EndLoss();
  position_ = found.entry.end();
  return found;
}

absl::StatusOr<std::optional<FrameScan::Found>> FrameScan::Take(std::string_view view) {
  if (view.substr(kSkippableHead, kKindSize) == kChunkHeaderKind) {
    size_t size = 0;
    const absl::StatusOr<ChunkHeader> header = DecodeChunkHeader(view, position_, size);
    if (header.ok()) return TakeFrame(*header, size, view);
    Lose(std::string(header.status().message()), position_ + 1);
    return std::nullopt;
  }
  const absl::StatusOr<uint64_t> size =
      DecodeSkippableHead(view.substr(0, kSkippableHead), position_);
  if (!size.ok() || *size > body_->size() - position_) {
    Lose("a part of the index is cut off", position_ + 1);
    return std::nullopt;
  }
  EndLoss();
  position_ += *size;
  return std::nullopt;
}

absl::StatusOr<std::optional<FrameScan::Found>> FrameScan::Next(const base::Context& context) {
  while (true) {
    RETURN_IF_ERROR(context.Check());
    if (search_from_.has_value()) RETURN_IF_ERROR(Search(context, *search_from_));
    if (position_ >= body_->size()) break;
    ASSIGN_OR_RETURN(const std::string bytes, Peek(position_, kSlack + kMaxLead + kKindEnd));
    const size_t at = FindSkippable(bytes, kSlack + 1);
    if (at == std::string_view::npos) {
      if (bytes.size() <= kSlack && !open_.has_value()) break;  // The layout's last bytes.
      Lose("no chunk header", position_ + 1);
      continue;
    }
    position_ += at;
    ASSIGN_OR_RETURN(std::optional<Found> found, Take(std::string_view(bytes).substr(at)));
    if (found.has_value()) return found;
  }
  position_ = body_->size();
  EndLoss();
  return std::nullopt;
}

}  // namespace siphon::frames
