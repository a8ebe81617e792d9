// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_QUALIFIED_SQL_H_
#define TESTING_E2E_QUALIFIED_SQL_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace siphon::testing {

// The search_path of the session that runs a statement for PostgreSQL.
enum class SearchPath {
  // The user's, so the owner of a database chooses what a bare name stands for.
  kUsers,
  // Empty: bare names of functions, types and operators are those of pg_catalog.
  kEmpty,
};

// The places of `sql` that a server would look up along the search_path, each with its reason.
// Under kUsers: functions, operators (also those that IN, LIKE, BETWEEN, NULLIF, USING, a simple
// CASE and IS DISTINCT FROM call), types, casts, collations, relations; under kEmpty: relations. A
// hole (kHole) stands for a qualified name or an expression that is checked elsewhere. `names` are
// relations of a WITH that is not in `sql`.
std::vector<std::string> Unqualified(std::string_view sql, SearchPath path,
                                     const std::set<std::string>& names = {});
// The names that WITH defines in `sql`, in upper case.
std::set<std::string> NamesOfQueries(std::string_view sql);
inline constexpr char kHole = '\x01';

// An SQL text in C++ source: its literals up to the end of the C++ statement, with kHole for what
// is computed between them.
struct SqlText {
  int line = 0;
  std::string sql;
};
std::vector<SqlText> SqlTextsIn(std::string_view source);

}  // namespace siphon::testing

#endif  // TESTING_E2E_QUALIFIED_SQL_H_
