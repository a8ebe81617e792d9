// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_MIGRATE_NAMES_H_
#define SIPHON_DOMAIN_MIGRATE_NAMES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace siphon::migrate {

enum class Direction { kUp, kDown };
std::string_view DirectionName(Direction direction);  // "up", "down"

// The parts of a migration file's name, such as "1_init.up.sql"
// (docs/contracts.md#migration-files).
struct FileName {
  int64_t version = 0;  // 0 to 2^63 - 1.
  std::string title;    // "init"
  Direction direction = Direction::kUp;
  std::string extension;  // "sql"
  friend bool operator==(const FileName&, const FileName&) = default;
};

// Parses the name of a migration file. A name that ends in ".sql" or begins with digits and an
// underscore is meant to be one: errs::kInvalidArgument, which shows the form, if it is malformed
// or its version is too large. Nothing for other names (README.md, .gitkeep).
absl::StatusOr<std::optional<FileName>> ParseFileName(std::string_view name);

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_NAMES_H_
