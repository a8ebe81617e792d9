// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/table_reader.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/snapshot.h"
#include "drivers/mysqlcommon/table_schema.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

using schema::Kind;
using schema::Value;

constexpr std::string_view kOp = "mysql.copy";

// The expression that reads a column: the text protocol rounds numbers of single precision, and of
// a type with digits.
std::string Expression(const schema::Column& column) {
  const std::string name = QuoteName(column.name);
  const bool real = column.type.kind == Kind::kFloat || column.type.kind == Kind::kDouble;
  return real ? absl::StrCat(name, "*1e0") : name;
}

absl::Status Unreadable(std::string_view text, std::string_view what) {
  return errs::SystemError(
      kOp, errs::kDatabase,
      absl::StrCat("the server sent a value that is no ", what, ": ", ToUtf8(text.substr(0, 40))));
}

// The last `length` bits of the bytes.
void AppendBits(std::string_view bytes, int64_t length, std::string* out) {
  for (int64_t bit = length - 1; bit >= 0; --bit) {
    const auto byte = static_cast<size_t>(bit / 8);
    const bool set =
        byte < bytes.size() &&
        ((static_cast<unsigned char>(bytes[bytes.size() - 1 - byte]) >> (bit % 8)) & 1);
    out->push_back(set ? '1' : '0');
  }
}

class MysqlRows : public driver::RowReader {
 public:
  MysqlRows(RowStream stream, std::vector<schema::Type> types)
      : stream_(std::move(stream)), types_(std::move(types)), texts_(types_.size()) {}

  absl::StatusOr<bool> Next(const base::Context& context, schema::Row& row) override {
    if (ended_) return false;
    char** values = nullptr;
    unsigned long* lengths = nullptr;
    ASSIGN_OR_RETURN(const bool more, stream_.Next(context, values, lengths));
    ended_ = !more;
    if (ended_) return false;
    row.assign(types_.size(), Value::Null());
    for (size_t i = 0; i < types_.size(); ++i) {
      if (values[i] == nullptr) continue;
      RETURN_IF_ERROR(Read({values[i], lengths[i]}, i, row[i]));
    }
    return true;
  }

 private:
  absl::Status Read(std::string_view text, size_t i, Value& value) {
    int64_t integer = 0;
    double real = 0;
    switch (types_[i].kind) {
      case Kind::kInteger:
      case Kind::kYear:
        // A number above 2^63-1 stays a text.
        value = absl::SimpleAtoi(text, &integer) ? Value::Integer(integer) : Value::Text(text);
        return absl::OkStatus();
      case Kind::kFloat:
      case Kind::kDouble:
        if (!absl::SimpleAtod(text, &real)) return Unreadable(text, "number");
        value = Value::Real(real);
        return absl::OkStatus();
      case Kind::kDecimal:
        // Those of ZEROFILL begin with zeros.
        while (text.size() > 1 && text[0] == '0' && text[1] != '.') text.remove_prefix(1);
        break;
      case Kind::kBinary:
      case Kind::kVarbinary:
      case Kind::kBlob:
        value = Value::Bytes(text);
        return absl::OkStatus();
      case Kind::kBit:
        texts_[i].clear();
        AppendBits(text, types_[i].length.value_or(1), &texts_[i]);
        text = texts_[i];
        break;
      case Kind::kTime:
      case Kind::kTimestamp:
      case Kind::kTimestampTz:
        text = schema::WithoutTrailingZeros(text);
        break;
      default:
        break;
    }
    value = Value::Text(text);
    return absl::OkStatus();
  }

  RowStream stream_;
  std::vector<schema::Type> types_;
  std::vector<std::string> texts_;  // Of the row, as far as they differ from the server's.
  bool ended_ = false;
};

class MysqlTables : public driver::TableSnapshot {
 public:
  MysqlTables(const base::Context& context, Session* session)
      : context_(context), session_(session), watch_(context_, *session) {}
  ~MysqlTables() override {
    if (!session_->broken()) session_->Execute(context_, "ROLLBACK").IgnoreError();
  }

  absl::Status Open(const driver::TableChoice& choice) {
    RETURN_IF_ERROR(session_->Execute(context_, kBeginSnapshot));
    ASSIGN_OR_RETURN(tables_, ReadTableSchema(context_, *session_));
    return schema::SelectTables(choice.only, choice.except, tables_);
  }

  const schema::Tables& tables() const override { return tables_; }

  absl::StatusOr<std::unique_ptr<driver::RowReader>> Read(
      const base::Context& context, const schema::Table& table,
      const std::vector<size_t>& columns) override {
    std::string names;
    std::vector<schema::Type> types;
    for (const size_t column : columns) {
      absl::StrAppend(&names, names.empty() ? "" : ", ", Expression(table.columns[column]));
      types.push_back(table.columns[column].type);
    }
    ASSIGN_OR_RETURN(
        RowStream stream,
        session_->Stream(context, absl::StrCat("SELECT ", names, " FROM ", QuoteName(table.name)),
                         columns.size(), absl::StrCat("table ", table.name)));
    return std::make_unique<MysqlRows>(std::move(stream), std::move(types));
  }

 private:
  base::Context context_;
  Session* session_;
  Session::Watch watch_;
  schema::Tables tables_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<driver::TableSnapshot>> OpenTables(
    const base::Context& context, Session& session, const driver::TableChoice& choice) {
  auto tables = std::make_unique<MysqlTables>(context, &session);
  RETURN_IF_ERROR(tables->Open(choice));
  return tables;
}

}  // namespace siphon::mysqlcommon
