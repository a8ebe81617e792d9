// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_COPY_TARGET_H_
#define DRIVERS_POSTGRES_COPY_TARGET_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "siphon/base/io.h"

namespace siphon::postgres {

// The table into which the rows of an entry of the kind "TABLE DATA" go, and its columns.
struct CopyTarget {
  std::string schema, name;
  std::vector<std::string> columns;  // Empty: a table without columns.
};

// Parses the COPY statement of an entry, as pg_dump writes it: with a schema, a list of columns
// and FROM stdin. Text of a dump is never run as a statement. errs::kIntegrity for another one.
absl::StatusOr<CopyTarget> ParseCopyTarget(const ArchiveEntry& entry);
// "COPY "public"."t" ("a", "b") FROM STDIN"
std::string CopyInSql(const CopyTarget& target);

// The rows of a part of a table, without what follows the last row in an archive.
class PartRows {
 public:
  // `bytes` must outlive the object. `last`: the part ends its table.
  PartRows(base::Reader* bytes, bool last);
  // Some bytes, valid until the next call; none at the end. errs::kIntegrity if the rows of the
  // last part do not end as pg_dump ends them.
  absl::StatusOr<std::string_view> Next();

 private:
  base::Reader& bytes_;
  const bool last_;
  std::string buffer_;
  size_t given_ = 0, size_ = 0;  // Bytes in the buffer that were returned, and all.
  bool ended_ = false;
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_COPY_TARGET_H_
