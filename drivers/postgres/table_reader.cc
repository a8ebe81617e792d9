// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/table_reader.h"

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/copy_text.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/table_schema.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/io.h"
#include "siphon/base/pipe.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.copy";
constexpr size_t kPipeBytes = size_t{2} << 20;
constexpr size_t kBlock = size_t{128} << 10;

// Runs "COPY ... TO STDOUT" in a thread of its own, which sends the lines through a pipe.
class PostgresRows : public driver::RowReader {
 public:
  PostgresRows(const base::Context& context, Session* session, std::vector<schema::Type> types)
      : session_(session),
        types_(std::move(types)),
        context_(context),
        pipe_(context, kPipeBytes) {}

  ~PostgresRows() override {
    if (!thread_.joinable()) return;
    pipe_.Abort(errs::SystemError(kOp, errs::kCancelled, "the rows are not needed"));
    thread_.join();
  }

  absl::Status Start(const std::string& sql) {
    try {
      thread_ = std::thread([this, sql] { Run(sql); });
    } catch (const std::system_error& error) {
      return errs::ErrnoError(kOp, "cannot start a thread", error.code().value());
    }
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Next(const base::Context& context, schema::Row& row) override {
    RETURN_IF_ERROR(errs::WithOp(context.Check(), kOp));
    ASSIGN_OR_RETURN(const std::optional<std::string_view> line, NextLine());
    if (!line.has_value()) return false;
    RETURN_IF_ERROR(SplitCopyLine(*line, storage_, fields_));
    if (fields_.size() != types_.size()) {
      return errs::SystemError(kOp, errs::kDatabase,
                               absl::StrCat(session_->target(), " sent a row of ", fields_.size(),
                                            " values instead of ", types_.size()));
    }
    row.assign(types_.size(), schema::Value::Null());
    for (size_t i = 0; i < types_.size(); ++i) {
      if (!fields_[i].has_value()) continue;
      RETURN_IF_ERROR(ReadField(types_[i], *fields_[i], storage_, row[i]));
    }
    return true;
  }

 private:
  void Run(const std::string& sql) {
    std::string block;
    absl::Status status = session_->CopyOut(context_, sql, [&](std::string_view line) {
      block.append(line);
      if (block.size() < kBlock) return absl::OkStatus();
      const absl::Status written = pipe_.writer().Write(block);
      block.clear();
      return written;
    });
    if (status.ok() && !block.empty()) status = pipe_.writer().Write(block);
    if (status.ok()) status = pipe_.writer().Finish();
    if (!status.ok()) pipe_.Abort(status);
  }

  // The next line without its line feed, valid until the next call; nothing at the end.
  absl::StatusOr<std::optional<std::string_view>> NextLine() {
    size_t searched = begin_;
    while (true) {
      const size_t end = buffer_.find('\n', searched);
      if (end != std::string::npos) {
        const std::string_view line = std::string_view(buffer_).substr(begin_, end - begin_);
        begin_ = end + 1;
        return line;
      }
      buffer_.erase(0, begin_);
      begin_ = 0;
      searched = buffer_.size();
      buffer_.resize(searched + kBlock);
      const absl::StatusOr<size_t> count =
          pipe_.reader().Read(absl::MakeSpan(buffer_).subspan(searched));
      buffer_.resize(searched + count.value_or(0));
      RETURN_IF_ERROR(count.status());
      if (*count > 0) continue;
      if (buffer_.empty()) return std::nullopt;
      return errs::SystemError(kOp, errs::kDatabase,
                               absl::StrCat(session_->target(), " sent a broken row"));
    }
  }

  Session* session_;
  std::vector<schema::Type> types_;
  base::Context context_;
  base::Pipe pipe_;
  std::thread thread_;
  std::string buffer_;
  size_t begin_ = 0;  // Of the next line.
  std::string storage_;
  std::vector<std::optional<std::string_view>> fields_;
};

class PostgresTables : public driver::TableSnapshot {
 public:
  PostgresTables(Session* session, Transaction transaction, TableSchema schema)
      : session_(session), transaction_(std::move(transaction)), schema_(std::move(schema)) {}

  const schema::Tables& tables() const override { return schema_.tables; }

  absl::StatusOr<std::unique_ptr<driver::RowReader>> Read(
      const base::Context& context, const schema::Table& table,
      const std::vector<size_t>& columns) override {
    std::string names;
    std::vector<schema::Type> types;
    for (const size_t column : columns) {
      absl::StrAppend(&names, names.empty() ? "" : ", ",
                      QuoteIdentifier(table.columns[column].name));
      types.push_back(table.columns[column].type);
    }
    // The rows of tables that inherit from this one belong to them.
    const bool partitioned = schema_.partitioned.contains({table.schema, table.name});
    const std::string sql =
        absl::StrCat("COPY (SELECT ", names, " FROM ", partitioned ? "" : "ONLY ",
                     QuoteQualified(table.schema, table.name), ") TO STDOUT");
    auto rows = std::make_unique<PostgresRows>(context, session_, std::move(types));
    RETURN_IF_ERROR(rows->Start(sql));
    return rows;
  }

 private:
  Session* session_;
  Transaction transaction_;
  TableSchema schema_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<driver::TableSnapshot>> OpenTables(
    const base::Context& context, Session& session, const driver::TableChoice& choice) {
  if (session.is_sql_ascii()) {
    return errs::UserError(kOp, errs::kDriverUnsupported,
                           absl::StrCat(session.target(),
                                        " has the encoding SQL_ASCII, and so the"
                                        " encoding of its texts is not known"),
                           "copy it into a database with the encoding UTF8 first");
  }
  ASSIGN_OR_RETURN(
      Transaction transaction,
      Transaction::Begin(context, session, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  ASSIGN_OR_RETURN(TableSchema schema, ReadTableSchema(context, session));
  RETURN_IF_ERROR(schema::SelectTables(choice.only, choice.except, schema.tables));
  return std::make_unique<PostgresTables>(&session, std::move(transaction), std::move(schema));
}

}  // namespace siphon::postgres
