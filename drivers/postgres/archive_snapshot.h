// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_ARCHIVE_SNAPSHOT_H_
#define DRIVERS_POSTGRES_ARCHIVE_SNAPSHOT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "drivers/postgres/row_ranges.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"
#include "siphon/driver/snapshot.h"

namespace siphon::postgres {

// The forms of the body that a snapshot may have.
enum class BodyForm {
  kStream,  // What pg_dump writes.
  kParts,   // In parts, if options and tables permit it; else a stream.
};

// Opens a snapshot whose body is an archive of pg_dump (docs/dumps.md#postgresql-archives). Its
// table of contents is that of pg_dump. In parts, the session locks the tables while pg_dump has
// them locked, pg_dump ends, and the workers read the rows (CopyReaders).
//
// The snapshot is one stream without compression, without rows, with a tool that is not built in,
// and if the session cannot lock the tables at once. It must not wait for a lock: the statement
// before it in the queue may wait for pg_dump.
absl::StatusOr<std::unique_ptr<driver::Snapshot>> OpenArchiveSnapshot(
    const base::Context& context, Session& session, const profile::ConnectionProfile& profile,
    const verbs::BackupOptions& options, BodyForm form, const RangeLimits& limits = {});

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_ARCHIVE_SNAPSHOT_H_
