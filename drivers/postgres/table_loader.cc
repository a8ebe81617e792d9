// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/table_loader.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/copy_text.h"
#include "drivers/postgres/names.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr size_t kBlock = size_t{256} << 10;

class PostgresLoad : public driver::TableLoad {
 public:
  PostgresLoad(Session* session, Transaction transaction)
      : session_(session), transaction_(std::move(transaction)) {}

  absl::Status Define(const base::Context& context, const schema::Plan& plan) override {
    plan_ = &plan;
    ddl_ = schema::WriteDdl(plan, TableDialect());
    for (const std::string& sql : ddl_.tables) {
      RETURN_IF_ERROR(session_->Execute(context, sql));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> Load(const base::Context& context, const schema::PlannedTable& table,
                               driver::RowReader& rows) override {
    const std::string sql =
        absl::StrCat("COPY ", schema::QuotedTable(table, TableDialect()), " (",
                     schema::QuotedColumns(table, TableDialect()), ") FROM STDIN");
    std::string block;
    schema::Row row;
    bool ended = false;
    return session_->CopyIn(context, sql, [&]() -> absl::StatusOr<std::string_view> {
      block.clear();
      while (!ended && block.size() < kBlock) {
        ASSIGN_OR_RETURN(const bool more, rows.Next(context, row));
        ended = !more;
        if (ended) break;
        for (size_t i = 0; i < row.size(); ++i) {
          if (i > 0) block.push_back('\t');
          AppendCopyValue(table.columns[i].type, row[i], &block);
        }
        block.push_back('\n');
      }
      return block;
    });
  }

  absl::Status Publish(const base::Context& context) override {
    for (const std::string& sql : ddl_.finish) {
      RETURN_IF_ERROR(session_->Execute(context, sql));
    }
    for (size_t i = 0; i < plan_->tables.size(); ++i) {
      for (const schema::PlannedColumn& column : plan_->tables[i].columns) {
        if (!column.identity) continue;
        RETURN_IF_ERROR(SetCounter(context, plan_->tables[i], column,
                                   plan_->source.tables[i].next_identity.value_or(1)));
      }
    }
    return transaction_.Commit(context);
  }

 private:
  // The next number is above all numbers in the table, and at least `next`.
  absl::Status SetCounter(const base::Context& context, const schema::PlannedTable& table,
                          const schema::PlannedColumn& column, int64_t next) {
    const std::string name = schema::QuotedTable(table, TableDialect());
    return session_->Execute(
        context, absl::StrCat("SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence(",
                              QuoteLiteral(name), ", ", QuoteLiteral(column.name),
                              "), v) FROM (SELECT GREATEST(COALESCE((SELECT pg_catalog.max(",
                              QuoteIdentifier(column.name), ") FROM ", name, "), 0), ", next - 1,
                              ") AS v) AS counter WHERE v >= 1"));
  }

  Session* session_;
  Transaction transaction_;
  const schema::Plan* plan_ = nullptr;
  schema::Ddl ddl_;
};

}  // namespace

const schema::Dialect& TableDialect() {
  static constexpr schema::Dialect kDialect{.engine = schema::Engine::kPostgres,
                                            .identifier = &QuoteIdentifier,
                                            .literal = &QuoteLiteral};
  return kDialect;
}

absl::StatusOr<std::unique_ptr<driver::TableLoad>> OpenTableLoad(const base::Context& context,
                                                                 Session& session) {
  if (session.is_sql_ascii()) {
    return errs::UserError("postgres.copy", errs::kDriverUnsupported,
                           absl::StrCat(session.target(), " has the encoding SQL_ASCII"),
                           "copy into a database with the encoding UTF8");
  }
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(context, session, "BEGIN"));
  return std::make_unique<PostgresLoad>(&session, std::move(transaction));
}

}  // namespace siphon::postgres
