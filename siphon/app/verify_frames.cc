// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/verify_frames.h"

#include <cstdint>
#include <optional>

#include "errs/status_macros.h"
#include "siphon/domain/dumps/dump_frames.h"

namespace siphon::app {

absl::Status VerifyFrames(const base::Context& context, storage::Store& store,
                          const dumps::Sidecar& sidecar, const dumps::Envelope& envelope) {
  if (envelope.compression.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::optional<dumps::DumpFrames> frames,
                   dumps::OpenFrames(context, store, sidecar));
  if (!frames.has_value()) return absl::OkStatus();
  base::Stage stage(context, "verify.frames");
  stage.SetTotal(frames->index().offset());
  const auto progress = [&](uint64_t offset) { stage.Progress(offset); };
  return stage.Finish(dumps::CheckFrames(context, *frames, sidecar.id, progress).status());
}

}  // namespace siphon::app
