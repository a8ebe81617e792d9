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

// Facts about a dump, from its table of contents.
namespace siphon::postgres {

// The encoding of the archive's texts and data: "UTF8".
std::string ArchiveEncoding(const Archive& archive);

// A text of the archive as UTF-8; nothing if siphon does not know the encoding, unless
// Archive::names has it.
std::optional<std::string> KnownText(const Archive& archive, std::string_view text);
// The same for statements of a session; `sql_ascii` for one that takes bytes as they are.
std::optional<std::string> SessionText(const Archive& archive, std::string_view text,
                                       bool sql_ascii);
// The same for messages: bytes in an unknown encoding become "\xNN".
std::string ArchiveText(const Archive& archive, std::string_view text);

// The name of an entry's object in dumps and messages; see DisplayName().
std::string EntryName(const Archive& archive, const ArchiveEntry& entry);

// True for a table that is divided into partitions and has no rows of its own.
bool IsPartitioned(const ArchiveEntry& entry);

// The tables with rows of their own whose definition or data the archive holds, sorted by name.
// Their sizes are 0; so are the rows of tables that are not in `rows_by_oid`.
std::vector<dumps::TableInfo> ArchiveTables(
    const Archive& archive, const std::map<std::string, int64_t, std::less<>>& rows_by_oid);

// The oids of the large objects that the entry creates; empty for an entry of another kind. Up to
// pg_dump 16 an entry has one large object, later it may have many.
std::vector<uint32_t> LargeObjectsOf(const ArchiveEntry& entry);

// True if the archive says that it holds a whole database. siphon marks such backups with an entry
// that pg_restore ignores. Archives by other programs, siphon (Go) included, have no mark.
bool HoldsWholeDatabase(const Archive& archive);
// That mark, as an entry.
std::string FormatWholeDatabaseEntry(const Archive& archive);

// The lc_monetary of the session that wrote the archive, if siphon recorded it: it does if the
// database has columns of the type money, whose texts depend on it.
std::optional<std::string> MonetaryLocale(const Archive& archive);
// That record, as an entry with this id, which pg_restore ignores.
std::string FormatMonetaryEntry(const Archive& archive, int32_t id, std::string_view locale);

// True for an entry that siphon has added, and that pg_restore ignores.
bool IsMark(const ArchiveEntry& entry);

// An id that no entry of the archive has.
int32_t UnusedId(const Archive& archive);

// The major version of the dumped server, and of the pg_dump that dumped it; 0 if unknown.
int ServerMajor(const Archive& archive);
int ToolMajor(const Archive& archive);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_ARCHIVE_CONTENTS_H_
