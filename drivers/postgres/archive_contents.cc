// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/archive_contents.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "drivers/postgres/names.h"
#include "siphon/base/utf8.h"
#include "siphon/driver/version.h"

namespace siphon::postgres {
namespace {

// pg_restore ignores an entry without definition and data, whatever its kind.
constexpr std::string_view kMarkerKind = "SIPHON";
constexpr std::string_view kMarkerTag = "whole database";
constexpr std::string_view kMonetaryTag = "lc_monetary ";

int MajorOf(std::string_view version) {
  return driver::ParseVersion(version).value_or(driver::Version()).major;
}

}  // namespace

std::string ArchiveEncoding(const Archive& archive) {
  for (const ArchiveEntry& entry : archive.entries) {
    if (entry.kind != "ENCODING") continue;
    // "SET client_encoding = 'UTF8';\n"
    const size_t begin = entry.definition.find('\'');
    const size_t end = entry.definition.find('\'', begin + 1);
    if (begin == std::string_view::npos || end == std::string_view::npos) break;
    return std::string(entry.definition.substr(begin + 1, end - begin - 1));
  }
  return "UTF8";
}

std::optional<std::string> KnownText(const Archive& archive, std::string_view text) {
  const bool ascii = std::all_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) return std::string(text);
  const std::string encoding = ArchiveEncoding(archive);
  if (encoding == "LATIN1") return Latin1ToUtf8(text);
  const bool utf8 = encoding == "UTF8" || encoding == "SQL_ASCII";
  if (utf8 && base::IsValidUtf8(text)) return std::string(text);
  const auto name = archive.names.find(text);
  if (utf8 || name == archive.names.end()) return std::nullopt;
  return name->second;
}

std::optional<std::string> SessionText(const Archive& archive, std::string_view text,
                                       bool sql_ascii) {
  return sql_ascii ? std::string(text) : KnownText(archive, text);
}

std::string ArchiveText(const Archive& archive, std::string_view text) {
  return KnownText(archive, text).value_or(ToUtf8(text));
}

std::string EntryName(const Archive& archive, const ArchiveEntry& entry) {
  return DisplayName(ArchiveText(archive, entry.schema), ArchiveText(archive, entry.tag));
}

bool IsPartitioned(const ArchiveEntry& entry) {
  return entry.kind == "TABLE" && absl::StrContains(entry.definition, "\nPARTITION BY ");
}

std::vector<dumps::TableInfo> ArchiveTables(
    const Archive& archive, const std::map<std::string, int64_t, std::less<>>& rows_by_oid) {
  std::map<std::string, int64_t> tables;
  bool definitions = false;
  for (const ArchiveEntry& entry : archive.entries) {
    if (entry.kind != "TABLE" || IsPartitioned(entry)) continue;
    definitions = true;
    const auto rows = rows_by_oid.find(entry.oid);
    tables[EntryName(archive, entry)] = rows == rows_by_oid.end() ? 0 : rows->second;
  }
  // An archive of rows alone defines no tables. In an archive with definitions, rows without a
  // defined table belong to the table of an extension and are only some of its rows.
  for (const ArchiveEntry& entry : archive.entries) {
    if (definitions || entry.kind != "TABLE DATA") continue;
    const auto rows = rows_by_oid.find(entry.oid);
    tables[EntryName(archive, entry)] = rows == rows_by_oid.end() ? 0 : rows->second;
  }
  std::vector<dumps::TableInfo> infos;
  for (const auto& [name, rows] : tables) infos.push_back({name, rows, 0});
  return infos;
}

std::vector<uint32_t> LargeObjectsOf(const ArchiveEntry& entry) {
  std::string_view list;
  if (entry.kind == "BLOB") list = entry.tag;
  // One on each line.
  if (entry.kind == "BLOB METADATA") list = entry.definition;
  std::vector<uint32_t> oids;
  for (const std::string_view oid : absl::StrSplit(list, '\n', absl::SkipEmpty())) {
    uint32_t number = 0;
    if (absl::SimpleAtoi(oid, &number)) oids.push_back(number);
  }
  return oids;
}

bool HoldsWholeDatabase(const Archive& archive) {
  return std::any_of(archive.entries.begin(), archive.entries.end(), [](const ArchiveEntry& entry) {
    return entry.kind == kMarkerKind && entry.tag == kMarkerTag;
  });
}

std::string FormatWholeDatabaseEntry(const Archive& archive) {
  return FormatEntry(archive.header, {UnusedId(archive), kMarkerKind, kMarkerTag, ""});
}

std::optional<std::string> MonetaryLocale(const Archive& archive) {
  for (const ArchiveEntry& entry : archive.entries) {
    std::string_view tag = entry.tag;
    if (IsMark(entry) && absl::ConsumePrefix(&tag, kMonetaryTag)) return std::string(tag);
  }
  return std::nullopt;
}

std::string FormatMonetaryEntry(const Archive& archive, int32_t id, std::string_view locale) {
  return FormatEntry(archive.header, {id, kMarkerKind, absl::StrCat(kMonetaryTag, locale), ""});
}

bool IsMark(const ArchiveEntry& entry) {
  return entry.kind == kMarkerKind || entry.kind == kNamesKind;
}

int32_t UnusedId(const Archive& archive) {
  int32_t highest = 0;
  for (const ArchiveEntry& entry : archive.entries) highest = std::max(highest, entry.id);
  return highest + 1;
}

int ServerMajor(const Archive& archive) { return MajorOf(archive.header.server_version); }
int ToolMajor(const Archive& archive) { return MajorOf(archive.header.tool_version); }

}  // namespace siphon::postgres
