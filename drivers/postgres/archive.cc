// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/archive.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/utf8.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.archive";
constexpr std::string_view kMagic = "PGDMP";
constexpr char kCustomFormat = 1;
constexpr size_t kIntSize = 4;  // Without the sign.
// The number of integers in the creation time.
constexpr int kTimeFields = 7;
// K_OFFSET_NO_DATA
constexpr char kNoData = 3;

absl::Status Damaged(std::string_view detail) { return errs::IntegrityError(kOp, detail); }

// Reads values from a text. After the first failure every value is 0 or empty. `short_` is true if
// the text ended too early.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  std::string_view Bytes(size_t size) {
    if (!ok() || text_.size() - offset_ < size) {
      short_ = short_ || ok();
      return {};
    }
    offset_ += size;
    return text_.substr(offset_ - size, size);
  }
  uint8_t Byte() {
    const std::string_view byte = Bytes(1);
    return byte.empty() ? 0 : static_cast<uint8_t>(byte[0]);
  }
  int64_t Int() {
    const std::string_view bytes = Bytes(kArchiveIntSize);
    return bytes.empty() ? 0 : DecodeArchiveInt(bytes);
  }
  // Nothing for an absent text, which differs from an empty one.
  std::optional<std::string_view> Text() {
    const int64_t size = Int();
    if (size < 0 || !ok()) return std::nullopt;
    if (size > std::numeric_limits<int32_t>::max()) {
      Fail("a text has an impossible length");
      return std::nullopt;
    }
    return Bytes(static_cast<size_t>(size));
  }
  std::string_view TextOrEmpty() { return Text().value_or(std::string_view()); }

  void Fail(std::string_view why) {
    if (ok()) status_ = Damaged(absl::StrCat("the archive's table of contents: ", why));
  }
  bool ok() const { return !short_ && status_.ok(); }
  bool is_short() const { return short_; }
  const absl::Status& status() const { return status_; }
  size_t offset() const { return offset_; }

 private:
  std::string_view text_;
  size_t offset_ = 0;
  bool short_ = false;
  absl::Status status_;
};

absl::Status CheckVersion(const ArchiveVersion& version) {
  if (version > kNewestArchive) {
    return errs::UserError(
        kOp, errs::kDriverUnsupported,
        absl::StrCat("the archive has version ", version.major, ".", version.minor,
                     "; this siphon reads up to ", kNewestArchive.major, ".", kNewestArchive.minor),
        "it was made by a newer pg_dump; use a newer siphon");
  }
  if (version < kOldestArchive) {
    return Damaged(
        absl::StrCat("the archive has the unknown version ", version.major, ".", version.minor));
  }
  return absl::OkStatus();
}

// Nothing if the bytes end too early.
absl::StatusOr<std::optional<Compression>> ReadCompression(const ArchiveVersion& version,
                                                           Cursor& cursor) {
  if (version < ArchiveVersion{1, 15}) {
    // The level for zlib.
    const int64_t level = cursor.Int();
    if (!cursor.ok()) return std::nullopt;
    return level == 0 ? Compression::kNone : Compression::kGzip;
  }
  const uint8_t algorithm = cursor.Byte();
  if (!cursor.ok()) return std::nullopt;
  if (algorithm > static_cast<uint8_t>(Compression::kZstd)) {
    return Damaged(absl::StrCat("the archive's compression ", algorithm, " is unknown"));
  }
  return static_cast<Compression>(algorithm);
}

// Nothing if the bytes end too early.
absl::StatusOr<std::optional<ArchiveHeader>> ReadHeader(Cursor& cursor) {
  const std::string_view magic = cursor.Bytes(kMagic.size());
  if (cursor.ok() && magic != kMagic) {
    return Damaged("the body is no archive in pg_dump's custom format");
  }
  ArchiveHeader header;
  header.version.major = cursor.Byte();
  header.version.minor = cursor.Byte();
  cursor.Byte();  // The revision, which does not change the format.
  const uint8_t int_size = cursor.Byte();
  header.offset_size = cursor.Byte();
  const char format = static_cast<char>(cursor.Byte());
  if (!cursor.ok()) return std::nullopt;
  RETURN_IF_ERROR(CheckVersion(header.version));
  if (int_size != kIntSize || (header.offset_size != 4 && header.offset_size != 8)) {
    return Damaged("the archive's header has invalid sizes of numbers");
  }
  if (format != kCustomFormat) return Damaged("the archive is not in the custom format");
  ASSIGN_OR_RETURN(const std::optional<Compression> compression,
                   ReadCompression(header.version, cursor));
  header.compression = compression.value_or(Compression::kNone);
  for (int i = 0; i < kTimeFields; ++i) cursor.Int();
  header.database = cursor.TextOrEmpty();
  header.server_version = cursor.TextOrEmpty();
  header.tool_version = cursor.TextOrEmpty();
  RETURN_IF_ERROR(cursor.status());
  if (!cursor.ok()) return std::nullopt;
  return header;
}

