// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_ENVELOPE_H_
#define SIPHON_DOMAIN_DUMPS_ENVELOPE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/domain/dumps/contents.h"

namespace siphon::dumps {

// The first 4096 bytes of a dump (docs/contracts.md#dump-file): "SIPH", JSON, spaces, '\n' at byte
// 4095.
inline constexpr size_t kEnvelopeSize = 4096;
inline constexpr size_t kEnvelopeJsonLimit = kEnvelopeSize - 5;
inline constexpr std::string_view kEnvelopeMagic = "SIPH";

// An object "<id>.<name>" beside the dump.
struct Attachment {
  std::string name;  // One of kAttachmentNames.
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
  // siphon's own keys, behind those of siphon (Go), which ignores them.
  std::string compression;      // "zstd", or empty for a bare body.
  bool rows_estimated = false;  // `tables` holds estimates; the sidecar has the exact rows.
  std::vector<Attachment> attachments;
};

// The 4096 bytes. An error (errs::kInvalidArgument, "envelope JSON is N bytes; max 4091") when the
// JSON does not fit; tables are the caller's to leave out.
absl::StatusOr<std::string> EncodeEnvelope(const Envelope& envelope);

// Reads what EncodeEnvelope and siphon (Go) write; unknown keys are ignored. Errors are
// errs::kIntegrity: "invalid siphon envelope: short read" (`bytes` is not 4096 long), "... missing
// magic", or the JSON error.
absl::StatusOr<Envelope> DecodeEnvelope(std::string_view bytes);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_ENVELOPE_H_
