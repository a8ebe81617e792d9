// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_SIDECAR_H_
#define SIPHON_DOMAIN_DUMPS_SIDECAR_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/dumps/scope.h"

namespace siphon::dumps {

// The index of a body in frames (docs/dumps.md#index).
struct IndexRecord {
  uint64_t offset = 0;  // Of the directory; a place in the body.
  std::string sha256;   // The hash of the index: 64 lower-case hex digits.
  friend bool operator==(const IndexRecord&, const IndexRecord&) = default;
};

// "<id>.meta.json" (docs/contracts.md#sidecar). It is written last and so commits its dump.
struct Sidecar {
  std::string id;
  std::string profile;
  std::string driver;
  std::string engine_version;
  std::string dump_format = "custom";  // "custom" for every full dump; see chains.h.
  uint64_t size_bytes = 0;             // Envelope and body.
  std::string checksum;                // "sha256:" + 64 hex digits over envelope and body.
  absl::Time created;
  std::vector<TableInfo> tables;  // Written as null when empty.
  std::map<std::string, std::string> annotations;
  Scope scope;
  absl::Duration took;             // From the beginning of the backup to its end; 0: not recorded.
  std::string base_id, parent_id;  // For incrementals only.
  // Nothing for a body without an index, and where the index is not known.
  std::optional<IndexRecord> index;
  // "age": the dump is encrypted, and EncodeSidecar() leaves out tables, annotations and filters:
  // `details` holds them (SealDetails()). Else both are empty.
  std::string encryption;
  std::string details;
};

// The maximum size of a sidecar, in bytes; enough for about 100,000 tables.
inline constexpr size_t kSidecarLimit = size_t{16} << 20;

// JSON with an indent of two spaces, `created` in `zone`.
std::string EncodeSidecar(const Sidecar& sidecar, absl::TimeZone zone);
// errs::kIntegrity for text that is not a sidecar, for wrong types, and for one of the two keys of
// an index without the other; ignores unknown keys. A missing checksum becomes an empty one, which
// Verify() refuses.
absl::StatusOr<Sidecar> DecodeSidecar(std::string_view json);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_SIDECAR_H_
