// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_INDEX_BUILDER_H_
#define SIPHON_DOMAIN_FRAMES_INDEX_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/index.h"

namespace siphon::frames {

// Collects the entries of a body and makes pages and directory of them. Needs memory for one page
// and the directory, whatever the size of the body. Not thread-safe.
class IndexBuilder {
 public:
  explicit IndexBuilder(uint64_t archive) { directory_.archive = archive; }

  void SetFact(std::string name, std::string value) {
    directory_.facts[std::move(name)] = std::move(value);
  }
  // Adds the next frame of the body, whose item has the name `name`. errs::kIntegrity if it cannot
  // follow the frame before.
  absl::Status Add(const Entry& entry, std::string_view name);

  // There are entries that no page has yet.
  bool has_entries() const { return count_ > 0; }
  // These entries fill a page. The caller then writes TakePage(), or some entries later.
  bool page_is_full() const { return entries_.size() >= kPageTarget; }
  size_t page_size() const;
  // The page with these entries, of page_size() bytes, for the place `offset` of the body.
  std::string TakePage(uint64_t offset);

  // The directory, for the place `offset` of the body, after all entries are in pages.
  // errs::kIntegrity if the last item is not complete.
  absl::StatusOr<std::string> EncodeDirectoryAt(uint64_t offset) const;

  const Directory& directory() const { return directory_; }

 private:
  Directory directory_;
  Sequence sequence_;
  uint64_t total_ = 0;
  std::string entries_;
  uint32_t count_ = 0;
};

struct IndexEnd {
  std::string bytes;    // What follows the last item of the body.
  uint64_t offset = 0;  // Of the directory.
  Digest root = {};     // Tail::root.
};
// The rest of the index, for the place `position` of the body: the last page and the directory.
// `begun`: BodyLayout::BeginIndex() and pages are before it.
absl::StatusOr<IndexEnd> EncodeIndexEnd(IndexBuilder& builder, const BodyLayout& layout,
                                        uint64_t position, bool begun = false);

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_INDEX_BUILDER_H_
