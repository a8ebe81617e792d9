// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/archive_body.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/index.h"

namespace siphon::postgres {

ArchiveItems ItemsOf(const Archive& archive, const std::vector<const ArchiveEntry*>& planned,
                     bool rows) {
  ArchiveItems items;
  for (const ArchiveEntry& entry : archive.entries) {
    if (entry.has_data && entry.kind == kLargeObjectContent) {
      items.objects.insert(static_cast<uint32_t>(entry.id));
    }
  }
  for (const ArchiveEntry* const entry : planned) {
    if (entry->has_data && (rows || entry->kind == kLargeObjectContent)) {
      items.read.insert(static_cast<uint32_t>(entry->id));
    }
  }
  return items;
}

absl::StatusOr<std::string> ReadContents(const base::Context& context,
                                         const driver::FramedBody& body) {
  if (body.items().empty() || body.items().front().id != frames::kHeadItem) {
    return errs::IntegrityError("postgres.restore",
                                "the index of the dump does not begin with a table of contents");
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<base::Reader> reader,
                   body.Open(context, body.items().front()));
  base::StringWriter contents;
  RETURN_IF_ERROR(base::Copy(*reader, contents).status());
  return contents.data();
}

absl::Status ArchiveBody::OpenNext() {
  const frames::Item& item = body_.items()[next_++];
  if (item.id == frames::kHeadItem && !contents_.empty()) {
    block_ = std::exchange(contents_, std::string());
    rest_ = block_;
    return absl::OkStatus();
  }
  if (item.id == frames::kHeadItem) {
    ASSIGN_OR_RETURN(reader_, body_.Open(context_, item));
    return absl::OkStatus();
  }
  const bool objects = items_.objects.contains(item.id);
  // An item with the blocks of several entries has no empty form.
  if (items_.read.contains(item.id) || (objects && item.name == kAllObjects)) {
    ASSIGN_OR_RETURN(reader_, body_.OpenPacked(context_, item, layout_));
    return absl::OkStatus();
  }
  frames::Frame none;
  none.item = item.id;
  none.content = objects ? frames::Content::kObjects : frames::Content::kRows;
  block_ = absl::StrCat(layout_.BeginItem(none), layout_.EndItem(none));
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
