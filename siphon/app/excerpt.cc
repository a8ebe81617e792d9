// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/excerpt.h"

#include <cstddef>

#include "absl/types/span.h"
#include "errs/status_macros.h"
#include "siphon/app/progress.h"

namespace siphon::app {

absl::StatusOr<std::optional<Excerpt>> Excerpt::Open(const base::Context& context,
                                                     driver::Driver& driver,
                                                     dumps::DumpFrames frames, std::string id,
                                                     driver::ExcerptOptions options) {
  auto* const format = dynamic_cast<driver::ExcerptFormat*>(&driver);
  if (format == nullptr) return std::nullopt;
  Excerpt excerpt(format, std::move(frames), std::move(id), std::move(options));
  ASSIGN_OR_RETURN(excerpt.reader_, format->OpenExcerpt(context, excerpt.options_, *excerpt.body_));
  if (excerpt.reader_ == nullptr) return std::nullopt;
  return excerpt;
}

absl::Status Excerpt::Check(const base::Context& context, base::Stage& stage) {
  ProgressReader progress(reader_.get(), &stage);
  std::string buffer(base::kCopyBufferSize, '\0');
  while (true) {
    RETURN_IF_ERROR(context.Check());
    ASSIGN_OR_RETURN(const size_t count,
                     progress.Read(absl::MakeSpan(buffer.data(), buffer.size())));
    if (count == 0) break;
  }
  ASSIGN_OR_RETURN(reader_, format_->OpenExcerpt(context, options_, *body_));
  return absl::OkStatus();
}

}  // namespace siphon::app
