// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_ARCHIVE_READER_H_
#define DRIVERS_POSTGRES_ARCHIVE_READER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::postgres {

inline constexpr std::string_view kCustomFormat = "custom";

// Reads an archive from front to back and checks its structure: every block of data has its entry,
// every entry its block, and nothing is cut off or comes behind. What the blocks hold is not
// decompressed. Needs memory for the table of contents and one buffer. Errors of the structure are
// errs::kIntegrity; those of the body's reader are passed on.
class ArchiveReader {
 public:
  // `body` must outlive the reader.
  explicit ArchiveReader(base::Reader* body) : body_(body) {}

  // Header and table of contents; to be called once, before Next(). The archive belongs to the
  // reader.
  absl::StatusOr<const Archive*> ReadHead(const base::Context& context);

  // Some bytes of an entry's block, as they stand in the archive but without the block's own header
  // (FormatBlockHeader()). Valid until the next call.
  struct Piece {
    const ArchiveEntry* entry = nullptr;
    bool first = false;
    bool last = false;
    std::string_view bytes;
  };
  // Nothing at the archive's end, when the body has returned its own.
  absl::StatusOr<std::optional<Piece>> Next(const base::Context& context);

 private:
  enum class State { kType, kId, kLargeObject, kLength, kPayload };

  absl::Status Fill(const base::Context& context);
  absl::Status CheckEnd() const;
  absl::Status OpenBlock(int64_t id);
  // The number at offset_, which may be spread over two buffers; nothing when it is not complete.
  std::optional<int64_t> TakeInt();
  // Goes on in the buffer until it or the block ends; true for the latter.
  absl::StatusOr<bool> Walk();
  absl::StatusOr<bool> TakeLength();

  base::Reader* body_;
  Archive archive_;
  std::unordered_map<int32_t, const ArchiveEntry*> awaited_;  // Whose block has not come yet.
  std::vector<char> buffer_;
  size_t offset_ = 0, end_ = 0;  // Of what has not been looked at, in buffer_.
  State state_ = State::kType;
  bool large_objects_ = false;
  uint64_t payload_left_ = 0;
  std::array<char, kArchiveIntSize> partial_{};
  size_t partial_size_ = 0;
  const ArchiveEntry* current_ = nullptr;
  bool first_ = false;
};

// What comes before an entry's first piece.
std::string FormatBlockHeader(const ArchiveEntry& entry);

// Reads an archive to its end, checks its structure, and tells about it.
absl::StatusOr<verbs::VerifyReport> VerifyBody(const base::Context& context, base::Reader& body);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_ARCHIVE_READER_H_
