// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_BODY_FORMAT_H_
#define SIPHON_APP_BODY_FORMAT_H_

#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/frames/body_layout.h"

namespace siphon::app {

// How frames lie in the body of a dump, as its driver says (driver::FramedFormat). The layout is
// null if the driver knows none.
absl::StatusOr<frames::BodyFormat> ReadBodyFormat(const base::Context& context,
                                                  const dumps::Envelope& envelope,
                                                  const base::RandomAccess& body);

}  // namespace siphon::app

#endif  // SIPHON_APP_BODY_FORMAT_H_
