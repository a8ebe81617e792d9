// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_EXCERPT_H_
#define DRIVERS_SQLITE_EXCERPT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/restoration.h"

namespace siphon::sqlite {

// Driver contract: ExcerptFormat::OpenExcerpt(). An image with the chosen tables, their indexes and
// triggers. The frames that have their pages are read here.
absl::StatusOr<std::unique_ptr<base::Reader>> OpenImageExcerpt(
    const base::Context& context, const driver::ExcerptOptions& options,
    const driver::FramedBody& body);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_EXCERPT_H_
