// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_ARCHIVE_LAYOUT_H_
#define DRIVERS_POSTGRES_ARCHIVE_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "drivers/postgres/archive.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame.h"

namespace siphon::postgres {

// What follows the last row of a table in an archive (pg_dump.c, dumpTableData_copy()).
inline constexpr std::string_view kEndOfRows = "\\.\n\n\n";

// Puts frames into an archive of pg_dump (docs/dumps.md#postgresql-archives). An item is an entry's
// block of data; chunk headers, frames and index pages are its length-prefixed pieces. In a block
// of large objects, each of them is a part, whose range is its oid. The archive's compression must
// be zstd.
//
// pg_restore (PostgreSQL 17 and 18, compress_zstd.c, ReadDataFromArchiveZstd()) passes each piece
// to the same zstd stream, and drops what follows the end of a frame in its piece. So a piece has
// one frame and nothing else. It skips a block whose id no entry has (pg_backup_custom.c,
// _PrintTocData()), which holds the index.
class ArchiveLayout : public frames::BodyLayout {
 public:
  // The id of the index is greater than all ids of the archive's entries.
  explicit ArchiveLayout(const Archive& archive);
  // The id of the index.
  explicit ArchiveLayout(int32_t index_id) : index_id_(index_id) {}

  std::string BeginItem(const frames::Frame& first) const override;
  std::string EndItem(const frames::Frame& last) const override;
  std::string BeginPart(const frames::Frame& first) const override;
  std::string EndPart(const frames::Frame& last) const override;
  std::string BeginRun(size_t size) const override;
  std::string BeginIndex() const override;
  std::string EndIndex() const override;

 private:
  int32_t index_id_;
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_ARCHIVE_LAYOUT_H_
