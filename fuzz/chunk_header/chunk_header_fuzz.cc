// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/crc/crc32c.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "siphon/domain/frames/chunk_header.h"
#include "siphon/domain/frames/frame.h"

namespace {

using siphon::frames::ChunkHeader;
using siphon::frames::DecodeChunkHeader;
using siphon::frames::DecodeSkippable;
using siphon::frames::DecodeSkippableHead;
using siphon::frames::EncodeChunkHeader;
using siphon::frames::EncodeSkippable;

void Require(bool condition) {
  if (!condition) std::abort();
}

// An integrity error that names the place and is not long.
void RequireRefusal(const absl::Status& status) {
  Require(siphon::errs::Is(status, siphon::errs::kIntegrity));
  Require(absl::StrContains(status.message(), "at offset 4242: "));
  Require(status.message().size() < 512);
}

// A header that is decoded has the bytes that it is encoded to, and contradicts nothing.
void Check(std::string_view bytes) {
  size_t size = 0;
  const absl::StatusOr<ChunkHeader> header = DecodeChunkHeader(bytes, 4242, size);
  if (!header.ok()) return RequireRefusal(header.status());
  Require(siphon::frames::CheckFrame(header->frame, "").ok());
  Require(!header->frame.stored && size <= siphon::frames::kChunkHeaderLimit);
  const absl::StatusOr<std::string> again = EncodeChunkHeader(*header);
  Require(again.ok() && *again == bytes.substr(0, size));
}

void CheckSkippable(std::string_view bytes) {
  const absl::StatusOr<uint64_t> size = DecodeSkippableHead(bytes.substr(0, 8), 4242);
  const auto skippable = DecodeSkippable(bytes, 4242);
  if (!size.ok()) RequireRefusal(size.status());
  if (!skippable.ok()) return RequireRefusal(skippable.status());
  Require(size.ok() && *size == skippable->size);
  Require(EncodeSkippable(skippable->payload) == bytes.substr(0, skippable->size));
}

// The skippable frame with this payload after its kind, and the right checksum.
std::string Framed(std::string_view fields) {
  std::string bytes = EncodeSkippable(
      absl::StrCat(siphon::frames::kChunkHeaderKind, fields, std::string_view("\0\0\0\0", 4)));
  const std::string_view covered = std::string_view(bytes).substr(0, bytes.size() - 4);
  const auto crc = static_cast<uint32_t>(absl::ComputeCrc32c(covered));
  for (size_t i = 0; i < 4; ++i) bytes[bytes.size() - 4 + i] = static_cast<char>(crc >> (8 * i));
  return bytes;
}

}  // namespace

// Uses the input as a whole header, and as the fields of one.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  Check(input);
  CheckSkippable(input);
  Check(Framed(input));
  return 0;
}
