// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/verify.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/script.h"
#include "drivers/mysqlcommon/statement.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

using Kind = Statement::Kind;

}  // namespace

absl::Status RowCounter::Look(const sql::Piece& piece) {
  const Statement statement = Classify(piece.text);
  if (statement.kind == Kind::kTable) {
    made_.insert(statement.name);
    tables_.try_emplace(statement.name, 0);
  } else if (statement.kind == Kind::kKeys) {
    tables_.try_emplace(statement.name, 0);
  } else if (statement.kind == Kind::kDropTable) {
    // mysqldump creates a table in the place of a view and drops it later.
    made_.erase(statement.name);
    tables_.erase(statement.name);
  } else if (statement.kind == Kind::kRows) {
    return CountInto(statement, piece);
  }
  return absl::OkStatus();
}

std::vector<dumps::TableInfo> RowCounter::Tables() const {
  std::vector<dumps::TableInfo> tables;
  for (const auto& [name, rows] : tables_) tables.push_back({.name = name, .rows = rows});
  return tables;
}

absl::Status RowCounter::CountInto(const Statement& statement, const sql::Piece& piece) {
  const int64_t rows = CountRows(piece.text);
  if (rows < 0) {
    return errs::IntegrityError("mysql.verify",
                                absl::StrCat("line ", piece.line, ": an INSERT without VALUES"));
  }
  // A dump of rows alone creates no tables.
  if (!made_.empty() && !made_.contains(statement.name)) {
    return errs::IntegrityError(
        "mysql.verify",
        absl::StrCat("line ", piece.line,
                     ": rows of a table that the dump does not create: ", ToUtf8(statement.name)));
  }
  tables_[statement.name] += rows;
  return absl::OkStatus();
}

absl::StatusOr<driver::VerifyReport> VerifyBody(const base::Context& context, base::Reader& body) {
  ASSIGN_OR_RETURN(ScriptReport report,
                   ReadScript(context, body, [](const sql::Piece&) { return absl::OkStatus(); }));
  return driver::VerifyReport{.checksum = std::move(report.checksum),
                              .format = std::string(kFormatSql),
                              .bytes = report.bytes};
}

absl::StatusOr<driver::DeepReport> VerifyDeep(const base::Context& context, base::Reader& body) {
  RowCounter check;
  ASSIGN_OR_RETURN(
      const ScriptReport report,
      ReadScript(context, body, [&](const sql::Piece& piece) { return check.Look(piece); }));
  driver::DeepReport deep;
  deep.tables = check.Tables();
  deep.format = kFormatSql;
  deep.bytes = report.bytes;
  deep.summary = absl::StrCat("read as SQL: ", report.statements, " statements");
  return deep;
}

}  // namespace siphon::mysqlcommon
