// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/merge.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/chain.h"
#include "siphon/app/dumps.h"
#include "siphon/app/snapshot_writer.h"
#include "siphon/base/context.h"
#include "siphon/base/workers.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/chain_writer.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/driver/increments.h"
#include "siphon/driver/snapshot.h"

namespace siphon::app {
namespace {

constexpr std::string_view kOp = "dumps merge";

absl::StatusOr<dumps::Sidecar> WriteMerged(const base::Context& context, Session& session,
                                           const MergeRequest& request,
                                           const dumps::Sidecar& increment, base::Stage& stage) {
  ASSIGN_OR_RETURN(driver::IncrementFormat* const format, IncrementFormatOf(increment));
  ASSIGN_OR_RETURN(dumps::OpenDump state, OpenState(context, session.catalog(), increment.id));
  dumps::Contents contents;
  contents.engine_version = increment.engine_version;
  contents.tables = increment.tables;
  contents.annotations[std::string(kMergedAnnotation)] = increment.id;
  ASSIGN_OR_RETURN(const std::unique_ptr<driver::Snapshot> snapshot,
                   format->OpenStateSnapshot(context, std::move(state.body), std::move(contents)));
  const config::Config& config = session.config().config;
  const int compression = request.compression.value_or(config.compression.value_or(1));
  ASSIGN_OR_RETURN(const std::unique_ptr<dumps::PendingDump> dump,
                   dumps::CreateInChain(context, session.catalog(), session.clock(),
                                        {.profile = increment.profile,
                                         .driver = increment.driver,
                                         .compression = compression,
                                         .scope = {.kind = increment.scope.kind}},
                                        {.created = increment.created}));
  context.SetDump(dump->id());
  const int configured = config.jobs.value_or(0);
  const int jobs = request.jobs.value_or(configured > 0 ? configured : base::DefaultWorkers());
  RETURN_IF_ERROR(
      WriteSnapshot(context, *snapshot, *dump, {.jobs = jobs, .compression = compression}, stage));
  RETURN_IF_ERROR(context.Check());
  return dump->Commit();
}

}  // namespace

absl::StatusOr<MergeResult> MergeDump(const base::Context& command, Session& session,
                                      const MergeRequest& request) {
  MergeResult result;
  ASSIGN_OR_RETURN(result.merged, FindDump(command, session, request.dump));
  ASSIGN_OR_RETURN(const dumps::Sidecar increment, session.catalog().Get(command, result.merged));
  if (!dumps::IsIncrement(increment)) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat("dump ", increment.id, " is a full dump already"),
                           "give the id of an increment");
  }
  const base::Context context = command.WithJob(absl::StrCat("merge ", increment.id));
  base::Stage stage(context, "merge");
  absl::StatusOr<dumps::Sidecar> merged = WriteMerged(context, session, request, increment, stage);
  RETURN_IF_ERROR(stage.Finish(merged.status()));
  result.sidecar = *std::move(merged);
  return result;
}

}  // namespace siphon::app
