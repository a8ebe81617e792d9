// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/schema/matrix.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace siphon::schema {
namespace {

constexpr int kMysqlDecimalDigits = 65;
constexpr int kMysqlDecimalScale = 30;
constexpr int kDoubleDigits = 15;
// Characters of four bytes that fit into a row of 65,535 bytes.
constexpr int64_t kMysqlVarchar = 16383;
constexpr int64_t kMysqlChar = 255;
constexpr int64_t kMysqlVarbinary = 65000;
constexpr int64_t kMysqlBits = 64;

constexpr Cell E(std::string_view type, Checks checks = 0) {
  return {.verdict = Verdict::kExact, .type = type, .reason = {}, .checks = checks};
}
constexpr Cell W(std::string_view type, std::string_view reason, Checks checks = 0) {
  return {.verdict = Verdict::kWarned, .type = type, .reason = reason, .checks = checks};
}
constexpr Cell R(std::string_view reason) {
  return {.verdict = Verdict::kRefused, .type = {}, .reason = reason, .checks = 0};
}

template <Kind kind>
constexpr bool Is(const Type& type) {
  return type.kind == kind;
}
template <int bits, bool is_unsigned>
constexpr bool IsInteger(const Type& type) {
  return type.kind == Kind::kInteger && type.bits == bits && type.is_unsigned == is_unsigned;
}
template <Kind kind, int64_t most>
constexpr bool IsAtMost(const Type& type) {
  return type.kind == kind && type.length.has_value() && *type.length <= most;
}

constexpr bool IsOrdinaryDecimal(const Type& type, int digits) {
  return type.kind == Kind::kDecimal && type.precision.has_value() && *type.precision <= digits &&
         type.scale >= 0 && type.scale <= *type.precision;
}
constexpr bool IsDecimal15(const Type& type) { return IsOrdinaryDecimal(type, kDoubleDigits); }
constexpr bool IsDecimal65(const Type& type) {
  return IsOrdinaryDecimal(type, kMysqlDecimalDigits) && type.scale <= kMysqlDecimalScale;
}
constexpr bool IsLimitedDecimal(const Type& type) {
  return type.kind == Kind::kDecimal && type.precision.has_value();
}

constexpr Checks kText = kUtf8 | kNoZeroByte;
constexpr std::string_view kDecimalText = "as text: the same digits, but compared as text";
constexpr std::string_view kTooManyDigits = "DECIMAL there has at most 65 digits";
constexpr std::string_view kPadded = "the engines treat blanks at the end differently";
constexpr std::string_view kLabels = "as text with a CHECK: sorted by letters";
constexpr std::string_view kList = "a list of labels in one text";
constexpr std::string_view kAsText = "as text: the form of the source's engine";
constexpr std::string_view kBits = "as text of 0 and 1";
constexpr std::string_view kNoZone = "in UTC, without a time zone";

// Cells in the order of Engine: PostgreSQL, MySQL, MariaDB, SQLite. Names of types that decide an
// affinity in SQLite are those of https://www.sqlite.org/datatype3.html: BIGINT is an integer that
// is not the rowid; DATE, DATETIME and TIME keep texts that are no numbers.
constexpr MatrixRow kMatrix[] = {
    {"boolean", Is<Kind::kBoolean>, {E("boolean"), E("tinyint(1)"), E("tinyint(1)"), E("BOOLEAN")}},
    {"integer, 8 bits",
     IsInteger<8, false>,
     {E("smallint"), E("tinyint"), E("tinyint"), E("TINYINT")}},
    {"integer, 8 bits, unsigned",
     IsInteger<8, true>,
     {E("smallint"), E("tinyint unsigned"), E("tinyint unsigned"), E("SMALLINT")}},
    {"integer, 16 bits",
     IsInteger<16, false>,
     {E("smallint"), E("smallint"), E("smallint"), E("SMALLINT")}},
    {"integer, 16 bits, unsigned",
     IsInteger<16, true>,
     {E("integer"), E("smallint unsigned"), E("smallint unsigned"), E("INT")}},
    {"integer, 24 bits",
     IsInteger<24, false>,
     {E("integer"), E("mediumint"), E("mediumint"), E("INT")}},
    {"integer, 24 bits, unsigned",
     IsInteger<24, true>,
     {E("integer"), E("mediumint unsigned"), E("mediumint unsigned"), E("INT")}},
    {"integer, 32 bits", IsInteger<32, false>, {E("integer"), E("int"), E("int"), E("INT")}},
    {"integer, 32 bits, unsigned",
     IsInteger<32, true>,
     {E("bigint"), E("int unsigned"), E("int unsigned"), E("BIGINT")}},
    {"integer, 64 bits",
     IsInteger<64, false>,
     {E("bigint"), E("bigint"), E("bigint"), E("BIGINT")}},
    {"integer, 64 bits, unsigned",
     IsInteger<64, true>,
     {E("numeric(20,0)"), E("bigint unsigned"), E("bigint unsigned"), E("BIGINT", kFitsInt64)}},
    {"decimal, at most 15 digits",
     IsDecimal15,
     {E("numeric({p},{s})"), E("decimal({p},{s})", kFinite), E("decimal({p},{s})", kFinite),
      E("NUMERIC({p},{s})", kFinite)}},
    {"decimal, at most 65 digits",
     IsDecimal65,
     {E("numeric({p},{s})"), E("decimal({p},{s})", kFinite), E("decimal({p},{s})", kFinite),
      W("TEXT", kDecimalText)}},
    {"decimal, more digits",
     IsLimitedDecimal,
     {E("numeric({p},{s})"), R(kTooManyDigits), R(kTooManyDigits), W("TEXT", kDecimalText)}},
    {"decimal without limits",
     Is<Kind::kDecimal>,
     {E("numeric"), E("decimal(65,30)", kFinite | kDecimal65),
      E("decimal(65,30)", kFinite | kDecimal65), W("TEXT", kDecimalText)}},
    {"float",
     Is<Kind::kFloat>,
     {E("real"), E("float", kFinite), E("float", kFinite), E("REAL", kNotNan)}},
    {"double",
     Is<Kind::kDouble>,
     {E("double precision"), E("double", kFinite), E("double", kFinite), E("REAL", kNotNan)}},
    {"char(n), n up to 255",
     IsAtMost<Kind::kChar, kMysqlChar>,
     {W("char({n})", kPadded, kText), W("char({n})", kPadded, kUtf8),
      W("char({n})", kPadded, kUtf8), W("CHAR({n})", kPadded)}},
    {"char(n), longer",
     Is<Kind::kChar>,
     {W("char({n})", kPadded, kText), W("longtext", kPadded, kUtf8), W("longtext", kPadded, kUtf8),
      W("CHAR({n})", kPadded)}},
    {"varchar(n), n up to 16383",
     IsAtMost<Kind::kVarchar, kMysqlVarchar>,
     {E("varchar({n})", kText), E("varchar({n})", kUtf8), E("varchar({n})", kUtf8),
      E("VARCHAR({n})")}},
    {"varchar(n), longer",
     Is<Kind::kVarchar>,
     {E("varchar({n})", kText), E("longtext", kUtf8), E("longtext", kUtf8), E("VARCHAR({n})")}},
    {"text",
     Is<Kind::kText>,
     {E("text", kText), E("longtext", kUtf8), E("longtext", kUtf8), E("TEXT")}},
    {"binary(n)",
     IsAtMost<Kind::kBinary, kMysqlChar>,
     {E("bytea"), E("binary({n})"), E("binary({n})"), E("BLOB")}},
    {"varbinary(n), n up to 65000",
     IsAtMost<Kind::kVarbinary, kMysqlVarbinary>,
     {E("bytea"), E("varbinary({n})"), E("varbinary({n})"), E("BLOB")}},
    {"bytes",
     [](const Type& type) {
       return type.kind == Kind::kBlob || type.kind == Kind::kVarbinary ||
              type.kind == Kind::kBinary;
     },
     {E("bytea"), E("longblob"), E("longblob"), E("BLOB")}},
    {"date",
     Is<Kind::kDate>,
     {E("date", kRealDate), E("date", kMysqlYear), E("date", kMysqlYear), E("DATE", kCommonEra)}},
    {"time",
     Is<Kind::kTime>,
     {E("time({p})", kDayTime), E("time({p})"), E("time({p})"), E("TIME")}},
    {"timestamp",
     Is<Kind::kTimestamp>,
     {E("timestamp({p})", kRealDate), E("datetime({p})", kMysqlYear),
      E("datetime({p})", kMysqlYear), E("DATETIME", kCommonEra)}},
    {"timestamp with time zone",
     Is<Kind::kTimestampTz>,
     {E("timestamp({p}) with time zone", kRealDate), E("timestamp({p})", kMysqlTime),
      E("timestamp({p})", kMysqlTime), W("DATETIME", kNoZone, kCommonEra)}},
    {"year", Is<Kind::kYear>, {E("smallint"), E("year"), E("year"), E("SMALLINT")}},
    {"bit(n), n up to 64",
     IsAtMost<Kind::kBit, kMysqlBits>,
     {E("bit({n})"), E("bit({n})"), E("bit({n})"), W("TEXT", kBits)}},
    {"bit(n), longer",
     [](const Type& type) { return type.kind == Kind::kBit || type.kind == Kind::kVarbit; },
     {E("bit varying"), W("longtext", kBits), W("longtext", kBits), W("TEXT", kBits)}},
    {"JSON",
     Is<Kind::kJson>,
     {E("json", kText), E("longtext", kUtf8), E("longtext", kUtf8), E("TEXT")}},
    {"UUID",
     Is<Kind::kUuid>,
     {E("uuid"), E("char(36) character set ascii"), E("char(36) character set ascii"), E("TEXT")}},
    {"enum",
     Is<Kind::kEnum>,
     {W("text", kLabels, kLabel | kText), E("enum({labels})", kLabel | kNoTrailing),
      E("enum({labels})", kLabel | kNoTrailing), W("TEXT", kLabels, kLabel)}},
    {"set",
     Is<Kind::kSet>,
     {W("text", kList, kText), W("longtext", kList, kUtf8), W("longtext", kList, kUtf8),
      W("TEXT", kList)}},
    {"other type with a text form",
     Is<Kind::kOther>,
     {W("text", kAsText, kText), W("longtext", kAsText, kUtf8), W("longtext", kAsText, kUtf8),
      W("TEXT", kAsText)}},
    {"anything else", [](const Type&) { return true; }, {R(""), R(""), R(""), R("")}},
};

struct CheckName {
  Checks check;
  std::string_view name;
};
constexpr CheckName kCheckNames[] = {
    {kFinite, "finite"},
    {kNotNan, "no NaN"},
    {kNoZeroByte, "no U+0000"},
    {kUtf8, "UTF-8"},
    {kFitsInt64, "up to 2^63-1"},
    {kMysqlYear, "years 1000 to 9999"},
    {kCommonEra, "years 1 to 9999"},
    {kRealDate, "no zero in dates"},
    {kDayTime, "times of a day"},
    {kMysqlTime, "1970 to 2038-01-19"},
    {kLabel, "labels only"},
    {kDecimal65, "35 digits before, 30 after the point"},
    {kNotNull, "not NULL"},
    {kNoTrailing, "no blank at the end"},
    {kShort, "at most 255 characters"},
};

std::string Describe(const Cell& cell) {
  if (cell.verdict == Verdict::kRefused) return "refused";
  std::string text =
      absl::StrCat("`", cell.type, "`", cell.verdict == Verdict::kExact ? "" : " (warned)");
  if (cell.checks != 0) absl::StrAppend(&text, "; ", DescribeChecks(cell.checks));
  return text;
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kExact:
      return "exact";
    case Verdict::kWarned:
      return "warned";
    case Verdict::kRefused:
      return "refused";
  }
  return "";
}

