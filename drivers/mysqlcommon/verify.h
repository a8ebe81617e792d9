// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_VERIFY_H_
#define DRIVERS_MYSQLCOMMON_VERIFY_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/statement.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/sql/splitter.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// Counts the rows of each table in the statements of a dump.
class RowCounter {
 public:
  // The next statement. errs::kIntegrity for rows of a table that the dump does not create.
  absl::Status Look(const sql::Piece& piece);
  // Sorted by name.
  std::vector<dumps::TableInfo> Tables() const;

 private:
  absl::Status CountInto(const Statement& statement, const sql::Piece& piece);
  std::set<std::string> made_;
  std::map<std::string, int64_t> tables_;
};

inline constexpr std::string_view kFormatSql = "sql";

// Implement the functions of driver::Driver. VerifyBody() reads the body to its end, statement by
// statement.
absl::StatusOr<driver::VerifyReport> VerifyBody(const base::Context& context, base::Reader& body);
// VerifyDeep() also checks that tables are created before their rows, and counts rows.
absl::StatusOr<driver::DeepReport> VerifyDeep(const base::Context& context, base::Reader& body);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_VERIFY_H_
