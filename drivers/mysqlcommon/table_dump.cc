// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/table_dump.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/dump_form.h"
#include "drivers/mysqlcommon/fixed_float.h"
#include "drivers/mysqlcommon/names.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kNumbers[] = {"tinyint", "smallint", "mediumint", "int",
                                         "bigint",  "decimal",  "year"};
constexpr std::string_view kBytes[] = {"binary",         "varbinary",
                                       "tinyblob",       "blob",
                                       "mediumblob",     "longblob",
                                       "geometry",       "point",
                                       "linestring",     "polygon",
                                       "multipoint",     "multilinestring",
                                       "multipolygon",   "geometrycollection",
                                       "geomcollection", "vector"};

template <size_t kSize>
bool IsOneOf(const std::string_view (&words)[kSize], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

bool IsFloat(const Column& column) {
  return column.data_type == "float" || column.data_type == "double";
}

ColumnFormat FormatOf(const Column& column) {
  using Kind = ColumnFormat::Kind;
  if (IsOneOf(kNumbers, column.data_type) || column.ambiguous) {
    return {.kind = Kind::kNumber, .prefix = ""};
  }
  if (IsFloat(column)) {
    return {.kind = Kind::kFloat, .prefix = "", .fixed = FixedFloat::Of(column.column_type)};
  }
  if (column.data_type == "bit") return {.kind = Kind::kBit, .prefix = ""};
  if (IsOneOf(kBytes, column.data_type)) return {.prefix = "_binary'"};
  // Text is dumped as its stored bytes, without any conversion. Literals are in utf8mb4; utf8mb3
  // is a subset of it and needs no introducer. MariaDB stores any bytes as ascii.
  const std::string& charset = column.charset;
  if (charset.empty() || charset == "utf8mb4" || charset == "utf8mb3" || charset == "utf8") {
    return {};
  }
  return {.prefix = absl::StrCat("_", charset, "'")};
}

// The expression that reads a column. The text protocol rounds a FLOAT to six digits, and a type
// with a number of decimals to these; it sends a DOUBLE with enough digits to read back the same
// value, but fills it with zeros before the sign if the type is ZEROFILL.
std::string Expression(const Column& column) {
  const std::string name = QuoteName(column.name);
  const bool rounded = column.data_type == "float" ||
                       (IsFloat(column) && (absl::StrContains(column.column_type, "(") ||
                                            absl::StrContains(column.column_type, "zerofill")));
  if (rounded) return name + "*1e0";
  // The 64 bits of a SET do not fit into the result of an addition.
  if (column.ambiguous) return name + (column.data_type == "set" ? "|0" : "+0");
  return name;
}

// The condition for rows of a versioned table whose period is not empty. A row that was replaced by
// a REPLACE within the same microsecond has an empty period, and the server refuses to insert it.
std::string WasSeen(const Table& table) {
  std::string start, end;
  for (const Column& column : table.columns) {
    if (column.role == Column::Role::kRowStart) start = QuoteName(column.name);
    if (column.role == Column::Role::kRowEnd) end = QuoteName(column.name);
  }
  return absl::StrCat(start, " < ", end);
}

// The name of the column whose values are at `position` in the dump's rows.
std::string WrittenColumn(const Table& table, size_t position) {
  for (const Column& column : table.columns) {
    if (IsWritten(table, column) && position-- == 0) return column.name;
  }
  return "";
}

}  // namespace

std::string FromUndumped(const Table& table) {
  return absl::StrCat(" FROM ", QuoteName(table.name), " FOR SYSTEM_TIME ALL WHERE NOT ",
                      WasSeen(table));
}

TablePlan PlanTable(const Table& table) {
  TablePlan plan;
  std::vector<std::string> expressions, names;
  bool all = true;
  for (const Column& column : table.columns) {
    if (!IsWritten(table, column)) {
      all = false;
      continue;
    }
    if (column.invisible || column.role != Column::Role::kStored) all = false;
    expressions.push_back(Expression(column));
    names.push_back(QuoteName(column.name));
    plan.columns.push_back(FormatOf(column));
  }
  plan.history = table.versioned;
  const std::string from =
      table.versioned ? absl::StrCat(" FOR SYSTEM_TIME ALL WHERE ", WasSeen(table)) : "";
  // If all columns are generated, a row is "()".
  if (names.empty()) expressions.emplace_back("1");
  plan.select = absl::StrCat("SELECT ", absl::StrJoin(expressions, ","), " FROM ",
                             QuoteName(table.name), from);
  plan.insert =
      absl::StrCat("INSERT INTO ", QuoteName(table.name), " ",
                   all ? "" : absl::StrCat("(", absl::StrJoin(names, ","), ") "), "VALUES");
  return plan;
}

