// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_ENVELOPE_H_
#define SIPHON_DOMAIN_DUMPS_ENVELOPE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/dumps/scope.h"

namespace siphon::dumps {

// The first 4096 bytes of a dump (docs/contracts.md#dump-file): "SIPH", JSON, spaces, '\n' at byte
// 4095.
inline constexpr size_t kEnvelopeSize = 4096;
inline constexpr size_t kEnvelopeJsonLimit = kEnvelopeSize - 5;
inline constexpr std::string_view kEnvelopeMagic = "SIPH";

// The envelope's entry for an attachment, the object "<id>.<name>" next to the dump.
struct Attachment {
  std::string name;  // One of kAttachmentNames; with kEncryptedSuffix in an encrypted dump.
  uint64_t size_bytes = 0;
  std::string checksum;  // "sha256:" + 64 hex digits.
  friend bool operator==(const Attachment&, const Attachment&) = default;
};

struct Envelope {
  std::string siphon = "1.0";
  std::string type = "base";  // "base" or "incremental".
  std::string driver;
  std::string engine_version;
  std::string base_id, parent_id;
  std::string wal_start, wal_end;
  std::string binlog_file;
  uint64_t binlog_start = 0, binlog_end = 0;
  std::string checksum;
  std::vector<TableInfo> tables;
  absl::Time created;  // Written in UTC.
  // Keys that siphon adds after those of siphon (Go), which ignores them.
  std::string compression;       // "zstd"; empty for an uncompressed body.
  std::string layout;            // "frames/1": the body has frames and an index; else empty.
  std::string increment_format;  // Of an incremental, as in the sidecar; empty: siphon (Go)'s.
  bool rows_estimated = false;   // The rows in `tables` are estimates; the sidecar has exact ones.
  std::vector<Attachment> attachments;
  // What a restore must know (Contents::annotations). The sidecar has them, too, and may have more.
  std::map<std::string, std::string> annotations;
  Kind kind = Kind::kUnknown;
  // The numbers of the filters of a partial dump; the sidecar lists the filters.
  FilterCounts filters;
  std::string before_migration;  // As in Scope.
  // "age": the body and the attachments are encrypted, and EncodeEnvelope() leaves out `tables` and
  // `annotations`: `details` holds them (SealDetails()). Else both are empty.
  std::string encryption;
  std::string details;
};

// True if the backup left out tables, so that the dump has some objects of its database only.
bool IsOfSomeTables(const Envelope& envelope);

// Encodes the 4096 bytes. errs::kInvalidArgument ("envelope JSON is N bytes; max 4091") if the JSON
// does not fit; the caller can then leave out the tables.
absl::StatusOr<std::string> EncodeEnvelope(const Envelope& envelope);

// Decodes an envelope of EncodeEnvelope() or siphon (Go); ignores unknown keys. Errors are
// errs::kIntegrity with "invalid siphon envelope: " and "short read" (`bytes` does not have 4096
// bytes), "missing magic" or the error in the JSON.
absl::StatusOr<Envelope> DecodeEnvelope(std::string_view bytes);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_ENVELOPE_H_
