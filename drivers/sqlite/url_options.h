// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_URL_OPTIONS_H_
#define DRIVERS_SQLITE_URL_OPTIONS_H_

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace siphon::sqlite {

// The parameters of a SQLite URL.
struct UrlOptions {
  std::optional<std::chrono::nanoseconds> busy_timeout;
  bool read_only = false;  // "mode=ro"
  // Statements for a connection on which the user's own statements run (migrations).
  std::vector<std::string> pragmas;
  bool foreign_keys = false;  // They turn foreign keys on.
};

// Reads siphon's `busy_timeout`, and the parameters of the drivers that golang-migrate uses:
// go-sqlite3 ("_foreign_keys=1", "_fk=1", "_journal_mode=WAL", ...) and modernc.org/sqlite
// ("_pragma=foreign_keys(1)"; several are joined by ";"). Parameters of these drivers that concern
// Go's types or locks, which siphon does not need, have no effect. errs::kInvalidArgument for
// unknown ones, for values that are not of the right kind, and for what siphon cannot do: passwords
// and encrypted files.
absl::StatusOr<UrlOptions> ParseUrlOptions(const std::map<std::string, std::string>& parameters);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_URL_OPTIONS_H_
