// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_IMAGE_SNAPSHOT_H_
#define DRIVERS_SQLITE_IMAGE_SNAPSHOT_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "drivers/sqlite/database.h"
#include "drivers/sqlite/snapshot.h"
#include "siphon/base/context.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/driver/snapshot.h"

namespace siphon::sqlite {

// The size of a part of an image, in bytes: a whole number of pages, whatever their size.
inline constexpr size_t kRunBytes = size_t{1} << 20;
// Part `number` of an image, without its range.
frames::Part ImagePart(uint64_t number, bool is_last);

// Opens a snapshot whose body is the database's pages in order: a database file
// (https://www.sqlite.org/fileformat2.html) that sqlite3 can open. Its parts are runs of pages of
// about 1 MiB. NextPart() reads them from the one connection; workers compress them. `database`
// must outlive the snapshot.
absl::StatusOr<std::unique_ptr<driver::Snapshot>> OpenImageSnapshot(const base::Context& context,
                                                                    Database& database,
                                                                    const SnapshotLimits& limits);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_IMAGE_SNAPSHOT_H_
