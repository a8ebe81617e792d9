// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_EXCERPT_H_
#define SIPHON_APP_EXCERPT_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/dump_frames.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/part_loader.h"
#include "siphon/driver/restoration.h"

namespace siphon::app {

// A body of some tables of a dump, which reads only the index, the definitions and the frames of
// these tables.
class Excerpt {
 public:
  // Takes the frames of dump `id`, whose index is known to be the dump's. Nothing if the driver
  // needs the whole body. `context` must outlive the excerpt.
  static absl::StatusOr<std::optional<Excerpt>> Open(const base::Context& context,
                                                     driver::Driver& driver,
                                                     dumps::DumpFrames frames, std::string id,
                                                     driver::ExcerptOptions options);
  // Reads the body to its end, so that every frame is checked, and opens it again.
  absl::Status Check(const base::Context& context, base::Stage& stage);
  // The frames of the whole dump.
  const driver::DumpBody& frames() const { return *body_; }
  base::Reader& reader() { return *reader_; }

 private:
  Excerpt(driver::ExcerptFormat* format, dumps::DumpFrames frames, std::string id,
          driver::ExcerptOptions options)
      : format_(format),
        options_(std::move(options)),
        frames_(std::make_unique<dumps::DumpFrames>(std::move(frames))),
        body_(std::make_unique<driver::DumpBody>(&frames_->body(), &frames_->index(),
                                                 std::move(id))) {}

  driver::ExcerptFormat* format_;
  driver::ExcerptOptions options_;
  std::unique_ptr<dumps::DumpFrames> frames_;
  std::unique_ptr<driver::DumpBody> body_;
  std::unique_ptr<base::Reader> reader_;
};

}  // namespace siphon::app

#endif  // SIPHON_APP_EXCERPT_H_
