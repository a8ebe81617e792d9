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

// Looks at a dump's statements one after the other and counts the rows of its tables.
class RowCounter {
 public:
  // errs::kIntegrity for rows that belong nowhere.
  absl::Status Look(const sql::Piece& piece);
  // Sorted by name.
  std::vector<dumps::TableInfo> Tables() const;

 private:
  absl::Status CountInto(const Statement& statement, const sql::Piece& piece);
  std::set<std::string> made_;
  std::map<std::string, int64_t> tables_;
};

inline constexpr std::string_view kFormatSql = "sql";

// What driver::Driver promises of the same names: a body is read to its end, statement by
// statement.
absl::StatusOr<driver::VerifyReport> VerifyBody(const base::Context& context, base::Reader& body);
// And each statement is looked at: tables are made before rows come for them, rows are counted.
absl::StatusOr<driver::DeepReport> VerifyDeep(const base::Context& context, base::Reader& body);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_VERIFY_H_
