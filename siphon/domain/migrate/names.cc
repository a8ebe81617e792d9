// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"

namespace siphon::migrate {
namespace {

constexpr std::string_view kHint =
    "a migration is named VERSION_TITLE.up.sql or VERSION_TITLE.down.sql, as in "
    "000001_create_users.up.sql";

absl::Status Refuse(std::string_view name, std::string_view reason) {
  return errs::UserError("migrate.source", errs::kInvalidArgument,
                         absl::StrCat("\"", absl::CHexEscape(name), "\": ", reason), kHint);
}

}  // namespace

std::string_view DirectionName(Direction direction) {
  return direction == Direction::kUp ? "up" : "down";
}

absl::StatusOr<std::optional<FileName>> ParseFileName(std::string_view name) {
  const size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
  const bool meant = (digits > 0 && name.substr(digits).starts_with("_")) ||
                     absl::AsciiStrToLower(name).ends_with(".sql");
  if (!meant || name.starts_with(".")) return std::nullopt;
  if (digits == 0 || !name.substr(digits).starts_with("_")) {
    return Refuse(name, "it does not begin with a version and an underscore");
  }
  const std::string_view rest = name.substr(digits + 1);
  // In the expression ^([0-9]+)_(.*)\.(down|up)\.(.*)$ the last match counts.
  const size_t up = rest.rfind(".up.");
  const size_t down = rest.rfind(".down.");
  if (up == std::string_view::npos && down == std::string_view::npos) {
    return Refuse(name, "it contains neither \".up.\" nor \".down.\"");
  }
  FileName parsed;
  const bool is_up = down == std::string_view::npos || (up != std::string_view::npos && up > down);
  parsed.direction = is_up ? Direction::kUp : Direction::kDown;
  parsed.title = std::string(rest.substr(0, is_up ? up : down));
  parsed.extension = std::string(rest.substr(is_up ? up + 4 : down + 6));
  if (rest.find('\n') != std::string_view::npos) return Refuse(name, "it contains a line break");
  if (!absl::SimpleAtoi(name.substr(0, digits), &parsed.version)) {
    return Refuse(name, "the version is larger than 9223372036854775807");
  }
  return parsed;
}

}  // namespace siphon::migrate