absl::Span<const MatrixRow> Matrix() { return kMatrix; }

const MatrixRow& RowOf(const Type& type) {
  for (const MatrixRow& row : kMatrix) {
    if (row.matches(type)) return row;
  }
  return *std::rbegin(kMatrix);
}

Checks Guaranteed(Engine source) {
  switch (source) {
    case Engine::kPostgres:
      return kUtf8 | kNoZeroByte | kRealDate | kDayTime | kLabel | kNotNull;
    case Engine::kMysql:
    case Engine::kMariadb:
      return kUtf8 | kFinite | kNotNan | kNotNull;
    case Engine::kSqlite:
      return kNotNan;
  }
  return 0;
}

std::string DescribeChecks(Checks checks) {
  std::vector<std::string_view> names;
  for (const CheckName& check : kCheckNames) {
    if ((checks & check.check) != 0) names.push_back(check.name);
  }
  return absl::StrJoin(names, ", ");
}

std::string MatrixAsMarkdown() {
  std::string text =
      "| source | to PostgreSQL | to MySQL | to MariaDB | to SQLite |\n|---|---|---|---|---|\n";
  for (const MatrixRow& row : kMatrix) {
    absl::StrAppend(&text, "| ", row.source);
    for (const Cell& cell : row.cells) absl::StrAppend(&text, " | ", Describe(cell));
    absl::StrAppend(&text, " |\n");
  }
  return text;
}

}  // namespace siphon::schema
