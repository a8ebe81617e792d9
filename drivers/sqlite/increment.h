// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_INCREMENT_H_
#define DRIVERS_SQLITE_INCREMENT_H_

#include "absl/status/status.h"
#include "siphon/base/context.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/increments.h"
#include "siphon/driver/snapshot.h"

namespace siphon::sqlite {

// Writes the pages of `snapshot`, an image (image_snapshot.h), that differ from the parent's. The
// pages themselves are compared, not hashes of them, and the parent is read next to the snapshot:
// a list of hashes would need memory or space in each dump for every page of the database. Begins
// again when the snapshot is lost.
absl::Status WriteIncrement(const base::Context& context, driver::Snapshot& snapshot,
                            const driver::IncrementOptions& options, driver::BackupTarget& target);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_INCREMENT_H_
