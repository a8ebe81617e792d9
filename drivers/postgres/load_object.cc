// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/load_object.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "drivers/postgres/archive_contents.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

// Bytes in one statement, where each has two digits.
constexpr size_t kPiece = size_t{256} << 10;
constexpr char kPut[] =
    "SELECT pg_catalog.lo_put($1::pg_catalog.oid, $2::pg_catalog.int8, $3::pg_catalog.bytea)";

}  // namespace

std::vector<uint32_t> LargeObjectsIn(const Archive& archive, const ArchiveEntry& entry) {
  const EntryIds ids(entry.dependencies.begin(), entry.dependencies.end());
  std::vector<uint32_t> objects;
  for (const ArchiveEntry& other : archive.entries) {
    if (!ids.contains(other.id)) continue;
    const std::vector<uint32_t> more = LargeObjectsOf(other);
    objects.insert(objects.end(), more.begin(), more.end());
  }
  return objects;
}

absl::Status LoadLargeObject(const base::Context& context, Session& session, uint32_t oid,
                             base::Reader& bytes) {
  std::string piece(kPiece, '\0');
  uint64_t offset = 0;
  while (true) {
    ASSIGN_OR_RETURN(const size_t size, base::ReadFull(bytes, absl::MakeSpan(piece)));
    if (size > 0) {
      const std::string hex =
          absl::StrCat("\\x", absl::BytesToHexString(std::string_view(piece).substr(0, size)));
      RETURN_IF_ERROR(
          session.QueryAny(context, kPut, {absl::StrCat(oid), absl::StrCat(offset), hex}).status());
    }
    offset += size;
    if (size < kPiece) return absl::OkStatus();
  }
}

}  // namespace siphon::postgres
