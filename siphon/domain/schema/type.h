// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SCHEMA_TYPE_H_
#define SIPHON_DOMAIN_SCHEMA_TYPE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Tables, types and rows that belong to no engine, for copies between engines.
namespace siphon::schema {

enum class Engine { kPostgres, kMysql, kMariadb, kSqlite };

// The engine of a driver's name ("postgres"); nothing for another name.
std::optional<Engine> EngineOf(std::string_view driver);
// "PostgreSQL", for people.
std::string_view DisplayName(Engine engine);

// What a column holds. The comment says how schema::Value has it, besides NULL.
enum class Kind {
  kBoolean,      // Integer 0 or 1.
  kInteger,      // Integer; text for numbers above 2^63-1.
  kDecimal,      // Text: "-12.50"; also "NaN", "Infinity", "-Infinity".
  kFloat,        // Real; a number of single precision.
  kDouble,       // Real.
  kChar,         // Text, without the blanks that pad it.
  kVarchar,      // Text.
  kText,         // Text.
  kBinary,       // Bytes of a fixed length.
  kVarbinary,    // Bytes.
  kBlob,         // Bytes.
  kDate,         // Text: "2024-02-29", "0044-03-15 BC", "infinity".
  kTime,         // Text: "23:59:59.5", "-838:59:59".
  kTimestamp,    // Text: "2024-02-29 23:59:59.5", without the zeros at the end of a fraction.
  kTimestampTz,  // The same, in UTC.
  kYear,         // Integer.
  kBit,          // Text of the characters 0 and 1.
  kVarbit,       // The same.
  kJson,         // Text.
  kUuid,         // Text in lower case with hyphens.
  kEnum,         // Text, one of Type::labels.
  kSet,          // Text: labels separated by commas.
  kOther,        // Text, as the source's engine writes it: arrays, intervals, addresses, ...
  kUnknown       // Cannot be copied; Column::note has the reason.
};

struct Type {
  Kind kind = Kind::kText;
  int bits = 0;  // kInteger: 8, 16, 24, 32 or 64.
  bool is_unsigned = false;
  // kDecimal: the number of digits; none for one without limits. kTime, kTimestamp, kTimestampTz:
  // the digits of the fraction of a second.
  std::optional<int> precision = std::nullopt;
  int scale = 0;  // kDecimal.
  // kChar, kVarchar: characters; kBinary, kVarbinary: bytes; kBit, kVarbit: bits; none: no limit.
  std::optional<int64_t> length = std::nullopt;
  std::vector<std::string> labels = {};  // kEnum, kSet.

  friend bool operator==(const Type&, const Type&) = default;
};

}  // namespace siphon::schema

#endif  // SIPHON_DOMAIN_SCHEMA_TYPE_H_
