// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_CHAIN_WRITER_H_
#define SIPHON_DOMAIN_DUMPS_CHAIN_WRITER_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/base/clock.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/chains.h"

namespace siphon::dumps {

// The place of a new dump among others.
struct Placement {
  std::optional<ChainLink> link = std::nullopt;      // Of an increment; unset: a full dump.
  std::optional<absl::Time> created = std::nullopt;  // Of the state; unset: the present time.
};

// The same as Catalog::Create() for a dump with a place. `catalog` and `clock` must outlive the
// dump.
absl::StatusOr<std::unique_ptr<PendingDump>> CreateInChain(const base::Context& context,
                                                           Catalog& catalog,
                                                           const base::Clock& clock,
                                                           Catalog::CreateOptions options,
                                                           Placement place);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_CHAIN_WRITER_H_
