// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_CONTRACTS_SNAPSHOT_BODY_H_
#define TESTING_CONTRACTS_SNAPSHOT_BODY_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/snapshot.h"

namespace siphon::testing {

struct SnapshotBodyOptions {
  int jobs = 4;
  // Called by a worker after each part that it has read.
  std::function<void()> after_part = [] {};
};

// Writes the body of a snapshot as a backup does: in frames, by several workers, if the format of
// the engine is compressed itself and the snapshot has parts; else as one stream.
absl::Status WriteSnapshotBody(const base::Context& context, driver::Snapshot& snapshot,
                               driver::BackupTarget& target,
                               const SnapshotBodyOptions& options = {});

// Writes the parts of a snapshot, whose layout is not null, as frames with their index.
absl::Status WriteSnapshotFrames(const base::Context& context, driver::Snapshot& snapshot,
                                 base::Writer& body, const SnapshotBodyOptions& options = {});

}  // namespace siphon::testing

#endif  // TESTING_CONTRACTS_SNAPSHOT_BODY_H_
