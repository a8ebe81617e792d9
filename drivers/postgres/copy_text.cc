// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/copy_text.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"

namespace siphon::postgres {
namespace {

using schema::Kind;
using schema::Value;

constexpr char kHex[] = "0123456789abcdef";
constexpr std::string_view kUtc = "+00";

void AppendEscaped(std::string_view text, std::string* out) {
  for (const char c : text) {
    switch (c) {
      case '\\':
        out->append("\\\\");
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\r':
        out->append("\\r");
        break;
      case '\t':
        out->append("\\t");
        break;
      default:
        out->push_back(c);
    }
  }
}

void AppendBytes(std::string_view bytes, std::string* out) {
  out->append("\\\\x");
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out->push_back(kHex[byte >> 4]);
    out->push_back(kHex[byte & 15]);
  }
}

char Unescaped(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    default:
      return c;
  }
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

absl::Status Unreadable(std::string_view what) {
  return errs::SystemError("postgres.copy", errs::kDatabase,
                           absl::StrCat("the server sent a value that is no ", what));
}

absl::Status ReadBytes(std::string_view field, std::string& storage, Value& value) {
  if (!absl::StartsWith(field, "\\x") || field.size() % 2 != 0) return Unreadable("bytea");
  const size_t begin = storage.size();
  for (size_t i = 2; i < field.size(); i += 2) {
    const int high = HexDigit(field[i]), low = HexDigit(field[i + 1]);
    if (high < 0 || low < 0) return Unreadable("bytea");
    storage.push_back(static_cast<char>(high << 4 | low));
  }
  value = Value::Bytes(std::string_view(storage).substr(begin));
  return absl::OkStatus();
}

absl::Status ReadReal(bool single, std::string_view field, Value& value) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (field == "NaN") {
    value = Value::Real(std::numeric_limits<double>::quiet_NaN());
  } else if (absl::EndsWith(field, "Infinity")) {
    value = Value::Real(field.front() == '-' ? -kInfinity : kInfinity);
  } else if (single) {
    float number = 0;
    if (!absl::SimpleAtof(field, &number)) return Unreadable("real");
    value = Value::Real(number);
  } else {
    double number = 0;
    if (!absl::SimpleAtod(field, &number)) return Unreadable("double precision");
    value = Value::Real(number);
  }
  return absl::OkStatus();
}

}  // namespace

void AppendCopyValue(const schema::Type& type, const Value& value, std::string* out) {
  switch (value.form) {
    case Value::Form::kNull:
      out->append("\\N");
      return;
    case Value::Form::kInteger:
      if (type.kind == Kind::kBoolean) {
        out->push_back(value.integer != 0 ? 't' : 'f');
      } else {
        absl::StrAppend(out, value.integer);
      }
      return;
    case Value::Form::kReal:
      out->append(type.kind == Kind::kFloat ? schema::FloatText(static_cast<float>(value.real))
                                            : schema::RealText(value.real));
      return;
    case Value::Form::kText:
      AppendEscaped(value.text, out);
      return;
    case Value::Form::kBytes:
      AppendBytes(value.text, out);
      return;
  }
}

absl::Status SplitCopyLine(std::string_view line, std::string& storage,
                           std::vector<std::optional<std::string_view>>& fields) {
  fields.clear();
  storage.clear();
  // No field is longer than its escaped form, so that the storage never moves. Bytes need the half.
  storage.reserve(2 * line.size() + 1);
  while (true) {
    const size_t end = std::min(line.find('\t'), line.size());
    const std::string_view field = line.substr(0, end);
    if (field == "\\N") {
      fields.emplace_back(std::nullopt);
    } else if (field.find('\\') == std::string_view::npos) {
      fields.emplace_back(field);
    } else {
      const size_t begin = storage.size();
      for (size_t i = 0; i < field.size(); ++i) {
        if (field[i] != '\\') {
          storage.push_back(field[i]);
          continue;
        }
        if (++i == field.size()) return Unreadable("line of COPY");
        storage.push_back(Unescaped(field[i]));
      }
      fields.emplace_back(std::string_view(storage).substr(begin));
    }
    if (end == line.size()) return absl::OkStatus();
    line.remove_prefix(end + 1);
  }
}

absl::Status ReadField(const schema::Type& type, std::string_view field, std::string& storage,
                       Value& value) {
  int64_t integer = 0;
  switch (type.kind) {
    case Kind::kBoolean:
      if (field != "t" && field != "f") return Unreadable("boolean");
      value = Value::Integer(field == "t" ? 1 : 0);
      return absl::OkStatus();
    case Kind::kInteger:
      if (!absl::SimpleAtoi(field, &integer)) return Unreadable("integer");
      value = Value::Integer(integer);
      return absl::OkStatus();
    case Kind::kFloat:
    case Kind::kDouble:
      return ReadReal(type.kind == Kind::kFloat, field, value);
    case Kind::kBlob:
      return ReadBytes(field, storage, value);
    case Kind::kChar:
      while (absl::EndsWith(field, " ")) field.remove_suffix(1);
      break;
    case Kind::kTimestampTz:
      if (absl::EndsWith(field, kUtc)) field.remove_suffix(kUtc.size());
      break;
    default:
      break;
  }
  value = Value::Text(field);
  return absl::OkStatus();
}

}  // namespace siphon::postgres
