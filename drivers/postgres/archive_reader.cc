// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/archive_reader.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/sha256.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.archive";
constexpr char kDataBlock = 1;
constexpr char kLargeObjectBlock = 3;

absl::Status Damaged(std::string_view detail) { return errs::IntegrityError(kOp, detail); }

std::string Describe(const ArchiveEntry& entry) {
  return absl::StrCat(entry.kind, " ", entry.schema, entry.schema.empty() ? "" : ".", entry.tag);
}

}  // namespace

absl::StatusOr<const Archive*> ArchiveReader::ReadHead(const base::Context& context) {
  std::vector<char> head;
  ArchiveHeadProgress progress;
  std::optional<size_t> size;
  while (!size.has_value()) {
    RETURN_IF_ERROR(errs::WithOp(context.Check(), kOp));
    // Doubles what it reads each time, so that a long text is parsed a few times only.
    const size_t old_size = head.size();
    head.resize(old_size + std::max(base::kCopyBufferSize, old_size));
    ASSIGN_OR_RETURN(const size_t count,
                     base::ReadFull(*body_, absl::MakeSpan(head).subspan(old_size)));
    head.resize(old_size + count);
    ASSIGN_OR_RETURN(size, MeasureArchiveHead({head.data(), head.size()}, progress));
    if (size.has_value() || count > 0) continue;
    if (head.empty()) return Damaged("the body is empty");
    return Damaged("the archive is cut off in its table of contents");
  }
  buffer_.assign(head.begin() + static_cast<ptrdiff_t>(*size), head.end());
  end_ = buffer_.size();
  head.resize(*size);
  head.shrink_to_fit();
  ASSIGN_OR_RETURN(archive_, ParseArchiveHead(std::move(head)));
  for (const ArchiveEntry& entry : archive_.entries) {
    if (entry.has_data) awaited_[entry.id] = &entry;
  }
  return &archive_;
}

absl::StatusOr<std::optional<ArchiveReader::Piece>> ArchiveReader::Next(
    const base::Context& context) {
  while (true) {
    if (offset_ == end_) {
      RETURN_IF_ERROR(Fill(context));
      if (end_ == 0) {
        RETURN_IF_ERROR(CheckEnd());
        return std::nullopt;
      }
    }
    if (state_ == State::kType) {
      const char type = buffer_[offset_++];
      if (index_size_ > 0) return Damaged("bytes follow the archive's index");
      if (type != kDataBlock && type != kLargeObjectBlock) {
        return Damaged("the archive holds bytes that belong to no block of data");
      }
      large_objects_ = type == kLargeObjectBlock;
      state_ = State::kId;
    } else if (state_ == State::kId) {
      const std::optional<int64_t> id = TakeInt();
      if (id.has_value()) RETURN_IF_ERROR(OpenBlock(*id));
    } else if (large_objects_ && !left_out_.empty()) {
      ASSIGN_OR_RETURN(const std::optional<Piece> piece, WalkLargeObject());
      if (piece.has_value()) return piece;
    } else {
      const size_t begin = offset_;
      ASSIGN_OR_RETURN(const bool last, Walk());
      if (current_ == nullptr) {
        index_size_ += offset_ - begin;
        continue;
      }
      return Piece{current_, std::exchange(first_, false), last,
                   std::string_view(buffer_.data() + begin, offset_ - begin)};
    }
  }
}

absl::Status ArchiveReader::Fill(const base::Context& context) {
  RETURN_IF_ERROR(errs::WithOp(context.Check(), kOp));
  // The rest of the read that completed the table of contents has another size.
  if (buffer_.size() != base::kCopyBufferSize) {
    buffer_ = std::vector<char>(base::kCopyBufferSize);
  }
  offset_ = end_ = 0;
  ASSIGN_OR_RETURN(end_, body_->Read(absl::MakeSpan(buffer_)));
  return absl::OkStatus();
}

absl::Status ArchiveReader::CheckEnd() const {
  if (state_ == State::kType && awaited_.empty()) return absl::OkStatus();
  const ArchiveEntry* missing = current_;
  if (state_ == State::kType || state_ == State::kId) {
    // The first one in the order of the archive.
    for (const ArchiveEntry& entry : archive_.entries) {
      if (!awaited_.contains(entry.id)) continue;
      missing = &entry;
      break;
    }
  }
  if (missing == nullptr) return Damaged("the archive is cut off");
  return Damaged(absl::StrCat("the archive is cut off: it ends before or in ", Describe(*missing)));
}

