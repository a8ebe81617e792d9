// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_STREAM_SNAPSHOT_H_
#define SIPHON_DRIVER_STREAM_SNAPSHOT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/snapshot.h"

namespace siphon::driver {

// Makes a snapshot of one part from Connection::Backup(), which runs in a thread of its own: it
// waits in BackupTarget::Begin() until the part is read, and writes to its sink while Read() waits.
// A second Begin() is a lost snapshot. Returns when the backup has begun; its error if it does not.
// `connection` must outlive the snapshot. `context` is that of the backup.
absl::StatusOr<std::unique_ptr<Snapshot>> OpenStreamSnapshot(const base::Context& context,
                                                             Connection& connection,
                                                             const BackupOptions& options);

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_STREAM_SNAPSHOT_H_
