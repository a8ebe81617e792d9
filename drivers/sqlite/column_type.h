// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_COLUMN_TYPE_H_
#define DRIVERS_SQLITE_COLUMN_TYPE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "siphon/domain/schema/tables.h"
#include "siphon/domain/schema/type.h"
#include "siphon/domain/schema/value.h"

namespace siphon::sqlite {

// What the values of a column are. SQLite stores values of every class in every column, so that
// only the values tell its type.
class ColumnValues {
 public:
  // Counts a value as SQLite stores it: an integer, a real, a text or bytes.
  void Add(const schema::Value& value);

  // The type of the column with the declared type `declared` ("NVARCHAR(40)", may be empty). It is
  // the declared one where all values are of it, otherwise one that holds the values.
  // schema::Kind::kUnknown, with a reason in `note`, if values of several classes cannot have one
  // type.
  schema::Type Type(std::string_view declared, std::string& note) const;

 private:
  void AddText(std::string_view text);
  void AddDecimal(std::string_view text);
  schema::Type OfIntegers(std::string_view declared) const;
  schema::Type OfTexts(std::string_view declared) const;
  bool FitsDecimal(int precision, int scale) const;

  int64_t integers_ = 0, reals_ = 0, texts_ = 0, blobs_ = 0;
  int64_t least_ = 0, greatest_ = 0;  // Of the integers.
  size_t characters_ = 0;             // Of the longest text.
  size_t whole_ = 0, fraction_ = 0;   // The most digits before and after the point.
  bool dates_ = true, timestamps_ = true, times_ = true;  // All texts are.
};

// The default of a column as "PRAGMA table_xinfo" has it: an expression.
schema::Default ParseDefault(std::string_view expression);

// True for texts in the form that every engine returns unchanged: "2024-02-29",
// "2024-02-29 23:59:59.5" (no zero at the end of the fraction), "23:59:59".
bool IsDate(std::string_view text);
bool IsTimestamp(std::string_view text);
bool IsTime(std::string_view text);

// True if a word (outside of quotes and comments) of a definition is `word`, ignoring case.
bool HasWord(std::string_view sql, std::string_view word);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_COLUMN_TYPE_H_
