// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_SQL_TEXT_H_
#define DRIVERS_SQLITE_SQL_TEXT_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/sqlite/database.h"

namespace siphon::sqlite {

// The encoding of a database's texts ("PRAGMA encoding").
enum class Encoding { kUtf8, kUtf16le, kUtf16be };

// Appends a piece of SQL to `out`.
void AppendIdentifier(std::string_view name, std::string* out);    // "a""b"
void AppendTextLiteral(std::string_view utf8, std::string* out);   // 'it''s'; no NUL.
void AppendBlobLiteral(std::string_view bytes, std::string* out);  // X'00ff'
std::string QuoteIdentifier(std::string_view name);

// Appends an expression whose value is a text of exactly these bytes in a database of that
// encoding: a literal if possible, otherwise CAST(X'..' AS TEXT), for example for NUL and malformed
// text.
void AppendText(std::string_view bytes, Encoding encoding, std::string* out);

// True when SQLite converts a text between these encodings and loses nothing. It replaces malformed
// text, and what is U+FFFE or U+FFFF in UTF-8.
bool ConvertsExactly(std::string_view bytes, Encoding from, Encoding to);

// The name in "PRAGMA encoding".
std::string_view EncodingName(Encoding encoding);

// Appends an expression whose value is exactly `value`, including the sign of zero. An infinity is
// ±9.0e+999. NaN is NULL, as which SQLite stores it. `parses_to` returns the value that SQLite
// reads from a numeric literal; a literal that is read inexactly is replaced by a product of exact
// ones.
absl::Status AppendReal(double value,
                        const std::function<absl::StatusOr<double>(std::string_view)>& parses_to,
                        std::string* out);

// Appends the values of a statement's row as SQL expressions with exactly the same values.
class ValueFormatter {
 public:
  // Uses `database` to test how SQLite reads numbers; it must outlive the formatter.
  static absl::StatusOr<ValueFormatter> Create(Database* database, Encoding encoding);
  absl::Status Append(const Statement& row, int column, std::string* out);

 private:
  ValueFormatter(Statement cast, Encoding encoding) : cast_(std::move(cast)), encoding_(encoding) {}
  absl::StatusOr<double> Parse(std::string_view literal);

  Statement cast_;
  Encoding encoding_;
};

// The encoding of an open database.
absl::StatusOr<Encoding> ReadEncoding(Database& database);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_SQL_TEXT_H_
