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

// A table in the records of a dump.
struct TableInfo {
  std::string name;
  int64_t rows = 0;
  int64_t size_bytes = 0;
  // The engine's checksum of the rows, "<engine and version>:<value>". Checksums are comparable if
  // the text before the colon is the same. Empty: not requested.
  std::string checksum = {};
  friend bool operator==(const TableInfo&, const TableInfo&) = default;
};

// The content of a dump, as known to a driver when its snapshot is open.
struct Contents {
  std::string engine_version;
  std::vector<TableInfo> tables;  // Empty: unknown.
  // An estimate of the size of the body before compression, in bytes; 0: unknown.
  uint64_t estimated_bytes = 0;
  // The format of the body is already compressed.
  bool compressed = false;
  // The rows in `tables` are estimates; BackupTarget::SetTables() gets the exact numbers at the
  // end.
  bool rows_estimated = false;
  // Small texts that are stored next to the dump, by name (kAttachmentNames).
  std::map<std::string, std::string> attachments = {};
  // Short facts that a later restore needs. Envelope and sidecar have them.
  std::map<std::string, std::string> annotations = {};
  // The position of the snapshot in the server's binary log: the file, and the offset after the
  // last event that the snapshot includes. Empty: unknown.
  std::string binlog_file = {};
  uint64_t binlog_end = 0;
};

// Roles and tablespaces, as SQL.
inline constexpr std::string_view kGlobals = "globals.sql";
// All names of attachments. The object "<id>.<name>" in a store is an attachment of a dump.
inline constexpr std::string_view kAttachmentNames[] = {kGlobals};
// The maximum size of an attachment, in bytes.
inline constexpr size_t kAttachmentLimit = size_t{4} << 20;

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_CONTENTS_H_
