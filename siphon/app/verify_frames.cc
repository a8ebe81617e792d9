// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/verify_frames.h"

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "errs/status_macros.h"
#include "siphon/app/body_format.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/dumps/dump_frames.h"
#include "siphon/domain/frames/body_layout.h"

namespace siphon::app {
namespace {

absl::StatusOr<frames::BodyFormat> FormatOf(const base::Context& context,
                                            const base::RandomAccess& body,
                                            const dumps::Envelope& envelope) {
  if (envelope.compression.empty()) return ReadBodyFormat(context, envelope, body);
  return frames::BodyFormat{.layout = std::make_shared<frames::BodyLayout>(), .head = 0};
}

}  // namespace

absl::Status VerifyFrames(const base::Context& context, dumps::Catalog& catalog,
                          const dumps::Sidecar& sidecar, const dumps::Envelope& envelope) {
  ASSIGN_OR_RETURN(const std::optional<dumps::DumpFrames> frames,
                   dumps::OpenFrames(context, catalog.store(), sidecar, catalog.encryption()));
  if (!frames.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const frames::BodyFormat format, FormatOf(context, frames->body(), envelope));
  if (format.layout == nullptr) return absl::OkStatus();
  base::Stage stage(context, "verify.frames");
  stage.SetTotal(frames->index().offset());
  const auto progress = [&](uint64_t offset) { stage.Progress(offset); };
  return stage.Finish(
      dumps::CheckFrames(context, *frames, *format.layout, sidecar.id, progress).status());
}

}  // namespace siphon::app
