// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/table_loader.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/row_format.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

using schema::Kind;
using schema::Value;

constexpr std::string_view kOp = "mysql.copy";
// The size of an INSERT with many rows.
constexpr size_t kInsertBytes = size_t{512} << 10;
// Since when MySQL has utf8mb4_0900_bin.
constexpr driver::Version kOldest{8, 0, 17};
// A value that does not fit is an error, and 0 is a number like others.
constexpr std::string_view kStrict =
    "SET SESSION sql_mode='STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'";
constexpr std::string_view kUsual = "SET SESSION sql_mode=''";
constexpr std::chrono::seconds kUndoTime{60};

void AppendQuoted(std::string_view text, std::string* out) {
  const size_t begin = out->size();
  out->resize(begin + EscapedBound(text.size()) + 1);
  (*out)[begin] = '\'';
  char* const end = EscapeString(text, out->data() + begin + 1);
  out->resize(static_cast<size_t>(end - out->data()));
  out->push_back('\'');
}

bool IsNumber(Kind kind) { return kind == Kind::kInteger || kind == Kind::kDecimal; }

class MysqlLoad : public driver::TableLoad {
 public:
  MysqlLoad(const base::Context& context, Session* session, Reconnect connect)
      : context_(context), session_(session), connect_(std::move(connect)) {
    watch_.emplace(context_, *session_);
  }

  ~MysqlLoad() override {
    watch_.reset();
    if (!created_.empty()) Undo();
  }

  absl::Status Open() { return session_->Execute(context_, kStrict); }

  absl::Status Define(const base::Context& context, const schema::Plan& plan) override {
    plan_ = &plan;
    ddl_ = schema::WriteDdl(plan, TableDialect(session_->server_fork()));
    for (size_t i = 0; i < ddl_.tables.size(); ++i) {
      const std::string name = QuoteName(plan.tables[i].name);
      const absl::Status made = session_->Execute(context, ddl_.tables[i]);
      // After a lost connection, the table may exist; it was not there before.
      if (made.ok() || session_->broken()) created_.push_back(name);
      RETURN_IF_ERROR(made);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> Load(const base::Context& context, const schema::PlannedTable& table,
                               driver::RowReader& rows) override {
    const std::string head = absl::StrCat(
        "INSERT INTO ", QuoteName(table.name), " (",
        schema::QuotedColumns(table, TableDialect(session_->server_fork())), ") VALUES");
    RETURN_IF_ERROR(session_->Execute(context, "START TRANSACTION"));
    std::string sql;
    schema::Row row;
    int64_t count = 0;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, rows.Next(context, row));
      if (!sql.empty() && (!more || sql.size() >= kInsertBytes)) {
        RETURN_IF_ERROR(Insert(context, table, sql));
        sql.clear();
      }
      if (!more) break;
      ++count;
      sql.append(sql.empty() ? head : ",");
      for (size_t i = 0; i < row.size(); ++i) {
        sql.append(i == 0 ? "(" : ",");
        AppendLiteral(table.columns[i].type, row[i], &sql);
      }
      sql.push_back(')');
    }
    RETURN_IF_ERROR(session_->Execute(context, "COMMIT"));
    return count;
  }

  absl::Status Publish(const base::Context& context) override {
    for (const std::string& sql : ddl_.finish) RETURN_IF_ERROR(session_->Execute(context, sql));
    for (size_t i = 0; i < plan_->tables.size(); ++i) {
      const schema::PlannedTable& table = plan_->tables[i];
      const std::optional<int64_t> next = plan_->source.tables[i].next_identity;
      const bool numbered = std::any_of(table.columns.begin(), table.columns.end(),
                                        [](const auto& column) { return column.identity; });
      // The server raises a number that is too low.
      if (!numbered || !next.has_value() || *next <= 1) continue;
      RETURN_IF_ERROR(session_->Execute(
          context, absl::StrCat("ALTER TABLE ", QuoteName(table.name), " AUTO_INCREMENT=", *next)));
    }
    RETURN_IF_ERROR(session_->Execute(context, kUsual));
    created_.clear();
    return absl::OkStatus();
  }

