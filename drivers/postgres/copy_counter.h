// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_COPY_COUNTER_H_
#define DRIVERS_POSTGRES_COPY_COUNTER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/postgres/archive.h"

namespace siphon::postgres {

// Counts the rows in a script by pg_restore: the lines after each COPY statement, up to "\.".
class CopyCounter {
 public:
  // Expects the COPY statements of `archive`, in its order. `archive` must outlive the counter.
  explicit CopyCounter(const Archive& archive);

  // The next part of the script.
  void Feed(std::string_view text);

  // The rows of each table, by the table's oid.
  const std::map<std::string, int64_t, std::less<>>& rows() const { return rows_; }
  // The first entry whose rows are missing or incomplete; null if there is none.
  const ArchiveEntry* missing() const;

 private:
  void EndLine();

  std::vector<const ArchiveEntry*> expected_;
  std::map<std::string, int64_t, std::less<>> rows_;
  size_t next_ = 0;          // In expected_.
  bool inside_ = false;      // After the COPY statement of expected_[next_].
  size_t statement_at_ = 0;  // The number of its bytes that previous lines matched.
  std::string line_;         // The beginning of the current line.
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_COPY_COUNTER_H_
