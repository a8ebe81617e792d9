// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "errs/error.h"
#include "siphon/domain/migrate/script.h"

// Statements are in order and each is in exactly one group; an error names the file.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  siphon::migrate::ScriptOptions options;
  using siphon::sql::Dialect;
  constexpr Dialect kDialects[] = {Dialect::kPostgres, Dialect::kSqlite, Dialect::kMysql,
                                   Dialect::kMariadb};
  options.dialect = kDialects[data[0] % 4];
  options.quoting.ansi_quotes = data[0] % 8 > 3;
  options.wrap = data[0] < 128;
  const std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto script = siphon::migrate::ParseScript("1_a.up.sql", body, options);
  if (!script.ok()) {
    if (!siphon::errs::Is(script.status(), siphon::errs::kInvalidArgument)) std::abort();
    if (script.status().message().find("1_a.up.sql: ") == std::string::npos) std::abort();
    return 0;
  }
  size_t end = 0;
  for (const auto& statement : (*script)->statements) {
    if (statement.offset < end || statement.text.empty()) std::abort();
    end = statement.offset + statement.text.size();
  }
  if (end > body.size()) std::abort();
  size_t next = 0;
  for (const auto& group : (*script)->groups) {
    if (group.first != next || group.count == 0) std::abort();
    if (group.begin.empty() && group.count != 1 && data[0] % 4 < 2) std::abort();
    next += group.count;
  }
  if (next != (*script)->statements.size()) std::abort();
  return 0;
}
