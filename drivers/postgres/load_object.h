// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_LOAD_OBJECT_H_
#define DRIVERS_POSTGRES_LOAD_OBJECT_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"

namespace siphon::postgres {

// The large objects whose content the block of `entry` has: those of the entries that it depends
// on. Empty for an archive of pg_dump 16 or earlier.
std::vector<uint32_t> LargeObjectsIn(const Archive& archive, const ArchiveEntry& entry);

// Writes `bytes`, which it reads to their end, to the large object `oid`, which exists and is
// empty. Errors of `bytes` are returned as they are. The session must not be in a transaction: each
// piece is committed.
absl::Status LoadLargeObject(const base::Context& context, Session& session, uint32_t oid,
                             base::Reader& bytes);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_LOAD_OBJECT_H_
