// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_VERIFY_DEEP_H_
#define DRIVERS_POSTGRES_VERIFY_DEEP_H_

#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/driver.h"

namespace siphon::postgres {

// Driver contract: Driver::VerifyDeep(). pg_restore converts the archive into SQL, as for a
// restore, and siphon counts the rows in it. Nothing is stored.
absl::StatusOr<driver::DeepReport> VerifyDeep(const base::Context& context,
                                              const driver::DeepVerifyOptions& options,
                                              base::Reader& body);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_VERIFY_DEEP_H_
