// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_CONTENTS_H_
#define SIPHON_DOMAIN_DUMPS_CONTENTS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace siphon::dumps {

// A table as a dump records it.
struct TableInfo {
  std::string name;
  int64_t rows = 0;
  int64_t size_bytes = 0;
  // What the engine made of the rows, "<engine and version>:<value>"; two with the same words
  // before the colon can be compared. Empty: none was asked for.
  std::string checksum = {};
  friend bool operator==(const TableInfo&, const TableInfo&) = default;
};

// What a driver knows of a dump's content when its snapshot stands.
struct Contents {
  std::string engine_version;
  std::vector<TableInfo> tables;  // Empty: not known.
  // An estimate of the body's size before compression, in bytes; 0: not known.
  uint64_t estimated_bytes = 0;
  // The body is compressed by its own format; nothing is gained by compressing it once more.
  bool compressed = false;
  // The rows in `tables` are estimates; the exact ones come at the end (BackupTarget::SetTables).
  bool rows_estimated = false;
  // Small texts that are kept beside the dump, by name; the names are kAttachmentNames.
  std::map<std::string, std::string> attachments = {};
  // Where the snapshot stands in the server's binary log: the file and the byte behind the last
  // event that it holds. Empty: not known.
  std::string binlog_file = {};
  uint64_t binlog_end = 0;
};

// Roles and tablespaces, as SQL.
inline constexpr std::string_view kGlobals = "globals.sql";
// All names that there are. An object "<id>.<name>" in a store is a dump's attachment.
inline constexpr std::string_view kAttachmentNames[] = {kGlobals};
// What an attachment has at most, in bytes.
inline constexpr size_t kAttachmentLimit = size_t{4} << 20;

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_CONTENTS_H_
