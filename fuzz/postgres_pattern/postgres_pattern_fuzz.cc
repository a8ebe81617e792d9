// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Patterns of tables, and displayed names: an error has a message, and a displayed name is a
// pattern that matches the name.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/pattern.h"
#include "errs/error.h"

namespace {

namespace postgres = siphon::postgres;

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<postgres::TablePattern> pattern = postgres::ParseTablePattern(text);
  if (pattern.ok()) {
    Require(pattern->text() == text);
    Require(absl::StartsWith(pattern->name_expression(), "^("));
    Require(absl::EndsWith(pattern->name_expression(), ")$"));
    pattern->Matches("public", text);
  } else {
    Require(siphon::errs::Is(pattern.status(), siphon::errs::kInvalidArgument));
    Require(!pattern.status().message().empty());
  }
  // A PostgreSQL name has 1 to 63 bytes and no NUL byte.
  const std::string name = postgres::ToUtf8(text.substr(0, 63));
  if (name.empty() || name.size() > 252 || name.find('\0') != std::string::npos) return 0;
  for (const std::string_view schema : {"public", "other"}) {
    const absl::StatusOr<postgres::TablePattern> own =
        postgres::ParseTablePattern(postgres::DisplayName(schema, name));
    Require(own.ok() && own->Matches(schema, name));
  }
  return 0;
}
