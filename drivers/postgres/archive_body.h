// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_ARCHIVE_BODY_H_
#define DRIVERS_POSTGRES_ARCHIVE_BODY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "drivers/postgres/archive_layout.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/restoration.h"

namespace siphon::postgres {

// An archive in frames (docs/dumps.md#postgresql-archives) as a stream without the rows of tables:
// the table of contents, the blocks of large objects, and an empty block for each other item.
class ArchiveBody : public base::Reader {
 public:
  // `context` and `body` must outlive the reader.
  ArchiveBody(const base::Context* context, const driver::FramedBody* body)
      : context_(*context), body_(*body) {}
  // The items with the blocks of large objects. Call it before Read().
  void SetObjects(std::unordered_set<uint32_t> items) { objects_ = std::move(items); }
  absl::StatusOr<size_t> Read(absl::Span<char> out) override;

 private:
  // Opens the next item, or makes its empty block.
  absl::Status OpenNext();

  const base::Context& context_;
  const driver::FramedBody& body_;
  const ArchiveLayout layout_{/*index_id=*/0};
  std::unordered_set<uint32_t> objects_;
  size_t next_ = 0;                       // In the items of the body.
  std::unique_ptr<base::Reader> reader_;  // Of the present item, if it is not an empty block.
  std::string block_;
  std::string_view rest_;  // Of block_.
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_ARCHIVE_BODY_H_
