// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/sql_text.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "siphon/base/utf8.h"

namespace siphon::sqlite {
namespace {

// Up to this many digits and this power of ten, digits and power are exact doubles, so that every
// reader computes the same value with one rounding.
constexpr int kExactDigits = 15;
constexpr int kExactPower = 22;

void AppendUtf8(uint32_t c, std::string* out) {
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out->push_back(static_cast<char>(0xC0 | (c >> 6)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else if (c < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | (c >> 12)));
    out->push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xF0 | (c >> 18)));
    out->push_back(static_cast<char>(0x80 | ((c >> 12) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3F)));
  }
}

// The UTF-16 code unit at `offset`.
uint32_t UnitAt(std::string_view bytes, size_t offset, bool big_endian) {
  const auto a = static_cast<unsigned char>(bytes[offset]);
  const auto b = static_cast<unsigned char>(bytes[offset + 1]);
  return big_endian ? a << 8 | b : b << 8 | a;
}

// False for UTF-16 with half a character: a surrogate without the other one of its pair.
bool IsValidUtf16(std::string_view bytes, bool big_endian) {
  if (bytes.size() % 2 != 0) return false;
  for (size_t i = 0; i < bytes.size(); i += 2) {
    const uint32_t unit = UnitAt(bytes, i, big_endian);
    if (unit < 0xD800 || unit > 0xDFFF) continue;
    i += 2;
    if (unit >= 0xDC00 || i >= bytes.size()) return false;
    const uint32_t low = UnitAt(bytes, i, big_endian);
    if (low < 0xDC00 || low > 0xDFFF) return false;
  }
  return true;
}

// Converts text that SQLite converts back to the same UTF-16. False for NUL, lone
// surrogates, a leading byte order mark, and U+FFFE and U+FFFF, which SQLite replaces.
bool ConvertUtf16(std::string_view bytes, bool big_endian, std::string* utf8) {
  if (bytes.size() % 2 != 0) return false;
  for (size_t i = 0; i < bytes.size(); i += 2) {
    uint32_t c = UnitAt(bytes, i, big_endian);
    if (c == 0 || c == 0xFFFE || c == 0xFFFF || (i == 0 && c == 0xFEFF)) return false;
    if (c >= 0xD800 && c <= 0xDFFF) {
      if (c >= 0xDC00 || i + 2 >= bytes.size()) return false;
      const uint32_t low = UnitAt(bytes, i + 2, big_endian);
      if (low < 0xDC00 || low > 0xDFFF) return false;
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
      i += 2;
    }
    AppendUtf8(c, utf8);
  }
  return true;
}

// True when a literal reaches SQLite unchanged: a NUL ends a statement, and sqlite3 converts "\r\n"
// in a script to "\n".
bool IsPlain(std::string_view utf8) {
  return utf8.find('\0') == std::string_view::npos && utf8.find("\r\n") == std::string_view::npos;
}

// A decimal literal that SQL reads as a REAL.
std::string AsRealLiteral(std::string_view digits) {
  std::string literal(digits);
  if (literal.find_first_of(".e") == std::string::npos) literal += ".0";
  return literal;
}

// True when every correct reader computes the same double for `literal`.
bool IsExactEverywhere(std::string_view literal) {
  const size_t e = literal.find('e');
  int power = 0;
  if (e != std::string_view::npos) {
    const size_t digits = literal[e + 1] == '+' ? e + 2 : e + 1;
    std::from_chars(literal.data() + digits, literal.data() + literal.size(), power);
  }
  int digits = 0;
  bool fraction = false;
  for (const char c : literal.substr(0, e)) {
    if (c == '.') fraction = true;
    if (c < '0' || c > '9') continue;
    if (digits > 0 || c != '0') ++digits;
    if (fraction) --power;
  }
  return digits <= kExactDigits && std::abs(power) <= kExactPower;
}

// `value` as a product of its integer mantissa and powers of two, each of them an exact literal.
std::string ExactProduct(double value) {
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(value), &exponent);
  auto mantissa = static_cast<uint64_t>(std::ldexp(fraction, 53));
  exponent -= 53;
  const int zeros = std::countr_zero(mantissa);
  mantissa >>= zeros;
  exponent += zeros;
  std::string out = absl::StrCat("(", std::signbit(value) ? "-" : "", mantissa, ".0");
  const char* const op = exponent < 0 ? "/" : "*";
  for (int left = std::abs(exponent); left > 0;) {
    const int step = left < 52 ? left : 52;
    absl::StrAppend(&out, op, uint64_t{1} << step, ".0");
    left -= step;
  }
  out.push_back(')');
  return out;
}

}  // namespace

void AppendIdentifier(std::string_view name, std::string* out) {
  out->push_back('"');
  for (const char c : name) {
    if (c == '"') out->push_back('"');
    out->push_back(c);
  }
  out->push_back('"');
}

