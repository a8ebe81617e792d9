// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_PART_LOADER_H_
#define SIPHON_APP_PART_LOADER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/dump_frames.h"
#include "siphon/domain/frames/index.h"
#include "siphon/driver/restoration.h"

namespace siphon::app {

// The frames of a dump, as a restoration reads them. Each frame is checked by its hash, which the
// index has; errors name the dump.
class DumpBody : public driver::FramedBody {
 public:
  // `frames` must outlive the body. `id` is the dump's.
  DumpBody(const dumps::DumpFrames* frames, std::string id)
      : frames_(*frames), id_(std::move(id)) {}
  const std::vector<frames::Item>& items() const override {
    return frames_.index().directory().items;
  }
  absl::StatusOr<std::unique_ptr<base::Reader>> Open(const base::Context& context,
                                                     const frames::Item& item) const override;

  const dumps::DumpFrames& frames() const { return frames_; }
  const std::string& id() const { return id_; }

 private:
  const dumps::DumpFrames& frames_;
  const std::string id_;
};

// Runs a restoration with `jobs` workers, from Define() to Publish(). After an error the target is
// as it was, and what was restored is removed. Reports the bytes of the dump to `stage`.
absl::Status LoadParts(const base::Context& context, driver::Restoration& restoration,
                       const DumpBody& body, int jobs, base::Stage& stage);

}  // namespace siphon::app

#endif  // SIPHON_APP_PART_LOADER_H_
