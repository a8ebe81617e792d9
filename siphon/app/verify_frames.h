// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_VERIFY_FRAMES_H_
#define SIPHON_APP_VERIFY_FRAMES_H_

#include "absl/status/status.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::app {

// Reads all frames of a verified dump by its index, with several workers, and compares them with
// the index and with the engine's format around them. Does nothing for a dump that has no index.
// errs::kIntegrity, which names the dump; errs::kSecretUnavailable for an encrypted one without its
// key.
absl::Status VerifyFrames(const base::Context& context, dumps::Catalog& catalog,
                          const dumps::Sidecar& sidecar, const dumps::Envelope& envelope);

}  // namespace siphon::app

#endif  // SIPHON_APP_VERIFY_FRAMES_H_