void ReadDependencies(Cursor& cursor, std::vector<int32_t>& dependencies) {
  while (cursor.ok()) {
    const std::optional<std::string_view> text = cursor.Text();
    if (!text.has_value()) return;
    int32_t id = 0;
    if (!absl::SimpleAtoi(*text, &id)) return cursor.Fail("a dependency is no number");
    dependencies.push_back(id);
  }
}

// The entry at the beginning of `text`; nothing if it is incomplete.
absl::StatusOr<std::optional<ArchiveEntry>> ReadEntry(std::string_view text,
                                                      const ArchiveHeader& header) {
  Cursor cursor(text);
  ArchiveEntry entry;
  const int64_t id = cursor.Int();
  if (cursor.ok() && (id <= 0 || id > std::numeric_limits<int32_t>::max())) {
    cursor.Fail("an entry's number is out of range");
  }
  entry.id = static_cast<int32_t>(id);
  entry.has_data = cursor.Int() != 0;
  entry.catalog = cursor.TextOrEmpty();
  entry.oid = cursor.TextOrEmpty();
  entry.tag = cursor.TextOrEmpty();
  entry.kind = cursor.TextOrEmpty();
  const int64_t section = cursor.Int();
  if (cursor.ok() && (section < 1 || section > 4)) cursor.Fail("an entry has an unknown section");
  entry.section = static_cast<Section>(section);
  entry.definition = cursor.TextOrEmpty();
  entry.drop_statement = cursor.TextOrEmpty();
  entry.copy_statement = cursor.TextOrEmpty();
  entry.schema = cursor.TextOrEmpty();
  entry.tablespace = cursor.TextOrEmpty();
  if (header.version >= ArchiveVersion{1, 14}) cursor.Text();  // The access method.
  if (header.version >= ArchiveVersion{1, 16}) cursor.Int();   // relkind
  entry.owner = cursor.TextOrEmpty();
  cursor.Text();  // WITH OIDS
  ReadDependencies(cursor, entry.dependencies);
  cursor.Bytes(1 + static_cast<size_t>(header.offset_size));
  RETURN_IF_ERROR(cursor.status());
  if (cursor.is_short()) return std::nullopt;
  if (entry.kind.empty()) return Damaged("an entry of the archive's contents has no kind");
  entry.raw = text.substr(0, cursor.offset());
  return entry;
}

absl::Status CheckEntryIds(const std::vector<ArchiveEntry>& entries) {
  EntryIds ids;
  for (const ArchiveEntry& entry : entries) {
    if (!ids.insert(entry.id).second) {
      return Damaged(
          absl::StrCat("two entries of the archive's contents have the number ", entry.id));
    }
  }
  return absl::OkStatus();
}

void AppendText(std::string_view text, std::string& out) {
  absl::StrAppend(&out, EncodeArchiveInt(static_cast<int64_t>(text.size())), text);
}

void AppendAbsent(std::string& out) { absl::StrAppend(&out, EncodeArchiveInt(-1)); }

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), absl::ascii_isascii);
}

// The inverse of FormatNames(). Whatever it does not write is left out: a name with other
// characters than ASCII has no ASCII name.
std::map<std::string, std::string, std::less<>> ParseNames(std::string_view tag) {
  std::map<std::string, std::string, std::less<>> names;
  const std::vector<std::string_view> words = absl::StrSplit(tag, ' ', absl::SkipEmpty());
  for (size_t i = 0; i + 1 < words.size(); i += 2) {
    std::string bytes, text;
    if (!absl::HexStringToBytes(words[i], &bytes) || !absl::HexStringToBytes(words[i + 1], &text) ||
        !base::IsValidUtf8(text) || IsAscii(text)) {
      continue;
    }
    names.emplace(std::move(bytes), std::move(text));
  }
  return names;
}

}  // namespace

bool DependsOn(const ArchiveEntry& entry, const EntryIds& ids) {
  return std::any_of(entry.dependencies.begin(), entry.dependencies.end(),
                     [&](int32_t id) { return ids.contains(id); });
}

int64_t DecodeArchiveInt(std::string_view bytes) {
  int64_t value = 0;
  for (size_t i = 0; i < kIntSize; ++i) {
    value |= int64_t{static_cast<uint8_t>(bytes[i + 1])} << (8 * i);
  }
  return bytes[0] == 0 ? value : -value;
}

std::string EncodeArchiveInt(int64_t value) {
  std::string bytes(1, value < 0 ? 1 : 0);
  uint64_t rest = static_cast<uint64_t>(value < 0 ? -value : value);
  for (size_t i = 0; i < kIntSize; ++i, rest >>= 8) bytes += static_cast<char>(rest & 0xff);
  return bytes;
}

