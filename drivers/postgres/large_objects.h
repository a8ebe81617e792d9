// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_LARGE_OBJECTS_H_
#define DRIVERS_POSTGRES_LARGE_OBJECTS_H_

#include <cstdint>
#include <unordered_set>

#include "drivers/postgres/archive.h"
#include "drivers/postgres/pattern.h"
#include "drivers/postgres/restore_plan.h"

// Large objects that a restore leaves out. pg_dump writes many of them into one entry and one block
// of data.
namespace siphon::postgres {

// The oids of the archive's large objects that match.
std::unordered_set<uint32_t> LargeObjectsLike(const Archive& archive, const NamePattern& pattern);

// Removes large objects from the plan, with their content, comments, grants and security labels.
// The content in a block that others share stays in the archive: the reader leaves it out (see
// ArchiveReader::LeaveOut()).
void LeaveOutLargeObjects(const Archive& archive, const std::unordered_set<uint32_t>& oids,
                          RestorePlan& plan);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_LARGE_OBJECTS_H_
