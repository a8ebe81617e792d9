// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_MERGE_H_
#define SIPHON_APP_MERGE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/selector.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::app {

// The annotation of a merged dump: the increment from which it was made.
inline constexpr std::string_view kMergedAnnotation = "merged_from";

struct MergeRequest {
  dumps::Selector dump;  // See FindDump().
  // As in BackupRequest.
  std::optional<int> compression = std::nullopt, jobs = std::nullopt;
};
struct MergeResult {
  std::string merged;      // The id of the increment.
  dumps::Sidecar sidecar;  // Of the new dump.
};
// Makes a full dump of the state of an increment, from its chain alone. The new dump has the time
// of the increment, because it is of the same state. All dumps of the chain are verified before the
// new one is committed, and none is removed. errs::kInvalidArgument for a full dump.
absl::StatusOr<MergeResult> MergeDump(const base::Context& context, Session& session,
                                      const MergeRequest& request);

}  // namespace siphon::app

#endif  // SIPHON_APP_MERGE_H_
