// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/insert_values.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"

namespace siphon::mysqlcommon {

InsertValues::InsertValues(std::string_view insert, const Syntax& syntax,
                           std::vector<std::string> columns)
    : insert_(insert), syntax_(syntax), reader_(insert, syntax), columns_(std::move(columns)) {
  std::vector<std::string> named;
  int depth = 0;
  for (Token token = reader_.Next(); token.kind != Token::Kind::kEnd; token = reader_.Next()) {
    if (token.IsSymbol('(')) {
      // PARTITION (...) comes before the columns.
      named.clear();
      ++depth;
    } else if (token.IsSymbol(')')) {
      --depth;
    } else if (depth > 0 && token.IsIdentifier()) {
      named.push_back(token.Value());
    } else if (depth == 0 && token.kind == Token::Kind::kWord &&
               (token.Is("VALUES") || token.Is("VALUE"))) {
      break;
    }
  }
  if (!named.empty()) columns_ = std::move(named);
  first_row_ = reader_.position();
}

void InsertValues::Restart() {
  reader_ = TokenReader(insert_, syntax_);
  reader_.Seek(first_row_);
  row_ = 0;
}

bool InsertValues::ReadRow() {
  values_.clear();
  Token token = reader_.Next();
  while (token.kind != Token::Kind::kEnd && !token.IsSymbol('(')) token = reader_.Next();
  int depth = 1;
  std::optional<size_t> begin;
  size_t end = 0;
  for (token = reader_.Next(); token.kind != Token::Kind::kEnd; token = reader_.Next()) {
    if (token.IsSymbol('(')) ++depth;
    if (token.IsSymbol(')')) --depth;
    if (depth > 1 || (depth == 1 && !token.IsSymbol(','))) {
      if (!begin.has_value()) begin = token.begin;
      end = token.end();
      continue;
    }
    values_.push_back(begin.has_value() ? insert_.substr(*begin, end - *begin) : "");
    begin.reset();
    if (depth > 0) continue;
    ++row_;
    return true;
  }
  return false;
}

std::optional<std::string_view> InsertValues::Find(std::string_view column, int64_t row) {
  const auto found = std::find_if(columns_.begin(), columns_.end(), [&](const std::string& name) {
    return absl::EqualsIgnoreCase(name, column);
  });
  if (found == columns_.end() || row < 1) return std::nullopt;
  if (row < row_) Restart();
  while (row_ < row) {
    if (ReadRow()) continue;
    Restart();
    return std::nullopt;
  }
  const auto position = static_cast<size_t>(found - columns_.begin());
  if (position >= values_.size()) return std::nullopt;
  return values_[position];
}

}  // namespace siphon::mysqlcommon
