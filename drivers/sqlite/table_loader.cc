// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/table_loader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/sqlite/publish.h"
#include "drivers/sqlite/sql_text.h"
#include "drivers/sqlite/stage.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "sqlite3.h"

namespace siphon::sqlite {
namespace {

using schema::Kind;
using schema::Value;

constexpr std::string_view kOp = "sqlite.copy";

std::string QuoteText(std::string_view text) {
  std::string out;
  AppendTextLiteral(text, &out);
  return out;
}

// True for a column that stores decimal numbers as numbers.
bool StoresNumbers(const schema::PlannedColumn& column) {
  return column.type.kind == Kind::kDecimal && absl::StartsWith(column.target, "NUMERIC");
}

// The bytes of a value must live until the statement has run.
int BindStatic(sqlite3_stmt* statement, int index, const Value& value, bool as_number) {
  const std::string_view text = value.text;
  // A null pointer would be NULL.
  const char* const data = text.empty() ? "" : text.data();
  switch (value.form) {
    case Value::Form::kNull:
      return sqlite3_bind_null(statement, index);
    case Value::Form::kInteger:
      return sqlite3_bind_int64(statement, index, value.integer);
    case Value::Form::kReal:
      return sqlite3_bind_double(statement, index, value.real);
    case Value::Form::kBytes:
      return sqlite3_bind_blob64(statement, index, data, text.size(), SQLITE_STATIC);
    case Value::Form::kText:
      break;
  }
  int64_t integer = 0;
  double real = 0;
  if (as_number && absl::SimpleAtoi(text, &integer)) {
    return sqlite3_bind_int64(statement, index, integer);
  }
  if (as_number && absl::SimpleAtod(text, &real)) {
    return sqlite3_bind_double(statement, index, real);
  }
  return sqlite3_bind_text64(statement, index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

class SqliteLoad : public driver::TableLoad {
 public:
  SqliteLoad(const Target& target, std::unique_ptr<Database>& database)
      : target_(target), target_database_(database) {}

  absl::Status Open() {
    ASSIGN_OR_RETURN(stage_, Stage::Empty(target_.StagePlace()));
    ASSIGN_OR_RETURN(database_, stage_->OpenPrivate());
    return absl::OkStatus();
  }

  absl::Status Define(const base::Context& context, const schema::Plan& plan) override {
    plan_ = &plan;
    ddl_ = schema::WriteDdl(plan, TableDialect());
    Database::Scope scope(*database_, context, kOp);
    RETURN_IF_ERROR(database_->Execute("BEGIN"));
    for (const std::string& sql : ddl_.tables) RETURN_IF_ERROR(database_->Execute(sql));
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> Load(const base::Context& context, const schema::PlannedTable& table,
                               driver::RowReader& rows) override {
    Database::Scope scope(*database_, context, kOp);
    const std::vector<std::string> marks(table.columns.size(), "?");
    ASSIGN_OR_RETURN(Statement insert, database_->Prepare(absl::StrCat(
                                           "INSERT INTO main.", QuoteIdentifier(table.name), " (",
                                           schema::QuotedColumns(table, TableDialect()),
                                           ") VALUES (", absl::StrJoin(marks, ", "), ")")));
    schema::Row row;
    for (int64_t count = 0;; ++count) {
      ASSIGN_OR_RETURN(const bool more, rows.Next(context, row));
      if (!more) return count;
      for (size_t i = 0; i < row.size(); ++i) {
        const int bound = BindStatic(insert.raw(), static_cast<int>(i) + 1, row[i],
                                     StoresNumbers(table.columns[i]));
        if (bound != SQLITE_OK) return database_->Error(bound, absl::StrCat("table ", table.name));
      }
      RETURN_IF_ERROR(insert.Run());
    }
  }

  absl::Status Publish(const base::Context& context) override {
    RETURN_IF_ERROR(Finish(context));
    database_.reset();
    if (target_database_ == nullptr) {
      const absl::Status status = stage_->Publish(base::SplitPath(target_.path).second);
      if (!errs::Is(status, errs::kAlreadyExists)) return errs::WithOp(status, kOp);
      return errs::UserError(kOp, errs::kTargetNotEmpty,
                             absl::StrCat(target_.path, " was created during the copy"),
                             "find out which program created it, then copy again");
    }
    std::optional<Database::Scope> scope(std::in_place, *target_database_, context, kOp);
    const absl::Status status = ReplaceContent(*stage_, *target_database_, false);
    scope.reset();
    // This connection's view of the file is outdated.
    target_database_.reset();
    return status;
  }

 private:
  absl::Status Finish(const base::Context& context) {
    Database::Scope scope(*database_, context, kOp);
    for (const std::string& sql : ddl_.finish) RETURN_IF_ERROR(database_->Execute(sql));
    RETURN_IF_ERROR(SetCounters());
    ASSIGN_OR_RETURN(Statement violation, database_->Prepare("PRAGMA main.foreign_key_check"));
    ASSIGN_OR_RETURN(const bool found, violation.Step());
    if (found) {
      return errs::SystemError(kOp, errs::kDatabase,
                               absl::StrCat("rows of the table ", violation.Text(0),
                                            " violate a foreign key to ", violation.Text(2)),
                               "correct the rows in the source");
    }
    violation.Reset();
    return database_->Execute("COMMIT");
  }

  absl::Status SetCounters() {
    for (size_t i = 0; i < plan_->tables.size(); ++i) {
      const schema::PlannedTable& table = plan_->tables[i];
      const std::optional<int64_t> next = plan_->source.tables[i].next_identity;
      const bool numbered = std::any_of(table.columns.begin(), table.columns.end(),
                                        [](const auto& column) { return column.identity; });
      if (!numbered || !next.has_value() || *next <= 1) continue;
      const std::string name = QuoteText(table.name);
      // An INSERT of rows has set the counter to the greatest number in them.
      RETURN_IF_ERROR(database_->Execute(absl::StrCat(
          "UPDATE main.sqlite_sequence SET seq = ", *next - 1, " WHERE name = ", name,
          " AND seq < ", *next - 1, "; INSERT INTO main.sqlite_sequence(name, seq) SELECT ", name,
          ", ", *next - 1,
          " WHERE NOT EXISTS (SELECT 1 FROM main.sqlite_sequence WHERE name = ", name, ")")));
    }
    return absl::OkStatus();
  }

  const Target& target_;
  std::unique_ptr<Database>& target_database_;
  const schema::Plan* plan_ = nullptr;
  schema::Ddl ddl_;
  std::unique_ptr<Stage> stage_;
  std::unique_ptr<Database> database_;  // The staged one.
};

}  // namespace

const schema::Dialect& TableDialect() {
  static constexpr schema::Dialect kDialect{
      .engine = schema::Engine::kSqlite, .identifier = &QuoteIdentifier, .literal = &QuoteText};
  return kDialect;
}

absl::StatusOr<std::unique_ptr<driver::TableLoad>> OpenTableLoad(
    const base::Context& context, const Target& target, std::unique_ptr<Database>& database) {
  RETURN_IF_ERROR(errs::WithOp(context.Check(), kOp));
  auto load = std::make_unique<SqliteLoad>(target, database);
  RETURN_IF_ERROR(load->Open());
  return load;
}

}  // namespace siphon::sqlite