 private:
  absl::Status Insert(const base::Context& context, const schema::PlannedTable& table,
                      const std::string& sql) {
    if (sql.size() + kPacketHead > session_->max_packet()) {
      return errs::UserError(
          kOp, errs::kDatabase,
          absl::StrCat("a row of the table ", table.name, " needs ", sql.size(),
                       " bytes, and the server accepts ", session_->max_packet()),
          "raise max_allowed_packet of the server");
    }
    RETURN_IF_ERROR(session_->Execute(context, sql, absl::StrCat("table ", table.name)));
    if (session_->warnings() == 0) return absl::OkStatus();
    ASSIGN_OR_RETURN(const Rows warnings, session_->Query(context, "SHOW WARNINGS LIMIT 1"));
    return errs::SystemError(kOp, errs::kDatabase,
                             absl::StrCat("the server changes values of the table ", table.name,
                                          ": ", warnings.empty() ? "" : Text(warnings[0], 2)));
  }

  // Drops what the load has created, also after a stop.
  void Undo() {
    const base::Context context =
        base::Context().WithDeadline(std::chrono::steady_clock::now() + kUndoTime);
    Session* session = session_;
    std::unique_ptr<Session> other;
    if (session_->broken() && !session_->Recover()) {
      absl::StatusOr<std::unique_ptr<Session>> opened = connect_(context);
      if (!opened.ok()) {
        context_.Warn(kOp, absl::StrCat("tables of the copy may be left in ", session_->target(),
                                        ": ", opened.status().message()));
        return;
      }
      other = *std::move(opened);
      session = other.get();
    }
    absl::Status status = session->Execute(context, "ROLLBACK");
    if (status.ok()) status = session->Execute(context, "SET SESSION foreign_key_checks=0");
    for (const std::string& name : created_) {
      if (status.ok()) {
        status = session->Execute(context, absl::StrCat("DROP TABLE IF EXISTS ", name));
      }
    }
    if (status.ok()) return;
    context_.Warn(kOp, absl::StrCat("tables of the copy may be left in ", session_->target(), ": ",
                                    status.message()));
  }

  base::Context context_;
  Session* session_;
  Reconnect connect_;
  std::optional<Session::Watch> watch_;
  const schema::Plan* plan_ = nullptr;
  schema::Ddl ddl_;
  std::vector<std::string> created_;  // Quoted names.
};

}  // namespace

const schema::Dialect& TableDialect(const Fork& fork) {
  static constexpr schema::Dialect kMysqlDialect{
      .engine = schema::Engine::kMysql, .identifier = &QuoteName, .literal = &QuoteText};
  static constexpr schema::Dialect kMariadbDialect{
      .engine = schema::Engine::kMariadb, .identifier = &QuoteName, .literal = &QuoteText};
  return fork.mariadb ? kMariadbDialect : kMysqlDialect;
}

void AppendLiteral(const schema::Type& type, const Value& value, std::string* out) {
  switch (value.form) {
    case Value::Form::kNull:
      out->append("NULL");
      return;
    case Value::Form::kInteger:
      absl::StrAppend(out, value.integer);
      return;
    case Value::Form::kReal: {
      const std::string text = type.kind == Kind::kFloat
                                   ? schema::FloatText(static_cast<float>(value.real))
                                   : schema::RealText(value.real);
      // Without an exponent it is a decimal number, of limited digits, and -0 the integer 0.
      absl::StrAppend(out, text, absl::StrContains(text, "e") ? "" : "e0");
      return;
    }
    case Value::Form::kText:
      if (type.kind == Kind::kBit) {
        absl::StrAppend(out, "b'", value.text, "'");
      } else if (IsNumber(type.kind)) {
        out->append(value.text);
      } else {
        AppendQuoted(value.text, out);
      }
      return;
    case Value::Form::kBytes:
      out->append("_binary");
      AppendQuoted(value.text, out);
      return;
  }
}

absl::StatusOr<std::unique_ptr<driver::TableLoad>> OpenTableLoad(const base::Context& context,
                                                                 Session& session,
                                                                 Reconnect connect) {
  if (!session.is_mariadb() && session.version() < kOldest) {
    return errs::UserError(kOp, errs::kDriverUnsupported,
                           absl::StrCat(session.target(), " is MySQL ", session.version_text()),
                           "copies from other engines need MySQL 8.0.17 or later");
  }
  auto load = std::make_unique<MysqlLoad>(context, &session, std::move(connect));
  RETURN_IF_ERROR(load->Open());
  return load;
}

}  // namespace siphon::mysqlcommon
