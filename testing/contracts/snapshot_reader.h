// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_CONTRACTS_SNAPSHOT_READER_H_
#define TESTING_CONTRACTS_SNAPSHOT_READER_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/driver/snapshot.h"

namespace siphon::testing {

// What a snapshot gave.
struct SnapshotBody {
  // All parts, in the order of the body; in frames if the format of the engine is compressed
  // itself.
  std::string text;
  std::vector<frames::Part> parts;       // In this order.
  std::vector<dumps::TableInfo> tables;  // Of Finish().
};

// Called before each write of a part, on the thread of the worker; its error is the sink's.
using SnapshotHook = std::function<absl::Status(const frames::Part&)>;

// Reads all parts with `jobs` workers; begins again when the snapshot is lost. A failed expectation
// if the parts do not follow one another.
absl::StatusOr<SnapshotBody> ReadSnapshot(const base::Context& context, driver::Snapshot& snapshot,
                                          int jobs, const SnapshotHook& hook = nullptr);

}  // namespace siphon::testing

#endif  // TESTING_CONTRACTS_SNAPSHOT_READER_H_
