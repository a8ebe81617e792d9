// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_REDUCE_H_
#define DRIVERS_SQLITE_REDUCE_H_

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "drivers/sqlite/copy_objects.h"
#include "drivers/sqlite/database.h"
#include "drivers/sqlite/stage.h"
#include "siphon/base/context.h"

namespace siphon::sqlite {

// A staged database with the encoding, page size and vacuum mode of `from`, and the content that
// `plan` selects. `operation` is the op of errors.
absl::StatusOr<std::unique_ptr<Stage>> Reduce(const base::Context& context, Database& from,
                                              const CopyPlan& plan, const Stage::Place& place,
                                              std::string_view operation);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_REDUCE_H_
