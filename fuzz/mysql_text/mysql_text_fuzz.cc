// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/fixed_float.h"
#include "drivers/mysqlcommon/insert_values.h"
#include "drivers/mysqlcommon/row_format.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/tokens.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/sql/splitter.h"

namespace {

using siphon::mysqlcommon::ColumnFormat;
using siphon::mysqlcommon::FixedFloat;
using siphon::mysqlcommon::Token;
using siphon::mysqlcommon::TokenReader;

void Require(bool condition) {
  if (!condition) std::abort();
}

std::string Quoted(std::string_view text) {
  std::string out(siphon::mysqlcommon::EscapedBound(text.size()), '\0');
  out.resize(static_cast<size_t>(siphon::mysqlcommon::EscapeString(text, out.data()) - out.data()));
  return absl::StrCat("'", out, "'");
}

// The result is one string literal with the value of the input.
void CheckEscaping(std::string_view text) {
  const std::string quoted = Quoted(text);
  TokenReader reader(quoted);
  const Token token = reader.Next();
  Require(token.kind == Token::Kind::kString && token.text.size() == quoted.size());
  Require(token.Value() == text);
  Require(reader.Next().kind == Token::Kind::kEnd);
}

// The splitter of siphon's loader finds the statements made from the rows, with the same number of
// rows.
void CheckRows(std::string_view text) {
  const siphon::base::Context context;
  siphon::base::StringWriter out;
  siphon::mysqlcommon::DumpOutput output(&out);
  siphon::mysqlcommon::InsertWriter writer("INSERT INTO `t` VALUES", {{.prefix = "_binary'"}, {}},
                                           64, &output);
  const size_t half = text.size() / 2;
  const char* const values[] = {text.data(), half == 0 ? nullptr : text.data() + half};
  const unsigned long lengths[] = {half, half == 0 ? 0 : text.size() - half};
  constexpr int kRows = 3;
  for (int i = 0; i < kRows; ++i) Require(writer.Add(context, values, lengths).ok());
  Require(writer.Finish(context).ok() && output.Flush(context).ok());
  siphon::sql::SplitterOptions options;
  options.dialect = siphon::sql::Dialect::kMysql;
  siphon::sql::Splitter splitter(options);
  int64_t rows = 0;
  const auto count = [&](const siphon::sql::Piece& piece) {
    if (!piece.text.empty()) rows += siphon::mysqlcommon::CountRows(piece.text);
    return absl::OkStatus();
  };
  Require(splitter.Feed(out.data(), count).ok() && splitter.Finish(count).ok());
  Require(rows == kRows);
}

// A value is found as in a first reading, whatever was found before it.
void CheckValues(std::string_view text) {
  const siphon::mysqlcommon::Syntax syntax;
  const std::vector<std::string> columns = {"a", "b"};
  siphon::mysqlcommon::InsertValues values(text, syntax, columns);
  for (const int64_t row : {1, 3, 2, 1}) {
    siphon::mysqlcommon::InsertValues fresh(text, syntax, columns);
    Require(values.Find("b", row) == fresh.Find("b", row));
  }
}

// A type, and the bytes of a number after the first line.
void CheckFloats(std::string_view text) {
  const size_t line = text.find('\n');
  const std::optional<FixedFloat> type = FixedFloat::Of(text.substr(0, line));
  if (!type.has_value() || line == std::string_view::npos) return;
  double number = 0;
  if (text.size() - line - 1 < sizeof number) return;
  std::memcpy(&number, text.data() + line + 1, sizeof number);
  const std::optional<double> source = type->SourceOf(number);
  if (!source.has_value()) return;
  const FixedFloat::Stored stored = type->Store(*source);
  Require(stored.value == number);
}

// Any bytes may be a statement.
void CheckStatements(std::string_view text) {
  siphon::mysqlcommon::Classify(text);
  siphon::mysqlcommon::IsPlainTrigger(text);
  Require(siphon::mysqlcommon::CountRows(text) >= -1);
  Require(siphon::mysqlcommon::WithDefiner(text, "").size() <= text.size());
  Require(siphon::mysqlcommon::WithoutDatabase(text, "db").size() <= text.size());
  Require(text.ends_with(siphon::mysqlcommon::TriggerBody(text)));
  TokenReader reader(text);
  size_t end = 0;
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    Require(token.begin >= end && !token.text.empty());
    end = token.end();
  }
  Require(end <= text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckEscaping(text);
  CheckRows(text);
  CheckStatements(text);
  CheckValues(text);
  CheckFloats(text);
  return 0;
}
