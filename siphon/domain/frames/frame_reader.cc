// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/frame_reader.h"

#define ZSTD_STATIC_LINKING_ONLY  // ZSTD_getFrameHeader.
#include <zstd.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/frames/chunk_header.h"

namespace siphon::frames {
namespace {

constexpr std::string_view kOp = "dumps.frames";

absl::Status Wrong(std::string_view where, std::string_view what) {
  return errs::IntegrityError(kOp, absl::StrCat(where, ": ", what));
}

}  // namespace

struct FrameUnpacker::State {
  State() : context(ZSTD_createDCtx()) {}
  ~State() { ZSTD_freeDCtx(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ZSTD_DCtx* context;
  std::string buffer;
};

FrameUnpacker::FrameUnpacker(std::unique_ptr<State> state) : state_(std::move(state)) {}
FrameUnpacker::FrameUnpacker(FrameUnpacker&&) noexcept = default;
FrameUnpacker& FrameUnpacker::operator=(FrameUnpacker&&) noexcept = default;
FrameUnpacker::~FrameUnpacker() = default;

absl::StatusOr<FrameUnpacker> FrameUnpacker::Create() {
  auto state = std::make_unique<State>();
  if (state->context == nullptr) return errs::InternalError(kOp, "out of memory");
  return FrameUnpacker(std::move(state));
}

absl::StatusOr<std::string_view> FrameUnpacker::Unpack(std::string_view packed, uint64_t raw,
                                                       std::string_view where) {
  if (raw > kMaxRaw) return Wrong(where, absl::StrCat(raw, " bytes before compression"));
  ZSTD_frameHeader header;
  const size_t missing = ZSTD_getFrameHeader(&header, packed.data(), packed.size());
  if (missing != 0 || header.frameType != ZSTD_frame) return Wrong(where, "not a zstd frame");
  if (header.frameContentSize != raw) {
    return Wrong(where, absl::StrCat("the zstd frame does not have ", raw, " bytes"));
  }
  const size_t size = ZSTD_findFrameCompressedSize(packed.data(), packed.size());
  if (ZSTD_isError(size) || size != packed.size()) {
    return Wrong(where,
                 absl::StrCat("the zstd frame does not have ", packed.size(), " compressed bytes"));
  }
  state_->buffer.resize(raw);
  const size_t count = ZSTD_decompressDCtx(state_->context, state_->buffer.data(), raw,
                                           packed.data(), packed.size());
  if (ZSTD_isError(count)) return Wrong(where, ZSTD_getErrorName(count));
  if (count != raw) return Wrong(where, absl::StrCat(count, " bytes instead of ", raw));
  return state_->buffer;
}

absl::StatusOr<FrameReader> FrameReader::Create(const base::RandomAccess* body, uint64_t archive,
                                                const BodyLayout* layout) {
  ASSIGN_OR_RETURN(FrameUnpacker unpacker, FrameUnpacker::Create());
  return FrameReader(body, archive, layout, std::move(unpacker));
}

absl::StatusOr<std::string_view> FrameReader::ReadPacked(const Entry& entry,
                                                         std::string_view name) {
  const std::string where =
      absl::StrCat(Describe(entry.frame), " (", name, ") at offset ", entry.offset);
  RETURN_IF_ERROR(CheckFrame(entry.frame, where));
  if (entry.lead > entry.offset || entry.lead > kMaxLead) {
    return Wrong(where, absl::StrCat("a chunk header ", entry.lead, " bytes before it"));
  }
  buffer_.resize(entry.lead + entry.frame.packed);
  RETURN_IF_ERROR(body_->ReadAt(entry.begin(), absl::MakeSpan(buffer_)));
  const std::string_view bytes(buffer_);
  if (!entry.frame.stored) {
    size_t size = 0;
    ASSIGN_OR_RETURN(const ChunkHeader header,
                     DecodeChunkHeader(bytes.substr(0, entry.lead), entry.begin(), size));
    if (header.archive != archive_) {
      return Wrong(where, "its chunk header belongs to another archive");
    }
    if (header.name != name || header.frame != entry.frame) {
      return Wrong(where, absl::StrCat("its chunk header is that of ", Describe(header.frame), " (",
                                       header.name, "), or differs in size, rows or hash"));
    }
    if (layout_ != nullptr &&
        bytes.substr(size, entry.lead - size) != layout_->BeginRun(entry.frame.packed)) {
      return Wrong(where, "other bytes lie between its chunk header and it than its format has");
    }
  }
  const std::string_view packed = bytes.substr(entry.lead);
  if (DigestOf(packed) != entry.frame.sha256) return Wrong(where, "its SHA-256 differs");
  return packed;
}

absl::StatusOr<std::string_view> FrameReader::Read(const Entry& entry, std::string_view name) {
  ASSIGN_OR_RETURN(const std::string_view packed, ReadPacked(entry, name));
  if (entry.frame.stored) return packed;
  return unpacker_.Unpack(packed, entry.frame.raw, Describe(entry.frame));
}

}  // namespace siphon::frames
