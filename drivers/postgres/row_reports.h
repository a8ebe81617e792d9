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

// The built-in pg_dump tells the rows of each table on the descriptor that this variable names.
inline constexpr std::string_view kReportVariable = "SIPHON_REPORT_FD";

// "rows OID COUNT", a table's oid with its rows; nothing for any other line.
std::optional<std::pair<std::string, int64_t>> ParseRowReport(std::string_view line);

// Takes pg_dump's reports in while it runs.
class RowReports {
 public:
  static absl::StatusOr<std::unique_ptr<RowReports>> Create();
  ~RowReports();

  // The end for pg_dump. To be closed here with CloseWriteEnd() once pg_dump has it.
  int write_end() const { return write_end_.get(); }
  void CloseWriteEnd() { write_end_.Reset(); }
  // What was reported, by oid; call it when pg_dump has ended.
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
