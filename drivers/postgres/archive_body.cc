// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/archive_body.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/index.h"

namespace siphon::postgres {

absl::Status ArchiveBody::OpenNext() {
  const frames::Item& item = body_.items()[next_++];
  if (item.id == frames::kHeadItem) {
    ASSIGN_OR_RETURN(reader_, body_.Open(context_, item));
    return absl::OkStatus();
  }
  if (objects_.contains(item.id)) {
    ASSIGN_OR_RETURN(reader_, body_.OpenPacked(context_, item, layout_));
    return absl::OkStatus();
  }
  frames::Frame rows;
  rows.item = item.id;
  block_ = absl::StrCat(layout_.BeginItem(rows), layout_.EndItem(rows));
  rest_ = block_;
  return absl::OkStatus();
}

absl::StatusOr<size_t> ArchiveBody::Read(absl::Span<char> out) {
  while (true) {
    if (!rest_.empty()) {
      const size_t count = std::min(out.size(), rest_.size());
      std::memcpy(out.data(), rest_.data(), count);
      rest_.remove_prefix(count);
      return count;
    }
    if (reader_ != nullptr) {
      ASSIGN_OR_RETURN(const size_t count, reader_->Read(out));
      if (count > 0) return count;
      reader_.reset();
    }
    if (next_ == body_.items().size()) return 0;
    RETURN_IF_ERROR(OpenNext());
  }
}

}  // namespace siphon::postgres
