// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/body_format.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "errs/status_macros.h"
#include "siphon/base/io.h"
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

}  // namespace

absl::StatusOr<frames::BodyFormat> ReadBodyFormat(const base::Context& context,
                                                  const dumps::Envelope& envelope,
                                                  const base::RandomAccess& body) {
  ASSIGN_OR_RETURN(driver::Driver* const driver, driver::Get(envelope.driver));
  auto* const format = dynamic_cast<driver::FramedFormat*>(driver);
  if (format == nullptr) return frames::BodyFormat();
  BodyStream stream(&body);
  return format->ReadFormat(context, stream);
}

}  // namespace siphon::app
