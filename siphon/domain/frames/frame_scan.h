// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_FRAME_SCAN_H_
#define SIPHON_DOMAIN_FRAMES_FRAME_SCAN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/frames/chunk_header.h"
#include "siphon/domain/frames/index.h"

namespace siphon::frames {

// Finds the frames of a body without its index, by their chunk headers. A frame is found if its
// header is whole and its bytes have the header's hash. Where that is not so, the scan continues
// with the next header, and remembers what lies between as lost.
class FrameScan {
 public:
  // Begins at the offset `begin`, where the first chunk header or the bytes of the layout before it
  // are. Without `archive` the first header tells which archive it is; frames of others are lost.
  FrameScan(const base::RandomAccess* body, uint64_t begin,
            std::optional<uint64_t> archive = std::nullopt)
      : body_(body), position_(begin), archive_(archive) {}

  struct Found {
    Entry entry;
    std::string name;
  };
  // The next frame; nothing at the end of the body.
  absl::StatusOr<std::optional<Found>> Next(const base::Context& context);

  // A range of the body in which no frame was found. A range may begin with a frame that is
  // damaged.
  struct Loss {
    uint64_t begin = 0, end = 0;
    std::string what;
  };
  // At most kMostLosses; others are only counted.
  const std::vector<Loss>& losses() const { return losses_; }
  uint64_t loss_count() const { return loss_count_; }
  static constexpr size_t kMostLosses = 100;

  // The archive of the frames so far.
  const std::optional<uint64_t>& archive() const { return archive_; }

 private:
  // The bytes of the body at an offset, fewer at its end.
  absl::StatusOr<std::string> Peek(uint64_t offset, size_t size) const;
  // Takes the skippable frame at position_, `view` being the bytes there. Returns the frame that
  // follows a chunk header; nothing if the skippable frame belongs to an index, or is lost.
  absl::StatusOr<std::optional<Found>> Take(std::string_view view);
  absl::StatusOr<std::optional<Found>> TakeFrame(const ChunkHeader& header, size_t header_size,
                                                 std::string_view view);
  // Continues with the first skippable frame of siphon's at `from` or later.
  absl::Status Search(const base::Context& context, uint64_t from);
  // What is at position_ is lost, and the search for more begins at `from`.
  void Lose(std::string what, uint64_t from);
  void EndLoss();

  const base::RandomAccess* body_;
  uint64_t position_;
  std::optional<uint64_t> archive_;
  std::optional<Loss> open_;             // A loss whose end is not known yet.
  std::optional<uint64_t> search_from_;  // Set while frames must be searched for.
  std::vector<Loss> losses_;
  uint64_t loss_count_ = 0;
  std::string buffer_;
};

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_FRAME_SCAN_H_
