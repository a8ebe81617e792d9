// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_ROWS_H_
#define DRIVERS_POSTGRES_ROWS_H_

#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

struct pg_result;

namespace siphon::postgres {

// The result of a statement, as text. Rows and columns count from 0; a place outside is NULL.
class Rows {
 public:
  explicit Rows(pg_result* result) : result_(result) {}
  Rows(Rows&& other) noexcept : result_(std::exchange(other.result_, nullptr)) {}
  Rows& operator=(Rows&& other) noexcept;
  ~Rows();

  int size() const;
  int columns() const;
  // "" for NULL. Valid as long as the object exists.
  std::string_view Text(int row, int column) const;
  bool IsNull(int row, int column) const;
  // 0 for NULL and for text that is no number.
  int64_t Int(int row, int column) const;
  bool Bool(int row, int column) const { return Text(row, column) == "t"; }

 private:
  pg_result* result_;
};

// The types of the columns that a statement returns, one letter each: "t" text, "c" one character,
// "i" an integer of 64 bits, "b" a boolean. A "?" after the letter: the column may be NULL.
struct Columns {
  std::string_view letters;
};

// errs::kDatabase if `rows` are not of this form, or not as many, because a server may send
// anything.
absl::Status CheckColumns(const Rows& rows, Columns expected);
absl::Status CheckSize(const Rows& rows, int expected);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_ROWS_H_