absl::StatusOr<std::optional<size_t>> MeasureArchiveHead(std::string_view head,
                                                         ArchiveHeadProgress& progress) {
  Cursor cursor(head);
  ASSIGN_OR_RETURN(const std::optional<ArchiveHeader> header, ReadHeader(cursor));
  if (header.has_value() && progress.offset == 0) {
    const int64_t count = cursor.Int();
    if (cursor.ok() && (count < 0 || count > std::numeric_limits<int32_t>::max())) {
      return Damaged("the archive has an impossible number of entries");
    }
    if (cursor.ok()) progress = {cursor.offset(), count};
  }
  while (progress.offset != 0 && progress.entries_left > 0) {
    ASSIGN_OR_RETURN(const std::optional<ArchiveEntry> entry,
                     ReadEntry(head.substr(progress.offset), *header));
    if (!entry.has_value()) break;
    progress.offset += entry->raw.size();
    --progress.entries_left;
  }
  if (progress.offset != 0 && progress.entries_left == 0) return progress.offset;
  if (head.size() >= kArchiveHeadLimit) {
    return Damaged("the archive's table of contents is larger than 1 GiB");
  }
  return std::nullopt;
}

absl::StatusOr<Archive> ParseArchiveHead(std::vector<char> head) {
  Archive archive;
  archive.bytes = std::move(head);
  std::string_view rest(archive.bytes.data(), archive.bytes.size());
  Cursor cursor(rest);
  ASSIGN_OR_RETURN(const std::optional<ArchiveHeader> header, ReadHeader(cursor));
  if (!header.has_value()) return Damaged("the archive is cut off in its header");
  archive.header = *header;
  archive.raw_header = rest.substr(0, cursor.offset());
  int64_t count = cursor.Int();
  if (!cursor.ok()) return Damaged("the archive is cut off in its header");
  rest.remove_prefix(cursor.offset());
  for (; count > 0; --count) {
    ASSIGN_OR_RETURN(std::optional<ArchiveEntry> entry, ReadEntry(rest, archive.header));
    if (!entry.has_value()) return Damaged("the archive is cut off in its table of contents");
    rest.remove_prefix(entry->raw.size());
    archive.entries.push_back(*std::move(entry));
  }
  if (count < 0 || !rest.empty()) return Damaged("the archive's number of entries is wrong");
  RETURN_IF_ERROR(CheckEntryIds(archive.entries));
  for (const ArchiveEntry& entry : archive.entries) {
    if (entry.kind == kNamesKind) archive.names = ParseNames(entry.tag);
  }
  return archive;
}

std::string FormatNames(const ArchiveHeader& header, int32_t id,
                        const std::map<std::string, std::string, std::less<>>& names) {
  std::string tag;
  for (const auto& [bytes, text] : names) {
    absl::StrAppend(&tag, absl::BytesToHexString(bytes), " ", absl::BytesToHexString(text), " ");
  }
  return FormatEntry(header, {id, kNamesKind, tag, ""});
}

std::string FormatEntry(const ArchiveHeader& header, const NewEntry& entry) {
  std::string bytes = absl::StrCat(EncodeArchiveInt(entry.id), EncodeArchiveInt(0));
  AppendText("0", bytes);  // Of no catalogue,
  AppendText("0", bytes);  // and no object.
  AppendText(entry.tag, bytes);
  AppendText(entry.kind, bytes);
  absl::StrAppend(&bytes, EncodeArchiveInt(static_cast<int64_t>(Section::kNone)));
  AppendText(entry.definition, bytes);
  AppendText(entry.drop_statement, bytes);
  AppendAbsent(bytes);  // COPY
  AppendAbsent(bytes);  // Schema
  AppendAbsent(bytes);  // Tablespace
  if (header.version >= ArchiveVersion{1, 14}) AppendAbsent(bytes);
  if (header.version >= ArchiveVersion{1, 16}) absl::StrAppend(&bytes, EncodeArchiveInt(0));
  AppendText("", bytes);
  AppendText("false", bytes);
  AppendAbsent(bytes);  // The end of the dependencies.
  bytes += kNoData;
  bytes.append(static_cast<size_t>(header.offset_size), '\0');
  return bytes;
}

std::string WithDefinition(const ArchiveEntry& entry, std::string_view definition) {
  const size_t at = static_cast<size_t>(entry.definition.data() - entry.raw.data());
  std::string bytes(entry.raw.substr(0, at - kArchiveIntSize));
  AppendText(definition, bytes);
  bytes += entry.raw.substr(at + entry.definition.size());
  return bytes;
}

std::string FormatArchiveHead(const Archive& archive,
                              const std::vector<std::string_view>& entries) {
  std::string head =
      absl::StrCat(archive.raw_header, EncodeArchiveInt(static_cast<int64_t>(entries.size())));
  for (const std::string_view entry : entries) absl::StrAppend(&head, entry);
  return head;
}

}  // namespace siphon::postgres
