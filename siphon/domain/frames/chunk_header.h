// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_CHUNK_HEADER_H_
#define SIPHON_DOMAIN_FRAMES_CHUNK_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/domain/frames/frame.h"

namespace siphon::frames {

// A skippable frame (RFC 8878, section 3.1.2): magic number, size, payload. zstd and pg_restore
// skip it. siphon's payloads begin with eight bytes that name their kind.
inline constexpr uint32_t kSkippableMagic = 0x184D2A5D;
inline constexpr size_t kSkippableHead = 8;  // Magic number and size.
inline constexpr size_t kKindSize = 8;
inline constexpr std::string_view kChunkHeaderKind = "SIPHFRM1";
inline constexpr std::string_view kPageKind = "SIPHPAG1";
inline constexpr std::string_view kDirectoryKind = "SIPHIDX1";

// A skippable frame with this payload, which has less than 4 GiB.
std::string EncodeSkippable(std::string_view payload);

struct Skippable {
  std::string_view kind;     // One of those above.
  std::string_view payload;  // With the kind.
  size_t size = 0;           // Of the whole skippable frame.
};
// The size of the skippable frame whose first kSkippableHead bytes are `head`; errs::kIntegrity if
// they are another's. `offset` is the place of `bytes` in the body, for messages.
absl::StatusOr<uint64_t> DecodeSkippableHead(std::string_view head, uint64_t offset);
// The skippable frame at the beginning of `bytes`. errs::kIntegrity if there is none, its kind is
// unknown or it is incomplete.
absl::StatusOr<Skippable> DecodeSkippable(std::string_view bytes, uint64_t offset);

// The header that precedes a zstd frame in the body, in a skippable frame of at most 4096 bytes. It
// repeats what the index knows about the frame, so that a body without an index can be read.
struct ChunkHeader {
  // The random number that all headers of an archive have, so that frames of others are noticed.
  uint64_t archive = 0;
  std::string name;  // The item's.
  Frame frame;
  friend bool operator==(const ChunkHeader&, const ChunkHeader&) = default;
};
inline constexpr size_t kChunkHeaderLimit = 4096;
// The size without name and range.
inline constexpr size_t kChunkHeaderMin = 110;
// The most bytes of name and range together.
inline constexpr size_t kNameAndRangeLimit = kChunkHeaderLimit - kChunkHeaderMin;

// Encodes the skippable frame. errs::kInternal if name and range are too long, or the facts
// contradict one another.
absl::StatusOr<std::string> EncodeChunkHeader(const ChunkHeader& header);

// Decodes the skippable frame at the beginning of `bytes`, and sets `size` to its size.
// errs::kIntegrity with "chunk header at offset <offset>: " and what is wrong with it.
absl::StatusOr<ChunkHeader> DecodeChunkHeader(std::string_view bytes, uint64_t offset,
                                              size_t& size);

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_CHUNK_HEADER_H_
