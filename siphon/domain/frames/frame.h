// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_FRAME_H_
#define SIPHON_DOMAIN_FRAMES_FRAME_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// The frames of a dump's body (docs/dumps.md#frames). A body consists of items, such as the rows of
// a table. An item consists of parts; one worker reads or writes a part. A part consists of frames,
// which are compressed independently.
namespace siphon::frames {

// What an item holds.
enum class Content : char {
  kDefinitions = 'd',
  kRows = 'r',
  kObjects = 'o',  // Large objects.
  kPages = 'p',    // Pages of a database file.
};

using Digest = std::array<char, 32>;  // SHA-256.
Digest DigestOf(std::string_view bytes);
std::string ToHex(const Digest& digest);

// The item of the bytes that precede the first frame, such as the table of contents of a PostgreSQL
// archive. Other items have other numbers.
inline constexpr uint32_t kHeadItem = 0;

// A new random number for ChunkHeader::archive.
uint64_t NewArchiveNumber();

// The largest frame, in bytes before compression: the window that RFC 8878 (section 3.1.1.1.2)
// recommends that every decoder supports.
inline constexpr uint64_t kMaxRaw = uint64_t{8} << 20;
// The largest size of `raw` bytes after compression.
constexpr uint64_t PackedLimit(uint64_t raw) { return raw + raw / 128 + 512; }

// Facts about a frame.
struct Frame {
  Content content = Content::kRows;
  bool ends_part = false;
  bool ends_item = false;
  // The frame ends within a row or a statement, which the next frame continues.
  bool splits_row = false;
  // Not a zstd frame and without a chunk header: the bytes themselves.
  bool stored = false;
  uint32_t item = kHeadItem;
  uint64_t part = 0;    // In the item, from 0.
  uint64_t number = 0;  // In the part, from 0.
  uint64_t rows = 0;    // Rows that end in this frame.
  uint64_t raw = 0;     // Bytes before compression.
  uint64_t packed = 0;  // Bytes of the frame in the body.
  Digest sha256 = {};   // Of these bytes.
  // The rows of the part, in the engine's words, such as "(0,0)-(128,0)"; may be empty.
  std::string range = {};
  friend bool operator==(const Frame&, const Frame&) = default;
};

// errs::kIntegrity if the facts contradict one another; the message begins with `where`.
absl::Status CheckFrame(const Frame& frame, std::string_view where);

// "frame 2 of part 0 of item 17"
std::string Describe(const Frame& frame);

// Checks that frames follow one another without a gap: the frames of a part, the parts of an item,
// and the items. Each item comes once.
class Sequence {
 public:
  // errs::kIntegrity if `frame` cannot follow the frame before.
  absl::Status Next(const Frame& frame);
  // errs::kIntegrity if the last frame does not end its item.
  absl::Status End() const;

 private:
  std::optional<Frame> last_;           // Without its range.
  std::unordered_set<uint32_t> ended_;  // Items.
};

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_FRAME_H_
