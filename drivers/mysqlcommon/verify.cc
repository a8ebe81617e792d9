// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/verify.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/script.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/tokens.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

using Kind = Statement::Kind;

bool IsOther(Kind kind) {
  return kind == Kind::kView || kind == Kind::kSequence || kind == Kind::kRoutine ||
         kind == Kind::kTrigger || kind == Kind::kEvent;
}

}  // namespace

absl::Status RowCounter::Look(const sql::Piece& piece, const ScriptSettings& settings) {
  Judgement judgement = judge_.Judge(piece.text, settings);
  if (judgement.action == Judgement::Action::kRefuse) {
    if (refused_++ == 0) {
      first_refused_ = absl::StrCat("line ", piece.line, ": ", judgement.reason);
    }
    judgement.statement = Classify(piece.text, settings.syntax());
    judgement.rows = CountRows(piece.text, settings.syntax());
  }
  const Statement& statement = judgement.statement;
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
    return CountInto(statement, judgement.rows, piece);
  } else if (IsOther(statement.kind)) {
    others_.emplace(statement.kind, absl::AsciiStrToLower(statement.name));
  }
  return absl::OkStatus();
}

bool RowCounter::Creates(Kind kind, std::string_view name) const {
  if (kind != Kind::kTable) return others_.contains({kind, absl::AsciiStrToLower(name)});
  return std::any_of(made_.begin(), made_.end(),
                     [&](const std::string& made) { return absl::EqualsIgnoreCase(made, name); });
}

std::vector<dumps::TableInfo> RowCounter::Tables() const {
  std::vector<dumps::TableInfo> tables;
  for (const auto& [name, rows] : tables_) tables.push_back({.name = name, .rows = rows});
  return tables;
}

absl::Status RowCounter::CountInto(const Statement& statement, int64_t rows,
                                   const sql::Piece& piece) {
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

absl::StatusOr<driver::VerifyReport> VerifyBody(const base::Context& context, base::Reader& body,
                                                bool mariadb) {
  const CommentRule rule = NewestRule(mariadb);
  std::string used;
  // As a restore, which loads into one database.
  const auto check = [&](const sql::Piece& piece, const ScriptSettings& settings) {
    if (!TokenReader(piece.text, settings.syntax(), rule).Next().Is("USE")) return absl::OkStatus();
    const std::string name = Classify(piece.text, settings.syntax()).name;
    if (used.empty()) used = name;
    if (used == name) return absl::OkStatus();
    return errs::UserError("mysql.verify", errs::kDriverUnsupported,
                           absl::StrCat("the dump contains several databases: ", ToUtf8(used),
                                        " and, in line ", piece.line, ", ", ToUtf8(name)),
                           "dump each database on its own, or restore this dump with the engine's "
                           "own client");
  };
  ASSIGN_OR_RETURN(ScriptReport report, ReadScript(context, body, rule, check));
  return driver::VerifyReport{.checksum = std::move(report.checksum),
                              .format = std::string(kFormatSql),
                              .bytes = report.bytes};
}

absl::StatusOr<driver::DeepReport> VerifyDeep(const base::Context& context, base::Reader& body,
                                              bool mariadb) {
  RowCounter check(mariadb);
  ASSIGN_OR_RETURN(const ScriptReport report,
                   ReadScript(context, body, NewestRule(mariadb),
                              [&](const sql::Piece& piece, const ScriptSettings& settings) {
                                return check.Look(piece, settings);
                              }));
  if (check.refused() > 0) {
    context.Warn("verify.deep", absl::StrCat(check.refused(),
                                             " statements are not those of a dump; a restore"
                                             " refuses them without --trust: ",
                                             check.first_refused()));
  }
  driver::DeepReport deep;
  deep.tables = check.Tables();
  deep.format = kFormatSql;
  deep.bytes = report.bytes;
  deep.summary = absl::StrCat("read as SQL: ", report.statements, " statements");
  if (check.refused() > 0) {
    absl::StrAppend(&deep.summary, ", ", check.refused(), " that a restore refuses");
  }
  return deep;
}

}  // namespace siphon::mysqlcommon
