// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_CONTRACTS_SNAPSHOT_BODY_H_
#define TESTING_CONTRACTS_SNAPSHOT_BODY_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/snapshot.h"

namespace siphon::testing {

// What a snapshot gave.
struct SnapshotBody {
  // All parts, in the order of the body; in frames if the format of the engine is compressed
  // itself.
  std::string text;
  std::vector<frames::Part> parts;       // In this order.
  std::vector<dumps::TableInfo> tables;  // Of Finish().
};

struct SnapshotBodyOptions {
  int jobs = 4;
  // Called before each write of a part, on the thread of the worker; its error is the sink's.
  std::function<absl::Status(const frames::Part&)> before_write = nullptr;
  // Called by a worker after each part that it has read.
  std::function<void()> after_part = nullptr;
};

// Reads all parts with several workers, as a backup does; begins again when the snapshot is lost. A
// failed expectation if the parts do not follow one another.
absl::StatusOr<SnapshotBody> ReadSnapshot(const base::Context& context, driver::Snapshot& snapshot,
                                          const SnapshotBodyOptions& options = {});

// The same. `target` gets the body, when it is complete.
absl::Status WriteSnapshotBody(const base::Context& context, driver::Snapshot& snapshot,
                               driver::BackupTarget& target,
                               const SnapshotBodyOptions& options = {});

// Writes the parts of a snapshot, whose layout is not null, as frames with their index.
absl::Status WriteSnapshotFrames(const base::Context& context, driver::Snapshot& snapshot,
                                 base::Writer& body, const SnapshotBodyOptions& options = {});

}  // namespace siphon::testing

#endif  // TESTING_CONTRACTS_SNAPSHOT_BODY_H_
