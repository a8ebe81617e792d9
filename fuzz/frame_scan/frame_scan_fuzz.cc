// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "absl/crc/crc32c.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/archive_layout.h"
#include "errs/error.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/chunk_header.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/frame_reader.h"
#include "siphon/domain/frames/frame_scan.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/frames/index_reader.h"
#include "siphon/domain/frames/rebuild.h"
#include "siphon/domain/frames/stream_reader.h"

namespace {

using siphon::base::RandomAccessString;
using siphon::frames::BodyLayout;
using siphon::frames::Digest;
using siphon::frames::DigestOf;
using siphon::frames::Entry;
using siphon::frames::FrameReader;
using siphon::frames::IndexReader;
using siphon::frames::Item;
using siphon::frames::RebuildIndex;
using siphon::frames::Rebuilt;
using siphon::frames::StreamReader;
using siphon::postgres::ArchiveLayout;

// Places of fields in a chunk header.
constexpr size_t kPackedAt = 58;
constexpr size_t kDigestAt = 66;

void Require(bool condition) {
  if (!condition) std::abort();
}

uint64_t NumberAt(std::string_view bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (size_t i = size; i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

// The body with the right digests and checksums in its chunk headers.
std::string Mended(std::string body) {
  const std::string kind(siphon::frames::kChunkHeaderKind);
  for (size_t at = body.find(kind); at != std::string::npos; at = body.find(kind, at + 1)) {
    if (at < 8) continue;
    const size_t begin = at - 8;
    const uint64_t size = 8 + NumberAt(body, begin + 4, 4);
    if (size < siphon::frames::kChunkHeaderMin || size > siphon::frames::kChunkHeaderLimit ||
        size > body.size() - begin) {
      continue;
    }
    const uint64_t packed = NumberAt(body, begin + kPackedAt, 8);
    if (packed <= body.size() - begin - size) {
      const Digest digest = DigestOf(std::string_view(body).substr(begin + size, packed));
      std::copy(digest.begin(), digest.end(),
                body.begin() + static_cast<ptrdiff_t>(begin + kDigestAt));
    }
    const auto crc =
        static_cast<uint32_t>(absl::ComputeCrc32c(std::string_view(body).substr(begin, size - 4)));
    for (size_t i = 0; i < 4; ++i) body[begin + size - 4 + i] = static_cast<char>(crc >> (8 * i));
  }
  return body;
}

// An index that was made again is one, and names only frames that exist; losses do not overlap.
void Check(std::string_view body, uint64_t begin, const BodyLayout& layout) {
  const siphon::base::Context context;
  const RandomAccessString source(body);
  const absl::StatusOr<Rebuilt> rebuilt = RebuildIndex(context, source, begin, layout);
  if (!rebuilt.ok()) {
    Require(siphon::errs::Is(rebuilt.status(), siphon::errs::kIntegrity));
    return;
  }
  uint64_t end = begin;
  for (const auto& loss : rebuilt->losses) {
    Require(loss.begin >= end && loss.end > loss.begin && loss.end <= body.size());
    Require(!loss.what.empty());
    end = loss.end;
  }
  const std::string whole = absl::StrCat(body.substr(0, rebuilt->keep), rebuilt->index);
  const RandomAccessString again(whole);
  const absl::StatusOr<IndexReader> index =
      IndexReader::Open(context, &again, layout, rebuilt->root);
  Require(index.ok());
  absl::StatusOr<FrameReader> reader = FrameReader::Create(&again, index->directory().archive);
  Require(reader.ok());
  for (const Item& item : index->directory().items) {
    const absl::Status visited = index->Visit(context, item, [&](const Entry& entry) {
      Require(reader->ReadPacked(entry, item.name).ok());
      const auto raw = reader->Read(entry, item.name);
      Require(raw.ok() ? raw->size() == entry.frame.raw
                       : siphon::errs::Is(raw.status(), siphon::errs::kIntegrity));
      return absl::OkStatus();
    });
    Require(visited.ok());
  }
}

// A stream that is read to its end is one that a scan reads completely.
void CheckStream(std::string_view body) {
  siphon::base::StringReader source(body);
  const auto reader = StreamReader::Create(&source);
  Require(reader.ok());
  const absl::StatusOr<std::string> plain = siphon::base::ReadAll(**reader, size_t{1} << 30);
  if (!plain.ok()) {
    Require(siphon::errs::Is(plain.status(), siphon::errs::kIntegrity));
    return;
  }
  const RandomAccessString bytes(body);
  const absl::StatusOr<Rebuilt> rebuilt =
      RebuildIndex(siphon::base::Context(), bytes, 0, BodyLayout());
  if (!rebuilt.ok()) return Require(plain->empty());
  Require(rebuilt->broken.empty());
  uint64_t raw = 0;
  for (const Item& item : rebuilt->directory.items) raw += item.raw;
  Require(raw == plain->size());
}

}  // namespace

// The first byte is the size of the head; the rest is a body.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string mended = Mended(std::string(body));
  const ArchiveLayout archive(/*index_id=*/1000);
  for (const std::string_view bytes : {body, std::string_view(mended)}) {
    Check(bytes, data[0], BodyLayout());
    Check(bytes, data[0], archive);
  }
  CheckStream(body);
  CheckStream(mended);
  return 0;
}
