// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_ENTRY_NAMES_H_
#define DRIVERS_POSTGRES_ENTRY_NAMES_H_

#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/archive_reader.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// Reads the head of an archive that is restored through the session. Its Archive::names are those
// that the server gives, whatever the archive says, so that siphon finds the objects by them.
absl::StatusOr<const Archive*> ReadHeadWithNames(const base::Context& context, Session& session,
                                                 ArchiveReader& reader);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_ENTRY_NAMES_H_
