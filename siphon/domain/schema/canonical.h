// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SCHEMA_CANONICAL_H_
#define SIPHON_DOMAIN_SCHEMA_CANONICAL_H_

#include <string>

#include "siphon/domain/schema/type.h"
#include "siphon/domain/schema/value.h"

namespace siphon::schema {

// How values of two columns, perhaps of different engines, are compared.
enum class Comparison {
  kText,    // By their bytes.
  kNumber,  // By their decimal digits: 12.50 is 12.5, true is 1.
  kReal,    // By the double that is nearest.
  kFloat,   // By the number of single precision that is nearest.
  kTime     // By their texts without zeros at the end of a fraction of a second.
};
Comparison ComparisonOf(Kind one, Kind other);

// Appends a form of a value: values that are the same append the same bytes, and values that are
// not append others. Forms of several values in a row stay different, too.
void AppendCanonical(Comparison comparison, const Value& value, std::string* out);

}  // namespace siphon::schema

#endif  // SIPHON_DOMAIN_SCHEMA_CANONICAL_H_
