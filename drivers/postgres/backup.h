// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_BACKUP_H_
#define DRIVERS_POSTGRES_BACKUP_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/snapshot.h"

namespace siphon::postgres {

// Refuses options that contradict each other or the format. Does not check capabilities.
absl::Status CheckFormat(const verbs::BackupOptions& options);

// Driver contract: Connection::Backup(). The session exports the snapshot that pg_dump reads.
absl::Status Backup(const base::Context& context, Session& session,
                    const profile::ConnectionProfile& profile, const verbs::BackupOptions& options,
                    driver::BackupTarget& target);

// Driver contract: SnapshotSource::OpenSnapshot().
absl::StatusOr<std::unique_ptr<driver::Snapshot>> OpenSnapshot(
    const base::Context& context, Session& session, const profile::ConnectionProfile& profile,
    const verbs::BackupOptions& options);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_BACKUP_H_
