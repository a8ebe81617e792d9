// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_DEEP_H_
#define DRIVERS_SQLITE_DEEP_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/sqlite/database.h"
#include "drivers/sqlite/stage.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/driver.h"

namespace siphon::sqlite {

// "PRAGMA integrity_check"; errs::kIntegrity with its first messages. Some parts of a database need
// functions, collations or modules that only its own program has: they are not checked, and named
// in the result, with the reason.
absl::StatusOr<std::vector<std::string>> CheckIntegrity(const base::Context& context,
                                                        Database& database);

// Creates a database from the body at `place`, checks it, counts its rows and deletes it.
absl::StatusOr<driver::DeepReport> VerifyDeep(const base::Context& context,
                                              const Stage::Place& place, base::Reader& body);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_DEEP_H_