std::string SampleOf(const TablePlan& plan) {
  using Kind = ColumnFormat::Kind;
  const auto value = [](std::string* out, const ColumnFormat& column) {
    switch (column.kind) {
      case Kind::kNumber:
        out->append("-1");
        break;
      case Kind::kFloat:
        out->append("-0e0");
        break;
      case Kind::kBit:
        out->append("0x00");
        break;
      case Kind::kString:
        absl::StrAppend(out, column.prefix, "'");
        break;
    }
  };
  return absl::StrCat(plan.insert, "\n(", absl::StrJoin(plan.columns, ",", value), ")");
}

std::string TooLongFor(size_t longest, uint64_t max_packet) {
  const uint64_t packet = longest + kPacketHead;
  const std::string what =
      absl::StrCat("the longest statement of its rows has ", longest, " bytes");
  if (packet > kLongestPacket) {
    return absl::StrCat(what, ", and no server takes more than ", kLongestPacket,
                        ": a restore of this dump will fail; leave the table out"
                        " (--exclude-table), or shorten its longest value");
  }
  if (packet <= max_packet) return "";
  // The setting is a multiple of 1024.
  return absl::StrCat(what, ", more than max_allowed_packet of this server (", max_packet,
                      "): a server that restores the dump needs max_allowed_packet=",
                      (packet + 1023) / 1024 * 1024, " or more");
}

std::string UnfitIn(std::string_view column) {
  if (column.empty()) return "";
  return absl::StrCat("column ", ToUtf8(column),
                      " has numbers that no INSERT stores, as after an ALTER TABLE that changed"
                      " its digits: a restore stops at them, or rounds them; give the column the"
                      " digits that it had, or none");
}

absl::StatusOr<DumpedRows> DumpRows(const base::Context& context, Session& session,
                                    const Table& table, const RowRange& range, DumpScript& script) {
  TablePlan plan = PlanTable(table);
  const std::string object = absl::StrCat("table ", ToUtf8(table.name));
  RETURN_IF_ERROR(script.CheckSample(context, object, SampleOf(plan)));
  if (plan.history) {
    RETURN_IF_ERROR(script.WriteStatement(context, object, kHistoryOn));
  }
  // DISABLE KEYS names the table in the dump even if it has no rows, and makes MyISAM build its
  // indexes at the end. Each INSERT commits by itself: in MariaDB, one transaction for a whole
  // table takes twice as long.
  const std::string keys = absl::StrCat("/*!40000 ALTER TABLE ", QuoteName(table.name));
  if (range.first) {
    RETURN_IF_ERROR(script.WriteStatement(context, object, absl::StrCat(keys, " DISABLE KEYS */")));
  }
  DumpedRows dumped;
  {
    const size_t columns = std::max<size_t>(plan.columns.size(), 1);
    InsertWriter writer(std::move(plan.insert), std::move(plan.columns), kStatementSize,
                        &script.rows());
    ASSIGN_OR_RETURN(RowStream rows,
                     session.Stream(context, plan.select + range.clauses, columns, object));
    char** values = nullptr;
    unsigned long* lengths = nullptr;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, rows.Next(context, values, lengths));
      if (!more) break;
      RETURN_IF_ERROR(writer.Add(context, values, lengths));
      ++dumped.rows;
    }
    RETURN_IF_ERROR(writer.Finish(context));
    dumped.longest = writer.longest();
    if (writer.unfit().has_value()) dumped.unfit = WrittenColumn(table, *writer.unfit());
  }
  if (range.last) {
    RETURN_IF_ERROR(script.WriteStatement(context, object, absl::StrCat(keys, " ENABLE KEYS */")));
  }
  if (plan.history) {
    RETURN_IF_ERROR(script.WriteStatement(context, object, kHistoryOff));
  }
  return dumped;
}

}  // namespace siphon::mysqlcommon
