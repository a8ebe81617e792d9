// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_PATTERN_H_
#define DRIVERS_POSTGRES_PATTERN_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace re2 {
class RE2;
}

namespace siphon::postgres {

// A pattern of tables as pg_dump's --table takes it (psql, "Patterns"): "items", "sales.*",
// "log_202?", "\"Mixed Case\"", with regular expressions' characters outside quotes.
class TablePattern {
 public:
  ~TablePattern();
  TablePattern(TablePattern&&) noexcept;
  TablePattern& operator=(TablePattern&&) noexcept;

  // True for a table of that schema. Without a schema in the pattern only those of public match.
  bool Matches(std::string_view schema, std::string_view name) const;
  // The same where a database tells which tables its search path finds by their name alone.
  bool Matches(std::string_view schema, std::string_view name, bool visible) const;

  const std::string& text() const { return text_; }
  // Anchored regular expressions, in PostgreSQL's syntax. That of the schema is empty when the
  // pattern names none.
  const std::string& schema_expression() const { return schema_expression_; }
  const std::string& name_expression() const { return name_expression_; }

 private:
  friend absl::StatusOr<TablePattern> ParseTablePattern(std::string_view text);
  TablePattern();

  std::string text_;
  std::string schema_expression_;
  std::string name_expression_;
  std::unique_ptr<re2::RE2> schema_;
  std::unique_ptr<re2::RE2> name_;
};

// errs::kInvalidArgument for what is no pattern.
absl::StatusOr<TablePattern> ParseTablePattern(std::string_view text);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_PATTERN_H_
