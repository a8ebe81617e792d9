// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "drivers/mysqlcommon/migration_replay.h"
#include "errs/error.h"
#include "siphon/domain/migrate/script.h"

namespace {

using siphon::migrate::Script;

void Require(bool condition) {
  if (!condition) std::abort();
}

// The statements to repeat are completed ones, in their order.
void CheckReplay(const Script& script, size_t done) {
  const auto again = siphon::mysqlcommon::StatementsToReplay(script, done);
  if (!again.ok()) {
    Require(siphon::errs::Is(again.status(), siphon::errs::kDirty));
    Require(again.status().message().find("1_a.up.sql, line ") != std::string_view::npos);
    return;
  }
  size_t at = 0;
  for (const std::string_view statement : *again) {
    while (at < done && script.statements[at].text.data() != statement.data()) ++at;
    Require(at++ < done);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::optional<size_t> at = siphon::mysqlcommon::ErrorOffset(text, text);
  Require(!at.has_value() || *at <= text.size());
  Require(siphon::mysqlcommon::WithoutCounter(text).size() <= text.size());
  const auto changed = siphon::mysqlcommon::ChangedBy(text);
  Require(!changed.has_value() || !changed->name.empty());
  siphon::migrate::ScriptOptions options;
  options.dialect = siphon::sql::Dialect::kMariadb;
  const auto script = siphon::migrate::ParseScript("1_a.up.sql", text, options);
  if (!script.ok()) return 0;
  // Limits the number of statements, as the time grows with it.
  const size_t count = (*script)->statements.size();
  for (size_t done = 0; done <= count && done < 8; ++done) CheckReplay(**script, done);
  CheckReplay(**script, count);
  return 0;
}
