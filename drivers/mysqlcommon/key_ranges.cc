// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/key_ranges.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "drivers/mysqlcommon/names.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

// The longest description of a range, in bytes; a chunk header has little room.
constexpr size_t kLongestRange = 500;

constexpr std::string_view kNumbers[] = {"tinyint", "smallint", "mediumint",
                                         "int",     "bigint",   "decimal"};
constexpr std::string_view kTimes[] = {"date", "datetime", "timestamp"};
constexpr std::string_view kBytes[] = {"binary", "varbinary"};
constexpr std::string_view kTexts[] = {"char", "varchar"};

template <size_t kSize>
bool IsOneOf(const std::string_view (&words)[kSize], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

std::optional<KeyColumn::Kind> KindOf(const Column& column) {
  if (IsOneOf(kNumbers, column.data_type)) return KeyColumn::Kind::kNumber;
  if (IsOneOf(kTimes, column.data_type)) return KeyColumn::Kind::kTime;
  if (IsOneOf(kBytes, column.data_type)) return KeyColumn::Kind::kBytes;
  if (IsOneOf(kTexts, column.data_type)) return KeyColumn::Kind::kText;
  return std::nullopt;
}

bool Has(std::string_view value, std::string_view allowed) {
  return !value.empty() && value.find_first_not_of(allowed) == std::string_view::npos;
}

// True for a word that may stand in a statement without quotes.
bool IsWord(std::string_view text) {
  return Has(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

// The collations of a table's columns.
absl::StatusOr<std::map<std::string, std::string>> CollationsOf(const base::Context& context,
                                                                Session& session,
                                                                const std::string& database,
                                                                const Table& table) {
  ASSIGN_OR_RETURN(const Rows rows,
                   session.Query(context, absl::StrCat("SELECT column_name, collation_name"
                                                       " FROM information_schema.columns"
                                                       " WHERE table_schema = ",
                                                       QuoteText(database), " AND table_name = ",
                                                       QuoteText(table.name))));
  std::map<std::string, std::string> collations;
  for (const Row& row : rows) collations[std::string(Text(row, 0))] = Text(row, 1);
  return collations;
}

// A condition for the rows whose key is beyond `value`: greater, or less with `equal` for the value
// itself.
std::string Beyond(absl::Span<const KeyColumn> columns, absl::Span<const std::string> value,
                   std::string_view sign, bool equal) {
  const std::string name = QuoteName(columns[0].name);
  if (columns.size() == 1) return absl::StrCat(name, " ", sign, equal ? "= " : " ", value[0]);
  return absl::StrCat("(", name, " ", sign, " ", value[0], " OR (", name, " = ", value[0], " AND ",
                      Beyond(columns.subspan(1), value.subspan(1), sign, equal), "))");
}

std::vector<std::string> Conditions(const SplitKey& key, const KeyValue* after,
                                    const KeyValue* until) {
  std::vector<std::string> conditions;
  // With several columns, the first condition lets the server find the range without thought.
  const std::string first = QuoteName(key.columns[0].name);
  const bool several = key.columns.size() > 1;
  if (after != nullptr) {
    if (several) conditions.push_back(absl::StrCat(first, " >= ", (*after)[0]));
    conditions.push_back(Beyond(key.columns, *after, ">", false));
  }
  if (until != nullptr) {
    if (several) conditions.push_back(absl::StrCat(first, " <= ", (*until)[0]));
    conditions.push_back(Beyond(key.columns, *until, "<", true));
  }
  return conditions;
}

std::string NamesOf(const SplitKey& key) {
  return absl::StrJoin(key.columns, ",", [](std::string* out, const KeyColumn& column) {
    absl::StrAppend(out, QuoteName(column.name));
  });
}

std::string UseIndex(const SplitKey& key) {
  return absl::StrCat(" FORCE INDEX (", QuoteName(key.index), ")");
}

}  // namespace

std::optional<std::string> KeyLiteral(const KeyColumn& column, std::string_view value) {
  switch (column.kind) {
    case KeyColumn::Kind::kNumber:
      if (!Has(value, "0123456789.-")) return std::nullopt;
      return std::string(value);
    case KeyColumn::Kind::kTime:
      if (!Has(value, "0123456789.-: ")) return std::nullopt;
      return absl::StrCat("'", value, "'");
    case KeyColumn::Kind::kBytes:
      return absl::StrCat("_binary X'", absl::BytesToHexString(value), "'");
    case KeyColumn::Kind::kText:
      return absl::StrCat("_", column.charset, " X'", absl::BytesToHexString(value), "' COLLATE ",
                          column.collation);
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<SplitKey>> FindSplitKey(const base::Context& context, Session& session,
                                                     const std::string& database,
                                                     const Table& table) {
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(context,
                    absl::StrCat("SELECT index_name, column_name, sub_part, nullable, collation,"
                                 " index_type FROM information_schema.statistics"
                                 " WHERE non_unique = 0 AND table_schema = ",
                                 QuoteText(database), " AND table_name = ", QuoteText(table.name),
                                 " ORDER BY index_name = 'PRIMARY' DESC, index_name,"
                                 " seq_in_index")));
  std::map<std::string, std::string> collations;
  SplitKey key;
  bool fits = false;
  for (const Row& row : rows) {
    if (key.columns.empty() || key.index != Text(row, 0)) {
      if (fits) return key;
      key = {.index = std::string(Text(row, 0)), .columns = {}};
      fits = true;
    }
    const auto column = std::find_if(table.columns.begin(), table.columns.end(),
                                     [&](const Column& c) { return c.name == Text(row, 1); });
    KeyColumn& part = key.columns.emplace_back();
    part.name = Text(row, 1);
    fits = fits && column != table.columns.end() && KindOf(*column).has_value() &&
           Text(row, 2).empty() && Text(row, 3) != "YES" && Text(row, 4) == "A" &&
           Text(row, 5) == "BTREE";
    if (!fits) continue;
    part.kind = *KindOf(*column);
    if (part.kind != KeyColumn::Kind::kText) continue;
    if (collations.empty()) {
      ASSIGN_OR_RETURN(collations, CollationsOf(context, session, database, table));
    }
    part.charset = column->charset;
    part.collation = collations[part.name];
    fits = IsWord(part.charset) && IsWord(part.collation);
  }
  if (!fits) return std::nullopt;
  return key;
}

absl::StatusOr<std::optional<KeyValue>> NextBoundary(const base::Context& context, Session& session,
                                                     const Table& table, const SplitKey& key,
                                                     const KeyValue* after, int64_t rows) {
  const std::string from = absl::StrCat(" FROM ", QuoteName(table.name), UseIndex(key));
  const std::vector<std::string> conditions = Conditions(key, after, nullptr);
  const std::string where =
      conditions.empty() ? "" : absl::StrCat(" WHERE ", absl::StrJoin(conditions, " AND "));
  ASSIGN_OR_RETURN(
      const Rows found,
      session.Query(context,
                    absl::StrCat("SELECT ", NamesOf(key), from, where, " ORDER BY ", NamesOf(key),
                                 " LIMIT ", std::max<int64_t>(rows, 1) - 1, ",1"),
                    absl::StrCat("ranges of table ", ToUtf8(table.name))));
  if (found.empty()) return std::nullopt;
  KeyValue value;
  std::vector<std::string> same;
  for (size_t i = 0; i < key.columns.size(); ++i) {
    const auto literal = KeyLiteral(key.columns[i], Text(found[0], i));
    if (!literal.has_value()) return std::nullopt;
    same.push_back(absl::StrCat(QuoteName(key.columns[i].name), " = ", *literal));
    value.push_back(*literal);
  }
  ASSIGN_OR_RETURN(const Rows again,
                   session.Query(context, absl::StrCat("SELECT ", NamesOf(key), from, " WHERE ",
                                                       absl::StrJoin(same, " AND "), " LIMIT 1")));
  if (again.empty() || again[0] != found[0]) return std::nullopt;
  return value;
}

std::string RangeClauses(const SplitKey& key, const KeyValue* after, const KeyValue* until) {
  const std::vector<std::string> conditions = Conditions(key, after, until);
  return absl::StrCat(
      UseIndex(key),
      conditions.empty() ? "" : absl::StrCat(" WHERE ", absl::StrJoin(conditions, " AND ")),
      " ORDER BY ", NamesOf(key));
}

std::string DescribeRange(const SplitKey& key, const KeyValue* after, const KeyValue* until) {
  std::string text = absl::StrJoin(Conditions(key, after, until), " AND ");
  return text.size() <= kLongestRange ? text : "";
}

}  // namespace siphon::mysqlcommon
