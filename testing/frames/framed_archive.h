// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_FRAMES_FRAMED_ARCHIVE_H_
#define TESTING_FRAMES_FRAMED_ARCHIVE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "siphon/domain/frames/appender.h"

namespace siphon::testing {

struct FramingOptions {
  int workers = 4;
  size_t part_bytes = 20'000;  // Of rows.
  size_t frame_bytes = 5000;
  size_t window = 100'000;
  // The parts of a table in reverse order.
  bool reverse = false;
};

struct FramedArchive {
  std::string body;
  frames::Appender::Result result;
};

// An archive of `pg_dump -Fc --compress=zstd` with the same content in frames: several workers
// compress the rows of each table again, in independent frames with chunk headers. An index
// follows. What is not rows of a table (table of contents, large objects) remains as it is.
absl::StatusOr<FramedArchive> FrameArchive(std::string_view body, const FramingOptions& options);

}  // namespace siphon::testing

#endif  // TESTING_FRAMES_FRAMED_ARCHIVE_H_
