// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_STATE_SNAPSHOT_H_
#define DRIVERS_SQLITE_STATE_SNAPSHOT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/driver/snapshot.h"

namespace siphon::sqlite {

// A snapshot of an image that is read, in the parts of image_snapshot.h. An error of `image`, at
// its end, too, is one of NextPart().
absl::StatusOr<std::unique_ptr<driver::Snapshot>> OpenStateSnapshot(
    std::unique_ptr<base::Reader> image, dumps::Contents contents);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_STATE_SNAPSHOT_H_
