// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_FRAME_CHECK_H_
#define SIPHON_DOMAIN_FRAMES_FRAME_CHECK_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/index_reader.h"

namespace siphon::frames {

// Sums over the frames of a body.
struct FrameTotals {
  uint64_t frames = 0, rows = 0;
  uint64_t raw = 0;  // Bytes before compression.
  friend bool operator==(const FrameTotals&, const FrameTotals&) = default;
};

// Reads all frames that `index` names, with `workers` workers, and compares each with its entry and
// its chunk header: hash, sizes, place, archive; decompresses it. Checks that the body has nothing
// between its frames that the index does not name, except the bytes of `layout` and pages of an
// index. errs::kIntegrity names the frame or the place. `progress` gets the offset of the body that
// is being read; it is called by one thread at a time. Each worker needs memory for one frame,
// compressed and not.
absl::StatusOr<FrameTotals> CheckFrames(const base::Context& context,
                                        const base::RandomAccess& body, const IndexReader& index,
                                        const BodyLayout& layout, int workers,
                                        absl::FunctionRef<void(uint64_t offset)> progress);

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_FRAME_CHECK_H_
