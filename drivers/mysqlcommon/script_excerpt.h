// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SCRIPT_EXCERPT_H_
#define DRIVERS_MYSQLCOMMON_SCRIPT_EXCERPT_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/restoration.h"

namespace siphon::mysqlcommon {

// errs::kIntegrity unless the body has the items of a script (docs/dumps.md): "head", tables,
// "tail".
absl::Status CheckItems(const driver::FramedBody& body);

// Driver contract: ExcerptFormat::OpenExcerpt(). The script has the first item of the body
// (settings, sequences), the chosen tables, and the last item (routines, views, triggers, events).
// With ExcerptOptions::alone it ends after the tables, because other definitions may need tables
// that it does not have; so it has no triggers.
absl::StatusOr<std::unique_ptr<base::Reader>> OpenScriptExcerpt(
    const base::Context& context, const driver::ExcerptOptions& options,
    const driver::FramedBody& body);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SCRIPT_EXCERPT_H_
