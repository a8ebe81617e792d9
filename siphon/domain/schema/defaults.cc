// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/schema/defaults.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace siphon::schema {
namespace {

bool IsNumber(Kind kind) {
  return kind == Kind::kInteger || kind == Kind::kDecimal || kind == Kind::kFloat ||
         kind == Kind::kDouble || kind == Kind::kYear;
}

bool IsText(Kind kind) {
  return kind == Kind::kChar || kind == Kind::kVarchar || kind == Kind::kText ||
         kind == Kind::kEnum || kind == Kind::kUuid || kind == Kind::kDate || kind == Kind::kTime ||
         kind == Kind::kTimestamp;
}

// MySQL has no literal defaults for long columns.
bool IsLong(std::string_view target) {
  return absl::StartsWith(target, "longtext") || absl::StartsWith(target, "longblob");
}

// The time of a statement: only where both engines mean the same time.
std::string TakeNow(const Column& source, Engine to, Default& out) {
  const bool zoned = source.type.kind == Kind::kTimestampTz;
  if (!zoned && source.type.kind != Kind::kTimestamp) return "loses its default, the present time";
  const bool utc = source.default_value.kind == Default::Kind::kNowUtc;
  if (to == Engine::kSqlite && !zoned && !utc) return "loses its default, the present local time";
  if (utc && !zoned && (to == Engine::kMysql || to == Engine::kMariadb)) {
    return "loses its default, the present time in UTC";
  }
  out.kind = zoned ? Default::Kind::kNow : source.default_value.kind;
  return "";
}

}  // namespace

std::string TakeDefault(const Column& source, Engine to, std::string_view target, Default& out) {
  const Default& from = source.default_value;
  const Kind kind = source.type.kind;
  switch (from.kind) {
    case Default::Kind::kNone:
      return "";
    case Default::Kind::kNow:
    case Default::Kind::kNowUtc:
      return TakeNow(source, to, out);
    case Default::Kind::kNumber:
      if (kind == Kind::kBoolean && (from.text == "0" || from.text == "1")) {
        out = {.kind = Default::Kind::kBoolean, .text = from.text};
        return "";
      }
      if (!IsNumber(kind)) break;
      out = from;
      return "";
    case Default::Kind::kBoolean:
      if (kind != Kind::kBoolean) break;
      out = from;
      return "";
    case Default::Kind::kText:
      if (!IsText(kind) || IsLong(target)) break;
      out = from;
      return "";
    case Default::Kind::kExpression:
      break;
  }
  return absl::StrCat("loses its default ", from.text);
}

}  // namespace siphon::schema
