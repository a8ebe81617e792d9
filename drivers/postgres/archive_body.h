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
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/archive_layout.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/restoration.h"

namespace siphon::postgres {

// The item with the blocks of all large objects, in dumps of earlier versions.
inline constexpr std::string_view kAllObjects = "large objects";

// The items of an archive in frames whose blocks are read.
struct ArchiveItems {
  std::unordered_set<uint32_t> read;
  std::unordered_set<uint32_t> objects;  // Those with blocks of large objects, read or not.
};
// The items of the entries `planned`; those with rows only if `rows`.
ArchiveItems ItemsOf(const Archive& archive, const std::vector<const ArchiveEntry*>& planned,
                     bool rows);

// The bytes of the archive's header and table of contents, which are its first item.
absl::StatusOr<std::string> ReadContents(const base::Context& context,
                                         const driver::FramedBody& body);

// An archive in frames (docs/dumps.md#postgresql-archives) as a stream: the table of contents, the
// blocks of the items that are read, and an empty block for each other item.
class ArchiveBody : public base::Reader {
 public:
  // `context` and `body` must outlive the reader.
  ArchiveBody(const base::Context* context, const driver::FramedBody* body)
      : context_(*context), body_(*body) {}
  // Without this call no item is read. Call it before Read().
  void SetItems(ArchiveItems items) { items_ = std::move(items); }
  // The table of contents, as ReadContents() has read it; it is not read again. Call it before
  // Read().
  void SetContents(std::string contents) { contents_ = std::move(contents); }
  absl::StatusOr<size_t> Read(absl::Span<char> out) override;

 private:
  // Opens the next item, or makes its empty block.
  absl::Status OpenNext();

  const base::Context& context_;
  const driver::FramedBody& body_;
  const ArchiveLayout layout_{/*index_id=*/0};
  ArchiveItems items_;
  std::string contents_;
  size_t next_ = 0;                       // In the items of the body.
  std::unique_ptr<base::Reader> reader_;  // Of the present item, if it is not an empty block.
  std::string block_;
  std::string_view rest_;  // Of block_.
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_ARCHIVE_BODY_H_
