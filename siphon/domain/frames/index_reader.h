// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_INDEX_READER_H_
#define SIPHON_DOMAIN_FRAMES_INDEX_READER_H_

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

  const Directory& directory() const { return directory_; }
  const Digest& root() const { return root_; }
  // The item with this name; null if there is none.
  const Item* Find(std::string_view name) const;

  using Visitor = absl::FunctionRef<absl::Status(const Entry& entry)>;
  // Calls `visit` for each frame of `item`, which belongs to directory(), in order. Stops at an
  // error of `visit` and returns it. errs::kIntegrity if a page differs from its hash, or its
  // entries from the directory; then `visit` may have been called for entries before.
  absl::Status Visit(const base::Context& context, const Item& item, Visitor visit) const;

 private:
  IndexReader(const base::RandomAccess* body, Directory directory, const Digest& root)
      : body_(body), directory_(std::move(directory)), root_(root) {}
  absl::StatusOr<std::vector<Entry>> ReadPage(const PageRecord& page) const;

  const base::RandomAccess* body_;
  Directory directory_;
  Digest root_;
};

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_INDEX_READER_H_