std::string QuoteIdentifier(std::string_view name) {
  std::string out;
  AppendIdentifier(name, &out);
  return out;
}

void AppendTextLiteral(std::string_view utf8, std::string* out) {
  out->push_back('\'');
  while (true) {
    const size_t quote = utf8.find('\'');
    if (quote == std::string_view::npos) break;
    out->append(utf8.substr(0, quote + 1));
    out->push_back('\'');
    utf8.remove_prefix(quote + 1);
  }
  out->append(utf8);
  out->push_back('\'');
}

void AppendBlobLiteral(std::string_view bytes, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out->append("X'");
  const size_t begin = out->size();
  out->resize(begin + 2 * bytes.size());
  char* next = out->data() + begin;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    *next++ = kHex[byte >> 4];
    *next++ = kHex[byte & 15];
  }
  out->push_back('\'');
}

void AppendText(std::string_view bytes, Encoding encoding, std::string* out) {
  if (encoding == Encoding::kUtf8) {
    if (IsPlain(bytes) && base::IsValidUtf8(bytes)) return AppendTextLiteral(bytes, out);
  } else {
    std::string utf8;
    if (ConvertUtf16(bytes, encoding == Encoding::kUtf16be, &utf8) && IsPlain(utf8)) {
      return AppendTextLiteral(utf8, out);
    }
  }
  out->append("CAST(");
  AppendBlobLiteral(bytes, out);
  out->append(" AS TEXT)");
}

bool ConvertsExactly(std::string_view bytes, Encoding from, Encoding to) {
  if ((from == Encoding::kUtf8) == (to == Encoding::kUtf8)) return true;  // Bytes are swapped.
  if (from != Encoding::kUtf8) return IsValidUtf16(bytes, from == Encoding::kUtf16be);
  return base::IsValidUtf8(bytes) && !absl::StrContains(bytes, "\xEF\xBF\xBE") &&
         !absl::StrContains(bytes, "\xEF\xBF\xBF");
}

std::string_view EncodingName(Encoding encoding) {
  switch (encoding) {
    case Encoding::kUtf16le:
      return "UTF-16le";
    case Encoding::kUtf16be:
      return "UTF-16be";
    case Encoding::kUtf8:
      break;
  }
  return "UTF-8";
}

absl::Status AppendReal(double value,
                        const std::function<absl::StatusOr<double>(std::string_view)>& parses_to,
                        std::string* out) {
  if (std::isnan(value)) {
    out->append("NULL");
  } else if (std::isinf(value)) {
    out->append(value < 0 ? "-9.0e+999" : "9.0e+999");
  } else if (value == 0) {
    out->append(std::signbit(value) ? "-0.0" : "0.0");
  } else {
    std::array<char, 64> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    const std::string literal =
        AsRealLiteral({buffer.data(), static_cast<size_t>(end.ptr - buffer.data())});
    bool exact = IsExactEverywhere(literal);
    if (!exact) {
      ASSIGN_OR_RETURN(const double read, parses_to(literal));
      exact = read == value;
    }
    out->append(exact ? literal : ExactProduct(value));
  }
  return absl::OkStatus();
}

absl::StatusOr<ValueFormatter> ValueFormatter::Create(Database* database, Encoding encoding) {
  ASSIGN_OR_RETURN(Statement cast, database->Prepare("SELECT CAST(?1 AS REAL)"));
  return ValueFormatter(std::move(cast), encoding);
}

absl::StatusOr<double> ValueFormatter::Parse(std::string_view literal) {
  cast_.Reset();
  cast_.BindText(1, literal);
  RETURN_IF_ERROR(cast_.Step().status());
  const double value = cast_.Real(0);
  cast_.Reset();
  return value;
}

absl::Status ValueFormatter::Append(const Statement& row, int column, std::string* out) {
  switch (row.Type(column)) {
    case SQLITE_INTEGER:
      absl::StrAppend(out, row.Int(column));
      return absl::OkStatus();
    case SQLITE_FLOAT:
      return AppendReal(
          row.Real(column), [this](std::string_view literal) { return Parse(literal); }, out);
    case SQLITE_TEXT:
      AppendText(row.Bytes(column), encoding_, out);
      return absl::OkStatus();
    case SQLITE_BLOB:
      AppendBlobLiteral(row.Bytes(column), out);
      return absl::OkStatus();
    default:
      out->append("NULL");
      return absl::OkStatus();
  }
}

absl::StatusOr<Encoding> ReadEncoding(Database& database) {
  ASSIGN_OR_RETURN(const std::string name, database.QueryText("PRAGMA encoding"));
  for (const Encoding encoding : {Encoding::kUtf16le, Encoding::kUtf16be}) {
    if (name == EncodingName(encoding)) return encoding;
  }
  return Encoding::kUtf8;
}

}  // namespace siphon::sqlite
