// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_VERIFY_H_
#define DRIVERS_MYSQLCOMMON_VERIFY_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/allowed_statements.h"
#include "drivers/mysqlcommon/script.h"
#include "drivers/mysqlcommon/set_statement.h"
#include "drivers/mysqlcommon/statement.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/sql/splitter.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// Counts the rows of each table in the statements of a dump, and judges the statements.
class RowCounter {
 public:
  explicit RowCounter(bool mariadb) : judge_(NewestRule(mariadb)) {}
  // The next statement. errs::kIntegrity for rows of a table that the dump does not create.
  absl::Status Look(const sql::Piece& piece, const ScriptSettings& settings);
  // The number of statements that a restore refuses unless it trusts the dump, and the first one.
  uint64_t refused() const { return refused_; }
  const std::string& first_refused() const { return first_refused_; }
  // Sorted by name.
  std::vector<dumps::TableInfo> Tables() const;
  // True if the dump creates a table, view, sequence, routine, trigger or event of this name. The
  // case of ASCII letters makes no difference.
  bool Creates(Statement::Kind kind, std::string_view name) const;

 private:
  absl::Status CountInto(const Statement& statement, int64_t rows, const sql::Piece& piece);
  StatementJudge judge_;
  uint64_t refused_ = 0;
  std::string first_refused_;
  std::set<std::string> made_;
  std::set<std::pair<Statement::Kind, std::string>> others_;  // Other objects, in lower case.
  std::map<std::string, int64_t> tables_;
};

inline constexpr std::string_view kFormatSql = "sql";

// Implement the functions of driver::Driver. VerifyBody() reads the body to its end, statement by
// statement.
absl::StatusOr<driver::VerifyReport> VerifyBody(const base::Context& context, base::Reader& body,
                                                bool mariadb);
// VerifyDeep() also checks that tables are created before their rows, counts rows, and warns of
// statements that a restore refuses.
absl::StatusOr<driver::DeepReport> VerifyDeep(const base::Context& context, base::Reader& body,
                                              bool mariadb);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_VERIFY_H_
