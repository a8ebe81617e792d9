// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_SNAPSHOT_WRITER_H_
#define SIPHON_APP_SNAPSHOT_WRITER_H_

#include "absl/status/status.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/driver/snapshot.h"

namespace siphon::app {

struct SnapshotWriterOptions {
  int jobs = 1;         // Workers that read and compress parts; at least 1.
  int compression = 1;  // 0: the body is one stream without frames, which one worker reads.
};

// True if the parts of `snapshot` become frames, which several workers can write.
bool HasFrames(const driver::Snapshot& snapshot, const SnapshotWriterOptions& options);

// Writes all parts of a snapshot as the body of a dump. Begins again, as the dump does, when the
// snapshot is lost. The caller commits the dump. Reports the bytes before compression to `stage`,
// and of a body in parts the tables, the rows and what each worker reads.
absl::Status WriteSnapshot(const base::Context& context, driver::Snapshot& snapshot,
                           dumps::PendingDump& dump, const SnapshotWriterOptions& options,
                           base::Stage& stage);

}  // namespace siphon::app

#endif  // SIPHON_APP_SNAPSHOT_WRITER_H_
