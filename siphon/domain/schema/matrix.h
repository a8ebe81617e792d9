// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SCHEMA_MATRIX_H_
#define SIPHON_DOMAIN_SCHEMA_MATRIX_H_

#include <array>
#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "siphon/domain/schema/type.h"
#include "siphon/domain/schema/value.h"

namespace siphon::schema {

enum class Verdict {
  kExact,   // Every value that passes the checks comes back the same.
  kWarned,  // Something is lost; the reason says what. Needs the user's consent.
  kRefused  // Cannot be copied.
};
// "exact", "warned", "refused".
std::string_view VerdictName(Verdict verdict);

// What becomes of a type in an engine.
struct Cell {
  Verdict verdict = Verdict::kExact;
  // The type there. {p} is the precision, {s} the scale, {n} the length, {labels} the quoted
  // labels.
  std::string_view type = {};
  std::string_view reason = {};
  Checks checks = 0;  // Of each value, before anything is written.
};

// A row of the type matrix: types of a source, and a cell for each engine as the target.
struct MatrixRow {
  std::string_view source;  // For people: "integer, 64 bits, unsigned".
  bool (*matches)(const Type& type);
  std::array<Cell, 4> cells;  // By Engine.

  const Cell& For(Engine target) const { return cells.at(static_cast<size_t>(target)); }
};

// All rows; the first one that matches a type is the type's. docs/cross-engine.md shows them.
absl::Span<const MatrixRow> Matrix();
// The row of a type. Every type has one.
const MatrixRow& RowOf(const Type& type);

// The checks that the values of every database of an engine pass.
Checks Guaranteed(Engine source);
// For people: "no U+0000".
std::string DescribeChecks(Checks checks);

// The rows as a table in Markdown.
std::string MatrixAsMarkdown();

}  // namespace siphon::schema

#endif  // SIPHON_DOMAIN_SCHEMA_MATRIX_H_
