// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/verify_frames.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "errs/status_macros.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/dumps/dump_frames.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/registry.h"
#include "siphon/driver/snapshot.h"

namespace siphon::app {
namespace {

// Reads a body from its beginning.
class BodyStream : public base::Reader {
 public:
  explicit BodyStream(const base::RandomAccess* body) : body_(body) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    const size_t count = std::min<uint64_t>(out.size(), body_->size() - offset_);
    RETURN_IF_ERROR(body_->ReadAt(offset_, out.first(count)));
    offset_ += count;
    return count;
  }

 private:
  const base::RandomAccess* body_;
  uint64_t offset_ = 0;
};

// Null if the driver of the dump does not know its layout.
absl::StatusOr<std::shared_ptr<const frames::BodyLayout>> LayoutOf(
    const base::Context& context, const base::RandomAccess& body, const dumps::Envelope& envelope) {
  if (!envelope.compression.empty()) return std::make_shared<frames::BodyLayout>();
  ASSIGN_OR_RETURN(driver::Driver* const driver, driver::Get(envelope.driver));
  auto* const format = dynamic_cast<driver::FramedFormat*>(driver);
  if (format == nullptr) return nullptr;
  BodyStream stream(&body);
  return format->ReadLayout(context, stream);
}

}  // namespace

absl::Status VerifyFrames(const base::Context& context, storage::Store& store,
                          const dumps::Sidecar& sidecar, const dumps::Envelope& envelope) {
  ASSIGN_OR_RETURN(const std::optional<dumps::DumpFrames> frames,
                   dumps::OpenFrames(context, store, sidecar));
  if (!frames.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::shared_ptr<const frames::BodyLayout> layout,
                   LayoutOf(context, frames->body(), envelope));
  if (layout == nullptr) return absl::OkStatus();
  base::Stage stage(context, "verify.frames");
  stage.SetTotal(frames->index().offset());
  const auto progress = [&](uint64_t offset) { stage.Progress(offset); };
  return stage.Finish(dumps::CheckFrames(context, *frames, *layout, sidecar.id, progress).status());
}

}  // namespace siphon::app
