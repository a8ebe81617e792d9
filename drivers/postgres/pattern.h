// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_PATTERN_H_
#define DRIVERS_POSTGRES_PATTERN_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace re2 {
class RE2;
}

namespace siphon::postgres {

// A pattern of tables with the syntax of pg_dump's --table (psql, "Patterns"): "items", "sales.*",
// "log_202?", "\"Mixed Case\"". Outside of quotes, characters of regular expressions keep their
// meaning.
class TablePattern {
 public:
  ~TablePattern();
  TablePattern(TablePattern&&) noexcept;
  TablePattern& operator=(TablePattern&&) noexcept;

  // True if the table matches. A pattern without a schema matches only tables of public.
  bool Matches(std::string_view schema, std::string_view name) const;
  // The same for a table of a database: a pattern without a schema matches only tables that are
  // visible on its search path.
  bool Matches(std::string_view schema, std::string_view name, bool visible) const;

  const std::string& text() const { return text_; }
  // Anchored regular expressions in PostgreSQL's syntax. The one of the schema is empty if the
  // pattern has no schema.
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

// A pattern of any object's name, with the same syntax.
class NamePattern {
 public:
  // errs::kInvalidArgument for an invalid pattern, and for one with more than `most` parts.
  static absl::StatusOr<NamePattern> Of(std::string_view text, size_t most);
  ~NamePattern();
  NamePattern(NamePattern&&) noexcept;
  NamePattern& operator=(NamePattern&&) noexcept;

  // `names` are the parts of an object's name, outermost first. A pattern with fewer parts matches
  // the last ones: "t.k" and "k" match {"public", "t", "k"}.
  bool Matches(const std::vector<std::string>& names) const;
  // True for a pattern with "*" or "?" outside of quotes.
  bool is_wild() const { return wild_; }

 private:
  NamePattern();

  bool wild_ = false;
  std::vector<std::unique_ptr<re2::RE2>> parts_;
};

// errs::kInvalidArgument for an invalid pattern.
absl::StatusOr<TablePattern> ParseTablePattern(std::string_view text);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_PATTERN_H_
