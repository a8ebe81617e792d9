// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_ROW_REPORTS_H_
#define DRIVERS_POSTGRES_ROW_REPORTS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "siphon/base/file.h"

namespace siphon::postgres {

// This variable names a descriptor. The built-in pg_dump reports the rows of each table on it.
inline constexpr std::string_view kReportVariable = "SIPHON_REPORT_FD";

// Parses "rows OID COUNT", the oid and the number of rows of a table; nothing for any other line.
std::optional<std::pair<std::string, int64_t>> ParseRowReport(std::string_view line);

// Collects pg_dump's reports while it runs.
class RowReports {
 public:
  static absl::StatusOr<std::unique_ptr<RowReports>> Create();
  ~RowReports();

  // pg_dump's end. Close it in this process with CloseWriteEnd() after pg_dump has started.
  int write_end() const { return write_end_.get(); }
  void CloseWriteEnd() { write_end_.Reset(); }
  // The reported rows by oid. Call it after pg_dump has ended.
  std::map<std::string, int64_t, std::less<>> Finish();

 private:
  RowReports(base::FileDescriptor read_end, base::FileDescriptor write_end);
  void Read();

  base::FileDescriptor read_end_;
  base::FileDescriptor write_end_;
  std::map<std::string, int64_t, std::less<>> rows_;
  std::thread reader_;
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_ROW_REPORTS_H_
