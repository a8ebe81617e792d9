// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/chain_writer.h"

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "siphon/base/clock.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/dump_writer.h"
#include "siphon/domain/dumps/ulid.h"

namespace siphon::dumps {

absl::StatusOr<std::unique_ptr<PendingDump>> CreateInChain(const base::Context& context,
                                                           Catalog& catalog,
                                                           const base::Clock& clock,
                                                           Catalog::CreateOptions options,
                                                           Placement place) {
  if (const absl::Status status = catalog.Recover(context); !status.ok()) {
    RETURN_IF_ERROR(context.Check());
    // The remains of other runs must not prevent a backup.
    context.Warn("backup",
                 absl::StrCat("remains of an earlier run cannot be removed: ", status.message()));
  }
  return MakeDumpWriter(context, &catalog.store(), &clock, catalog.encryption(),
                        NewUlid(clock.Now()), std::move(options), std::move(place));
}

}  // namespace siphon::dumps
