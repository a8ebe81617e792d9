// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_ARCHIVE_CONTENTS_H_
#define DRIVERS_POSTGRES_ARCHIVE_CONTENTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "siphon/domain/dumps/contents.h"

// What a table of contents says about a dump.
namespace siphon::postgres {

// "UTF8": of the archive's texts and data.
std::string ArchiveEncoding(const Archive& archive);

// A text of the archive as UTF-8; nothing where siphon does not know the encoding.
std::optional<std::string> KnownText(const Archive& archive, std::string_view text);
// The same with other encodings' bytes as "\xNN", to be shown.
std::string ArchiveText(const Archive& archive, std::string_view text);

// The name by which siphon records an entry's object; see DisplayName().
std::string EntryName(const Archive& archive, const ArchiveEntry& entry);

// True for a table that is divided into partitions and has no rows of its own.
bool IsPartitioned(const ArchiveEntry& entry);

// The tables with rows of their own whose definition or data the archive holds, sorted by name;
// sizes are 0, and so are the rows that `rows_by_oid` does not have.
std::vector<dumps::TableInfo> ArchiveTables(
    const Archive& archive, const std::map<std::string, int64_t, std::less<>>& rows_by_oid);

// Backups of siphon's that hold a database and not a choice of it say so, in an entry that
// pg_restore passes over. Archives of others, siphon (Go) among them, do not tell.
bool HoldsWholeDatabase(const Archive& archive);
std::string FormatWholeDatabaseEntry(const Archive& archive);

// An id that no entry of the archive has.
int32_t UnusedId(const Archive& archive);

// The major version of the server that was dumped, or of the pg_dump that did it; 0 if unknown.
int ServerMajor(const Archive& archive);
int ToolMajor(const Archive& archive);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_ARCHIVE_CONTENTS_H_
