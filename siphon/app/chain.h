// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_CHAIN_H_
#define SIPHON_APP_CHAIN_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/driver/increments.h"

// Dumps of the catalogue as states of their databases: an increment is read with its whole chain,
// so that each verb that reads a full dump reads an increment, too.
namespace siphon::app {

// The format of an increment; errs::kDriverUnsupported if this version cannot restore it.
absl::StatusOr<driver::IncrementFormat*> IncrementFormatOf(const dumps::Sidecar& increment);

// Opens a dump like Catalog::Open(). Of an increment, `body` is the state at the end of its chain:
// every dump of the chain is compared with its sidecar before the body ends.
absl::StatusOr<dumps::OpenDump> OpenState(const base::Context& context, dumps::Catalog& catalog,
                                          std::string_view id);

// The dumps around one of them.
struct ChainDetails {
  // Of an increment, the ids of its chain from the full dump to itself; empty for a full dump, and
  // if the chain is broken, which is a warning.
  std::vector<std::string> chain;
  std::vector<std::string> increments;  // The ids of those that stand on the dump, newest first.
};
absl::StatusOr<ChainDetails> DescribeChain(const base::Context& context, dumps::Catalog& catalog,
                                           const dumps::Sidecar& dump);

// Verifies a dump like Catalog::Verify(). Of an increment with exact states, it reads the state at
// the end of its chain, so that all dumps of the chain and all states are compared with their
// records.
absl::StatusOr<dumps::Verification> VerifyState(const base::Context& context,
                                                dumps::Catalog& catalog, std::string_view id,
                                                base::Stage* stage);

}  // namespace siphon::app

#endif  // SIPHON_APP_CHAIN_H_
