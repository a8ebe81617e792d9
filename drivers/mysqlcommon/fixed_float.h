// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_FIXED_FLOAT_H_
#define DRIVERS_MYSQLCOMMON_FIXED_FLOAT_H_

#include <optional>
#include <string_view>

namespace siphon::mysqlcommon {

// How a server stores numbers in a column FLOAT(M,D) or DOUBLE(M,D). It rounds a number to D
// decimals in binary arithmetic, and clips it, with a warning, to 10^(M-D) - 10^-D. A FLOAT is
// rounded to single precision after that, which may exceed the limit: the greatest number of a
// FLOAT(10,2), 99999999.99, is stored as 100000000, and an INSERT of 100000000 causes a warning.
// (Field_float::store() and truncate_double() of MariaDB, Field_real::truncate() of MySQL.)
class FixedFloat {
 public:
  // For a type as information_schema.columns has it, "float(7,2) unsigned". std::nullopt for other
  // types, and for FLOAT and DOUBLE without digits.
  static std::optional<FixedFloat> Of(std::string_view column_type);

  struct Stored {
    double value = 0;
    bool clipped = false;  // The server warns that the number is out of range.
  };
  Stored Store(double number) const;
  // True if the stored number is the nearest one to `number` in the precision of the type.
  bool Keeps(double number) const;
  // A number that is stored as `value`: `value` itself if it is not clipped, else one that is not
  // clipped, if there is one. std::nullopt if no number is stored so: MariaDB's ALTER TABLE leaves
  // the stored numbers as they are if only M or D changes.
  std::optional<double> SourceOf(double value) const;

 private:
  FixedFloat(bool single, bool is_unsigned, int digits, int decimals);

  bool single_;    // FLOAT.
  bool unsigned_;  // Negative numbers are clipped to 0.
  double scale_;   // 10^D
  double greatest_;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_FIXED_FLOAT_H_
