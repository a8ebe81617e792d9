// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_ARCHIVE_READER_H_
#define DRIVERS_POSTGRES_ARCHIVE_READER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::postgres {

inline constexpr std::string_view kCustomFormat = "custom";

// Reads an archive from beginning to end and checks its structure: every block of data belongs to
// an entry, every entry with data has a block, nothing is cut off, and nothing follows the last
// block but an index (docs/dumps.md#postgresql-archives). Does not decompress blocks. Needs memory
// for the table of contents and one buffer. A wrong structure is errs::kIntegrity; errors of the
// body's reader are passed on.
class ArchiveReader {
 public:
  // `body` must outlive the reader.
  explicit ArchiveReader(base::Reader* body) : body_(body) {}

  // Reads header and table of contents. Call it once, before Next(). The archive belongs to the
  // reader.
  absl::StatusOr<const Archive*> ReadHead(const base::Context& context);

  // Gives the archive these Archive::names.
  void SetNames(std::map<std::string, std::string, std::less<>> names) {
    archive_.names = std::move(names);
  }

  // Next() will not return these large objects. Call it before Next().
  void LeaveOut(std::unordered_set<uint32_t> large_objects) {
    left_out_ = std::move(large_objects);
  }

  // Some bytes of an entry's block, unchanged, without the header of the block
  // (FormatBlockHeader()). Valid until the next call.
  struct Piece {
    const ArchiveEntry* entry = nullptr;
    bool first = false;
    bool last = false;
    std::string_view bytes;
  };
  // Returns the next piece; nothing at the end of the archive, after the body has returned its end.
  absl::StatusOr<std::optional<Piece>> Next(const base::Context& context);

  // The size of the block of the index, which Next() does not return; 0 if there is none.
  uint64_t index_size() const { return index_size_; }

 private:
  enum class State { kType, kId, kLargeObject, kLength, kPayload };

  absl::Status Fill(const base::Context& context);
  absl::Status CheckEnd() const;
  absl::Status OpenBlock(int64_t id);
  // The block `id`, which no entry has, is the index.
  absl::Status OpenIndex(int64_t id);
  // The number at offset_, which may continue in the next buffer; nothing if it is not complete.
  std::optional<int64_t> TakeInt();
  // Advances to the end of the buffer or of the block; true if the block ended.
  absl::StatusOr<bool> Walk();
  // Advances to the end of a length, or of a payload or the buffer; true if the block ended.
  absl::StatusOr<bool> WalkContent();
  // The same as Walk() for a block from which large objects are left out: an oid, or some content
  // of one large object. Nothing for those that are left out.
  absl::StatusOr<std::optional<Piece>> WalkLargeObject();
  absl::StatusOr<bool> TakeLength();

  base::Reader* body_;
  Archive archive_;
  std::unordered_map<int32_t, const ArchiveEntry*> awaited_;  // Entries whose block is yet to come.
  std::vector<char> buffer_;
  size_t offset_ = 0, end_ = 0;  // The unread part of buffer_.
  State state_ = State::kType;
  bool large_objects_ = false;
  uint64_t payload_left_ = 0;
  std::array<char, kArchiveIntSize> partial_{};
  size_t partial_size_ = 0;
  const ArchiveEntry* current_ = nullptr;
  bool first_ = false;
  std::unordered_set<uint32_t> left_out_;
  bool skips_ = false;  // The present large object is left out.
  uint64_t index_size_ = 0;
};

// The header of an entry's block, which precedes the first piece.
std::string FormatBlockHeader(const ArchiveEntry& entry);

// Reads an archive to its end, checks its structure, and reports its checksum and size.
absl::StatusOr<verbs::VerifyReport> VerifyBody(const base::Context& context, base::Reader& body);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_ARCHIVE_READER_H_
