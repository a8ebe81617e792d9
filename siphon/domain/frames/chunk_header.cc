// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/chunk_header.h"

#include "absl/crc/crc32c.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/frames/frame_fields.h"
#include "siphon/domain/frames/little_endian.h"

namespace siphon::frames {
namespace {

constexpr std::string_view kOp = "dumps.frames";

uint32_t Crc32c(std::string_view bytes) {
  return static_cast<uint32_t>(absl::ComputeCrc32c(bytes));
}

absl::Status Wrong(std::string_view where, std::string_view what) {
  return errs::IntegrityError(kOp, absl::StrCat(where, ": ", what));
}

bool IsKnownKind(std::string_view kind) {
  return kind == kChunkHeaderKind || kind == kPageKind || kind == kDirectoryKind;
}

}  // namespace

std::string EncodeSkippable(std::string_view payload) {
  std::string out;
  out.reserve(kSkippableHead + payload.size());
  AppendNumber(kSkippableMagic, out);
  AppendNumber(static_cast<uint32_t>(payload.size()), out);
  out += payload;
  return out;
}

absl::StatusOr<uint64_t> DecodeSkippableHead(std::string_view head, uint64_t offset) {
  const std::string where = absl::StrCat("skippable frame at offset ", offset);
  Taker from(head);
  const uint32_t magic = from.Number<uint32_t>();
  const uint64_t payload = from.Number<uint32_t>();
  if (!from.ok()) return Wrong(where, absl::StrCat("cut off after ", head.size(), " bytes"));
  if (magic != kSkippableMagic) {
    return Wrong(where, absl::StrCat("begins with ", absl::BytesToHexString(head.substr(0, 4)),
                                     " instead of 5d2a4d18"));
  }
  if (payload < kKindSize) {
    return Wrong(where, absl::StrCat("a payload of ", payload, " bytes, too few for its kind"));
  }
  return kSkippableHead + payload;
}

absl::StatusOr<Skippable> DecodeSkippable(std::string_view bytes, uint64_t offset) {
  ASSIGN_OR_RETURN(const uint64_t size,
                   DecodeSkippableHead(bytes.substr(0, kSkippableHead), offset));
  const std::string where = absl::StrCat("skippable frame at offset ", offset);
  if (bytes.size() < kSkippableHead + kKindSize) {
    return Wrong(where, absl::StrCat("cut off after ", bytes.size(), " bytes"));
  }
  const std::string_view kind = bytes.substr(kSkippableHead, kKindSize);
  if (!IsKnownKind(kind)) {
    return Wrong(where, absl::StrCat("unknown kind \"", absl::CHexEscape(kind), "\""));
  }
  if (size > bytes.size()) {
    return Wrong(where, absl::StrCat("cut off after ", bytes.size(), " of ", size, " bytes"));
  }
  return Skippable{kind, bytes.substr(kSkippableHead, size - kSkippableHead),
                   static_cast<size_t>(size)};
}

absl::StatusOr<std::string> EncodeChunkHeader(const ChunkHeader& header) {
  const Frame& frame = header.frame;
  if (absl::Status status = CheckFrame(frame, "chunk header"); !status.ok()) {
    return errs::InternalError(kOp, status.message());
  }
  if (frame.stored) return errs::InternalError(kOp, "a chunk header for bytes without a frame");
  if (header.name.size() + frame.range.size() > kNameAndRangeLimit) {
    return errs::InternalError(
        kOp, absl::StrCat("name and range have ", header.name.size() + frame.range.size(),
                          " bytes; a chunk header has room for ", kNameAndRangeLimit));
  }
  std::string payload(kChunkHeaderKind);
  AppendKind(frame, payload);
  AppendNumber(static_cast<uint16_t>(header.name.size()), payload);
  AppendNumber(static_cast<uint16_t>(frame.range.size()), payload);
  AppendNumbers(frame, payload);
  AppendNumber(header.archive, payload);
  absl::StrAppend(&payload, header.name, frame.range);
  const size_t size = payload.size() + sizeof(uint32_t);
  std::string out;
  AppendNumber(kSkippableMagic, out);
  AppendNumber(static_cast<uint32_t>(size), out);
  out += payload;
  AppendNumber(Crc32c(out), out);
  return out;
}

absl::StatusOr<ChunkHeader> DecodeChunkHeader(std::string_view bytes, uint64_t offset,
                                              size_t& size) {
  const std::string where = absl::StrCat("chunk header at offset ", offset);
  // Before the kind and the completeness: a wrong size must not make a caller read gigabytes.
  ASSIGN_OR_RETURN(const uint64_t whole,
                   DecodeSkippableHead(bytes.substr(0, kSkippableHead), offset));
  if (whole < kChunkHeaderMin || whole > kChunkHeaderLimit) {
    return Wrong(where, absl::StrCat("a size of ", whole, " bytes, not ", kChunkHeaderMin, " to ",
                                     kChunkHeaderLimit));
  }
  ASSIGN_OR_RETURN(const Skippable skippable, DecodeSkippable(bytes, offset));
  if (skippable.kind != kChunkHeaderKind) {
    return Wrong(where, absl::StrCat("found \"", skippable.kind, "\" instead"));
  }
  const std::string_view covered = bytes.substr(0, skippable.size - sizeof(uint32_t));
  const uint32_t crc = Taker(bytes.substr(covered.size(), sizeof(uint32_t))).Number<uint32_t>();
  if (crc != Crc32c(covered)) return Wrong(where, "its CRC32C differs");

  ChunkHeader header;
  Taker from(covered.substr(kSkippableHead + kKindSize));
  const uint8_t unknown = TakeKind(from, header.frame);
  const size_t name = from.Number<uint16_t>();
  const size_t range = from.Number<uint16_t>();
  TakeNumbers(from, header.frame);
  header.archive = from.Number<uint64_t>();
  header.name = from.Bytes(name);
  header.frame.range = from.Bytes(range);
  if (!from.ok() || from.left() > 0) {
    return Wrong(where, absl::StrCat("a name of ", name, " and a range of ", range,
                                     " bytes do not make up its size of ", skippable.size));
  }
  if (unknown != 0 || header.frame.stored) {
    return Wrong(where, absl::StrCat("unknown flags ", unknown | (header.frame.stored ? 8 : 0)));
  }
  RETURN_IF_ERROR(CheckFrame(header.frame, where));
  size = skippable.size;
  return header;
}

}  // namespace siphon::frames
