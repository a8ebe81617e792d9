// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_ARCHIVE_EXCERPT_H_
#define DRIVERS_POSTGRES_ARCHIVE_EXCERPT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/restoration.h"

namespace siphon::postgres {

// Driver contract: ExcerptFormat::OpenExcerpt(). The archive has the whole table of contents, and
// an empty block for each entry that is not restored; with ExcerptOptions::alone, only the entries
// that a restore of the tables has (PlanRestore()). Null if only the server can tell names of the
// archive, because siphon does not know its encoding.
absl::StatusOr<std::unique_ptr<base::Reader>> OpenArchiveExcerpt(
    const base::Context& context, const driver::ExcerptOptions& options,
    const driver::FramedBody& body);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_ARCHIVE_EXCERPT_H_