absl::Status ArchiveReader::OpenBlock(int64_t id) {
  const auto awaited = id > 0 && id <= std::numeric_limits<int32_t>::max()
                           ? awaited_.find(static_cast<int32_t>(id))
                           : awaited_.end();
  if (awaited == awaited_.end()) return OpenIndex(id);
  current_ = awaited->second;
  awaited_.erase(awaited);
  if (large_objects_ != (current_->kind == kLargeObjectContent)) {
    return Damaged(absl::StrCat("the block of ", Describe(*current_), " is of the wrong type"));
  }
  first_ = true;
  state_ = large_objects_ ? State::kLargeObject : State::kLength;
  return absl::OkStatus();
}

absl::Status ArchiveReader::OpenIndex(int64_t id) {
  const bool greatest = std::all_of(archive_.entries.begin(), archive_.entries.end(),
                                    [&](const ArchiveEntry& entry) { return id > entry.id; });
  if (!greatest || large_objects_ || !awaited_.empty()) {
    return Damaged(
        absl::StrCat("the archive's block ", id, " belongs to no entry, or comes twice"));
  }
  current_ = nullptr;
  index_size_ = 1 + kArchiveIntSize;
  state_ = State::kLength;
  return absl::OkStatus();
}

std::optional<int64_t> ArchiveReader::TakeInt() {
  while (partial_size_ < partial_.size()) {
    if (offset_ == end_) return std::nullopt;
    partial_[partial_size_++] = buffer_[offset_++];
  }
  partial_size_ = 0;
  return DecodeArchiveInt({partial_.data(), partial_.size()});
}

absl::StatusOr<bool> ArchiveReader::Walk() {
  while (offset_ < end_) {
    if (state_ != State::kLargeObject) {
      ASSIGN_OR_RETURN(const bool block_ended, WalkContent());
      if (block_ended) return true;
      continue;
    }
    const std::optional<int64_t> oid = TakeInt();
    if (!oid.has_value()) break;
    state_ = *oid == 0 ? State::kType : State::kLength;
    if (*oid == 0) return true;
  }
  return false;
}

absl::StatusOr<bool> ArchiveReader::WalkContent() {
  if (state_ == State::kLength) return TakeLength();
  const size_t size = static_cast<size_t>(std::min<uint64_t>(payload_left_, end_ - offset_));
  offset_ += size;
  payload_left_ -= size;
  if (payload_left_ == 0) state_ = State::kLength;
  return false;
}

absl::StatusOr<std::optional<ArchiveReader::Piece>> ArchiveReader::WalkLargeObject() {
  if (state_ == State::kLargeObject) {
    const std::optional<int64_t> oid = TakeInt();
    if (!oid.has_value()) return std::nullopt;
    const bool last = *oid == 0;
    state_ = last ? State::kType : State::kLength;
    // pg_dump writes an oid as a signed number of 32 bits.
    skips_ = !last && left_out_.contains(static_cast<uint32_t>(*oid));
    if (skips_) return std::nullopt;
    return Piece{current_, std::exchange(first_, false), last, {partial_.data(), partial_.size()}};
  }
  const size_t begin = offset_;
  while (offset_ < end_ && state_ != State::kLargeObject) {
    RETURN_IF_ERROR(WalkContent().status());
  }
  if (skips_) return std::nullopt;
  return Piece{current_, false, false, std::string_view(buffer_.data() + begin, offset_ - begin)};
}

absl::StatusOr<bool> ArchiveReader::TakeLength() {
  const std::optional<int64_t> length = TakeInt();
  if (!length.has_value()) return false;
  if (*length < 0 || *length > std::numeric_limits<int32_t>::max()) {
    return Damaged(absl::StrCat("the block of ",
                                current_ == nullptr ? "the index" : Describe(*current_),
                                " has an impossible length"));
  }
  if (*length > 0) {
    payload_left_ = static_cast<uint64_t>(*length);
    state_ = State::kPayload;
    return false;
  }
  // A large object ends and the next one begins, or the data of the table ends.
  state_ = large_objects_ ? State::kLargeObject : State::kType;
  return !large_objects_;
}

std::string FormatBlockHeader(const ArchiveEntry& entry) {
  const char type = entry.kind == kLargeObjectContent ? kLargeObjectBlock : kDataBlock;
  return absl::StrCat(std::string_view(&type, 1), EncodeArchiveInt(entry.id));
}

absl::StatusOr<verbs::VerifyReport> VerifyBody(const base::Context& context, base::Reader& body) {
  base::HashingReader hashing(&body);
  ArchiveReader reader(&hashing);
  RETURN_IF_ERROR(reader.ReadHead(context).status());
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<ArchiveReader::Piece> piece, reader.Next(context));
    if (!piece.has_value()) break;
  }
  verbs::VerifyReport report;
  report.checksum = hashing.Digest();
  report.bytes = hashing.count();
  report.format = std::string(kCustomFormat);
  return report;
}

}  // namespace siphon::postgres
