// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/column_type.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace siphon::sqlite {
namespace {

using schema::Kind;

constexpr int kDoubleDigits = 15;
// Integers up to this one have exact doubles.
constexpr int64_t kExactInteger = int64_t{1} << 53;
constexpr int kMicroseconds = 6;
constexpr int kLongestDecimal = 15;

// A declared type: "DECIMAL(10, 2)" is the name "DECIMAL" with the numbers 10 and 2.
struct Declared {
  std::string name;
  std::optional<int> first, second;

  bool Has(std::string_view part) const { return absl::StrContains(name, part); }
};

Declared Parse(std::string_view text) {
  Declared declared;
  const size_t open = std::min(text.find('('), text.size());
  declared.name = absl::AsciiStrToUpper(absl::StripAsciiWhitespace(text.substr(0, open)));
  const size_t close = text.find(')', open);
  if (close == std::string_view::npos) return declared;
  const std::string_view inside = text.substr(open + 1, close - open - 1);
  const size_t comma = std::min(inside.find(','), inside.size());
  int number = 0;
  if (absl::SimpleAtoi(inside.substr(0, comma), &number) && number > 0) declared.first = number;
  if (comma < inside.size() && absl::SimpleAtoi(inside.substr(comma + 1), &number) && number >= 0) {
    declared.second = number;
  }
  return declared;
}

bool IsDecimal(const Declared& declared) {
  return declared.Has("DECIMAL") || declared.Has("NUMERIC");
}

size_t Digits(std::string_view text, size_t at, size_t count) {
  for (size_t i = at; i < at + count; ++i) {
    if (i >= text.size() || !absl::ascii_isdigit(static_cast<unsigned char>(text[i]))) return 0;
  }
  return count;
}

int Number(std::string_view text, size_t at, size_t count) {
  int number = 0;
  return absl::SimpleAtoi(text.substr(at, count), &number) ? number : 0;
}

int DaysOfMonth(int year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool IsWordByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return absl::ascii_isalnum(byte) || c == '_' || c == '$' || byte >= 0x80;
}

// The end of the comment or quoted token at `at`; `at` itself if there is none.
size_t SkipQuoted(std::string_view sql, size_t at) {
  const std::string_view rest = sql.substr(at);
  std::string_view end;
  size_t begin = 1;
  if (absl::StartsWith(rest, "--")) {
    end = "\n";
  } else if (absl::StartsWith(rest, "/*")) {
    end = "*/";
    begin = 2;
  } else if (rest[0] == '[') {
    end = "]";
  } else if (rest[0] == '\'' || rest[0] == '"' || rest[0] == '`') {
    end = rest.substr(0, 1);
  } else {
    return at;
  }
  // A doubled quote begins another token, which is skipped in the same way.
  const size_t found = rest.find(end, begin);
  return found == std::string_view::npos ? sql.size() : at + found + end.size();
}

}  // namespace

bool IsDate(std::string_view text) {
  if (text.size() != 10 || Digits(text, 0, 4) == 0 || text[4] != '-' || Digits(text, 5, 2) == 0 ||
      text[7] != '-' || Digits(text, 8, 2) == 0) {
    return false;
  }
  const int year = Number(text, 0, 4), month = Number(text, 5, 2), day = Number(text, 8, 2);
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= DaysOfMonth(year, month);
}

bool IsTime(std::string_view text) {
  if (text.size() < 8 || Digits(text, 0, 2) == 0 || text[2] != ':' || Digits(text, 3, 2) == 0 ||
      text[5] != ':' || Digits(text, 6, 2) == 0) {
    return false;
  }
  if (Number(text, 0, 2) > 23 || Number(text, 3, 2) > 59 || Number(text, 6, 2) > 59) return false;
  if (text.size() == 8) return true;
  const size_t fraction = text.size() - 9;
  return text[8] == '.' && fraction >= 1 && fraction <= kMicroseconds &&
         Digits(text, 9, fraction) != 0 && text.back() != '0';
}

bool IsTimestamp(std::string_view text) {
  return text.size() >= 19 && text[10] == ' ' && IsDate(text.substr(0, 10)) &&
         IsTime(text.substr(11));
}

bool HasWord(std::string_view sql, std::string_view word) {
  for (size_t at = 0; at < sql.size();) {
    if (const size_t end = SkipQuoted(sql, at); end != at) {
      at = end;
      continue;
    }
    size_t end = at;
    while (end < sql.size() && IsWordByte(sql[end])) ++end;
    if (absl::EqualsIgnoreCase(sql.substr(at, end - at), word)) return true;
    at = std::max(end, at + 1);
  }
  return false;
}

void ColumnValues::Add(const schema::Value& value) {
  switch (value.form) {
    case schema::Value::Form::kNull:
      return;
    case schema::Value::Form::kInteger:
      least_ = integers_ == 0 ? value.integer : std::min(least_, value.integer);
      greatest_ = integers_ == 0 ? value.integer : std::max(greatest_, value.integer);
      ++integers_;
      return;
    case schema::Value::Form::kReal:
      ++reals_;
      // Beyond this, the number of digits does not matter.
      if (value.real > -1e16 && value.real < 1e16) {
        AddDecimal(schema::DecimalText(value.real));
      } else {
        whole_ = std::numeric_limits<size_t>::max() / 2;
      }
      return;
    case schema::Value::Form::kText:
      ++texts_;
      AddText(value.text);
      return;
    case schema::Value::Form::kBytes:
      ++blobs_;
      return;
  }
}

void ColumnValues::AddText(std::string_view text) {
  dates_ = dates_ && IsDate(text);
  timestamps_ = timestamps_ && IsTimestamp(text);
  times_ = times_ && IsTime(text);
  const auto characters = std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
  });
  characters_ = std::max(characters_, static_cast<size_t>(characters));
}

