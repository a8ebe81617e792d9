// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_INDEX_READER_H_
#define SIPHON_DOMAIN_FRAMES_INDEX_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/index.h"

namespace siphon::frames {

// The index of a body. Holds the directory and reads pages when they are needed, so it needs memory
// for the directory and one page. Its functions are const and may be called from any thread.
class IndexReader {
 public:
  // Reads the end of `body`, which must outlive the reader. `root` is the hash of the index that
  // the sidecar names; without one, the index is only compared with itself. errs::kIntegrity if the
  // body does not end with an index, or it is damaged or another one.
  static absl::StatusOr<IndexReader> Open(const base::Context& context,
                                          const base::RandomAccess* body, const BodyLayout& layout,
                                          const std::optional<Digest>& root);
  // The same for an index whose directory begins at `offset` of the body, as the sidecar says, and
  // has this hash. Bytes of a layout may follow it.
  static absl::StatusOr<IndexReader> OpenAt(const base::Context& context,
                                            const base::RandomAccess* body, uint64_t offset,
                                            const Digest& root);

  const Directory& directory() const { return directory_; }
  const Digest& root() const { return root_; }
  uint64_t offset() const { return offset_; }  // Of the directory.
  // The item with this name; null if there is none.
  const Item* Find(std::string_view name) const;

  // Walks through frames in the order of the body. For one thread.
  class Cursor {
   public:
    // All frames of an index, which must outlive the cursor.
    explicit Cursor(const IndexReader* index);
    // Those of `item`, which belongs to its directory.
    Cursor(const IndexReader* index, const Item* item);
    struct Named {
      const Item* item = nullptr;
      Entry entry;
    };
    // The next frame; nothing after the last. errs::kIntegrity if a page differs from its hash, or
    // its entries from the directory.
    absl::StatusOr<std::optional<Named>> Next(const base::Context& context);

   private:
    // Compares the frames of an item, as its pages name them, with the directory.
    absl::Status CheckNext(const Entry& entry);
    absl::Status CheckEnd() const;
    // Makes `entries_` those of the page with the entry `number_`.
    absl::Status Load(const base::Context& context);

    const IndexReader* index_;
    const Item* item_;  // The present item, `in_item_`, or the next one.
    const Item* end_;
    bool in_item_ = false;
    Sequence sequence_;
    uint64_t position_ = 0;  // Where the frame before ends.
    Item sums_;              // Of the frames of the present item so far.
    uint64_t number_ = 0;    // Of the next entry, through all pages.
    size_t next_page_ = 0;
    uint64_t page_begin_ = 0, page_end_ = 0;  // The entries of the page before `next_page_`.
    std::vector<Entry> entries_;              // Of this page, if it is loaded.
  };

  using Visitor = absl::FunctionRef<absl::Status(const Entry& entry)>;
  // Calls `visit` for each frame of `item`, which belongs to directory(), in order. Stops at an
  // error of `visit` and returns it. errs::kIntegrity if a page differs from its hash, or its
  // entries from the directory; then `visit` may have been called for entries before.
  absl::Status Visit(const base::Context& context, const Item& item, Visitor visit) const;

 private:
  IndexReader(const base::RandomAccess* body, Directory directory, const Tail& tail)
      : body_(body), directory_(std::move(directory)), root_(tail.root), offset_(tail.offset) {}
  absl::StatusOr<std::vector<Entry>> ReadPage(const PageRecord& page) const;

  const base::RandomAccess* body_;
  Directory directory_;
  Digest root_;
  uint64_t offset_;
};

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_INDEX_READER_H_
