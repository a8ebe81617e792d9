// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_ARCHIVE_H_
#define DRIVERS_POSTGRES_ARCHIVE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "absl/status/statusor.h"

// The custom format of pg_dump (PostgreSQL 18, src/bin/pg_dump/pg_backup_archiver.c, ReadHead() and
// ReadToc(), and pg_backup_custom.c): a header, a table of contents, and a block of data for each
// entry that has data.
namespace siphon::postgres {

enum class Compression { kNone, kGzip, kLz4, kZstd };

// An archive's format version, as in 1.16; pg_dump 17 and 18 write 1.16, pg_dump 12 wrote 1.14.
struct ArchiveVersion {
  int major = 0;
  int minor = 0;
  friend auto operator<=>(const ArchiveVersion&, const ArchiveVersion&) = default;
};

// The oldest (pg_dump 9.0) and the newest version that can be read.
inline constexpr ArchiveVersion kOldestArchive{1, 12};
inline constexpr ArchiveVersion kNewestArchive{1, 16};

struct ArchiveHeader {
  ArchiveVersion version;
  int offset_size = 8;  // The size of a file offset, in bytes.
  Compression compression = Compression::kNone;
  std::string_view database;
  std::string_view server_version;  // "15.18 (Debian 15.18-0+deb12u1)".
  std::string_view tool_version;    // pg_dump's.
};

// The kind of an entry whose block has the content of large objects.
inline constexpr std::string_view kLargeObjectContent = "BLOBS";

// When pg_restore handles an entry (teSection).
enum class Section { kNone = 1, kPreData = 2, kData = 3, kPostData = 4 };

// An entry of the table of contents. An absent text is empty.
struct ArchiveEntry {
  int32_t id = 0;         // Greater than 0, and unique in the archive.
  bool has_data = false;  // A block of data belongs to it.
  // The oids of the system catalogue with the object and of the object, as digits; "0" for none.
  std::string_view catalog;
  std::string_view oid;
  std::string_view tag;   // "items"
  std::string_view kind;  // "TABLE", "TABLE DATA", "ACL", ...
  Section section = Section::kNone;
  std::string_view definition;      // SQL.
  std::string_view drop_statement;  // SQL.
  std::string_view copy_statement;  // "COPY public.items (id, name) FROM stdin;\n"
  std::string_view schema;
  std::string_view tablespace;
  std::string_view owner;
  std::vector<int32_t> dependencies;  // Ids; some belong to objects without an entry.
  std::string_view raw;               // The bytes of the entry in the archive.
};

// True if `kind` is one of `kinds`.
template <size_t n>
bool IsOneOf(std::string_view kind, const std::string_view (&kinds)[n]) {
  return std::find(std::begin(kinds), std::end(kinds), kind) != std::end(kinds);
}

// The ids of some entries.
using EntryIds = std::unordered_set<int32_t>;

// True if `ids` has one of the entry's dependencies.
bool DependsOn(const ArchiveEntry& entry, const EntryIds& ids);

// A header with its table of contents. Views in `header` and `entries` point into `bytes`, so an
// archive can be moved but not copied.
struct Archive {
  Archive() = default;
  Archive(Archive&&) noexcept = default;
  Archive& operator=(Archive&&) noexcept = default;

  ArchiveHeader header;
  std::string_view raw_header;        // Ends before the number of entries.
  std::vector<ArchiveEntry> entries;  // In the order of the archive.
  // Names of the archive in the encoding of a database, and in UTF-8; see FormatNames().
  std::map<std::string, std::string, std::less<>> names = {};
  std::vector<char> bytes;
};

// The largest table of contents that can be read, in bytes.
inline constexpr size_t kArchiveHeadLimit = size_t{1} << 30;

// Returns the size of header and table of contents in bytes, or nothing if `head`, the first bytes
// of an archive, does not hold all of both yet. Then call again with a longer head and the same
// `progress`, which begins as a new object and belongs to the caller. errs::kIntegrity if `head` is
// no archive; errs::kDriverUnsupported if the archive is newer than kNewestArchive.
struct ArchiveHeadProgress {
  size_t offset = 0;  // The beginning of the next entry; 0: the header is not complete.
  int64_t entries_left = 0;
};
absl::StatusOr<std::optional<size_t>> MeasureArchiveHead(std::string_view head,
                                                         ArchiveHeadProgress& progress);

// Parses header and table of contents; `head` has the size that MeasureArchiveHead() returned. The
// errors are the same.
absl::StatusOr<Archive> ParseArchiveHead(std::vector<char> head);

// An entry that siphon adds to an archive. `id` must be unique in the archive.
struct NewEntry {
  int32_t id = 0;
  std::string_view kind;
  std::string_view tag;
  std::string_view definition;
  std::string_view drop_statement = {};
};
// For an entry of this kind pg_restore runs the definition as SQL, whichever parts of the archive
// it restores.
inline constexpr std::string_view kCommandKind = "SEQUENCE SET";
std::string FormatEntry(const ArchiveHeader& header, const NewEntry& entry);

// An entry with Archive::names, for an archive in an encoding that siphon does not know. Its kind
// is kNamesKind. pg_restore ignores it, because it has neither a definition nor data.
std::string FormatNames(const ArchiveHeader& header, int32_t id,
                        const std::map<std::string, std::string, std::less<>>& names);
inline constexpr std::string_view kNamesKind = "SIPHON NAMES";

// The bytes of `entry`, which has a definition, with another definition.
std::string WithDefinition(const ArchiveEntry& entry, std::string_view definition);

// Header and table of contents with these entries; each is the `raw` of an entry.
std::string FormatArchiveHead(const Archive& archive, const std::vector<std::string_view>& entries);

// An integer in the encoding of archives: a sign and four bytes.
inline constexpr size_t kArchiveIntSize = 5;
// `bytes` must have the size kArchiveIntSize. No value has more than 32 bits.
int64_t DecodeArchiveInt(std::string_view bytes);
std::string EncodeArchiveInt(int64_t value);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_ARCHIVE_H_