void ColumnValues::AddDecimal(std::string_view text) {
  if (absl::StartsWith(text, "-")) text.remove_prefix(1);
  const size_t point = std::min(text.find('.'), text.size());
  whole_ = std::max(whole_, text.substr(0, point) == "0" ? size_t{0} : point);
  fraction_ = std::max(fraction_, point == text.size() ? size_t{0} : text.size() - point - 1);
}

bool ColumnValues::FitsDecimal(int precision, int scale) const {
  if (precision > kLongestDecimal || scale > precision) return false;
  const auto whole = static_cast<size_t>(precision - scale);
  if (whole_ > whole || fraction_ > static_cast<size_t>(scale)) return false;
  if (integers_ == 0) return true;
  int64_t limit = 1;
  for (size_t i = 0; i < whole; ++i) limit *= 10;
  return least_ > -limit && greatest_ < limit;
}

schema::Type ColumnValues::OfIntegers(std::string_view declared_text) const {
  const Declared declared = Parse(declared_text);
  if (declared.Has("BOOL") && least_ >= 0 && greatest_ <= 1) return {.kind = Kind::kBoolean};
  int bits = 64;
  if (declared.name == "TINYINT") bits = 8;
  if (declared.name == "SMALLINT" || declared.name == "INT2") bits = 16;
  if (declared.name == "INT" || declared.name == "MEDIUMINT" || declared.name == "INT4") bits = 32;
  if (bits < 64) {
    const int64_t limit = int64_t{1} << (bits - 1);
    if (least_ < -limit || greatest_ >= limit) bits = 64;
  }
  return {.kind = Kind::kInteger, .bits = bits};
}

schema::Type ColumnValues::OfTexts(std::string_view declared_text) const {
  const Declared declared = Parse(declared_text);
  if (declared.name == "DATE" && dates_) return {.kind = Kind::kDate};
  if ((declared.name == "DATETIME" || declared.name == "TIMESTAMP") && timestamps_) {
    return {.kind = Kind::kTimestamp, .precision = kMicroseconds};
  }
  if (declared.name == "TIME" && times_) return {.kind = Kind::kTime, .precision = kMicroseconds};
  if (declared.Has("CHAR") && declared.first.has_value() &&
      characters_ <= static_cast<size_t>(*declared.first)) {
    return {.kind = Kind::kVarchar, .length = *declared.first};
  }
  return {.kind = Kind::kText};
}

schema::Type ColumnValues::Type(std::string_view declared_text, std::string& note) const {
  const Declared declared = Parse(declared_text);
  const bool numbers = integers_ + reals_ > 0;
  const bool empty = !numbers && texts_ == 0 && blobs_ == 0;
  if ((numbers ? 1 : 0) + (texts_ > 0 ? 1 : 0) + (blobs_ > 0 ? 1 : 0) > 1) {
    note = absl::StrCat("holds ", integers_ + reals_, " numbers, ", texts_, " texts and ", blobs_,
                        " blobs");
    return {.kind = Kind::kUnknown};
  }
  if (blobs_ > 0) return {.kind = Kind::kBlob};
  if (IsDecimal(declared) && declared.first.has_value() && texts_ == 0 &&
      FitsDecimal(*declared.first, declared.second.value_or(0))) {
    return {
        .kind = Kind::kDecimal, .precision = declared.first, .scale = declared.second.value_or(0)};
  }
  if (texts_ > 0) return OfTexts(declared_text);
  if (reals_ > 0) {
    if (integers_ == 0 || (least_ >= -kExactInteger && greatest_ <= kExactInteger)) {
      return {.kind = Kind::kDouble};
    }
    note = "holds reals, and integers above 2^53";
    return {.kind = Kind::kUnknown};
  }
  if (!empty) return OfIntegers(declared_text);
  // Without values, the rules of https://www.sqlite.org/datatype3.html, section 3.1.
  if (declared.Has("INT") || declared.Has("BOOL")) return OfIntegers(declared_text);
  if (declared.Has("BLOB")) return {.kind = Kind::kBlob};
  if (declared.Has("REAL") || declared.Has("FLOA") || declared.Has("DOUB")) {
    return {.kind = Kind::kDouble};
  }
  return OfTexts(declared_text);
}

schema::Default ParseDefault(std::string_view expression) {
  const std::string_view text = absl::StripAsciiWhitespace(expression);
  double number = 0;
  if (text.empty() || absl::EqualsIgnoreCase(text, "NULL")) return {};
  if (absl::EqualsIgnoreCase(text, "CURRENT_TIMESTAMP")) {
    return {.kind = schema::Default::Kind::kNowUtc, .text = std::string(text)};
  }
  if (absl::EqualsIgnoreCase(text, "TRUE") || absl::EqualsIgnoreCase(text, "FALSE")) {
    return {.kind = schema::Default::Kind::kBoolean,
            .text = absl::EqualsIgnoreCase(text, "TRUE") ? "1" : "0"};
  }
  const bool plain = text.find_first_not_of("0123456789.-+") == std::string_view::npos;
  if (plain && absl::SimpleAtod(text, &number)) {
    return {.kind = schema::Default::Kind::kNumber, .text = std::string(text)};
  }
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
    const std::string inside = absl::StrReplaceAll(text.substr(1, text.size() - 2), {{"''", "\1"}});
    if (!absl::StrContains(inside, "'") && !absl::StrContains(text, "\1")) {
      return {.kind = schema::Default::Kind::kText,
              .text = absl::StrReplaceAll(inside, {{"\1", "'"}})};
    }
  }
  return {.kind = schema::Default::Kind::kExpression, .text = std::string(text)};
}

}  // namespace siphon::sqlite
