// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/index_builder.h"

#include <utility>

#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/frames/chunk_header.h"

namespace siphon::frames {
namespace {

constexpr std::string_view kOp = "dumps.index";

}  // namespace

absl::Status IndexBuilder::Add(const Entry& entry, std::string_view name) {
  RETURN_IF_ERROR(sequence_.Next(entry.frame));
  CountFrame(entry, name, total_++, directory_.items);
  entries_ += EncodeEntry(entry);
  ++count_;
  return absl::OkStatus();
}

size_t IndexBuilder::page_size() const {
  return kSkippableHead + kKindSize + sizeof(count_) + entries_.size();
}

std::string IndexBuilder::TakePage(uint64_t offset) {
  std::string page = EncodePage(count_, entries_);
  directory_.pages.push_back({offset, static_cast<uint32_t>(page.size()), count_, DigestOf(page)});
  entries_.clear();
  count_ = 0;
  return page;
}

absl::StatusOr<std::string> IndexBuilder::EncodeDirectoryAt(uint64_t offset) const {
  RETURN_IF_ERROR(sequence_.End());
  if (has_entries()) return errs::InternalError(kOp, "a directory before its last page");
  return EncodeDirectory(directory_, offset);
}

absl::StatusOr<IndexEnd> EncodeIndexEnd(IndexBuilder& builder, const BodyLayout& layout,
                                        uint64_t position, bool begun) {
  IndexEnd end;
  if (!begun) end.bytes = layout.BeginIndex();
  if (builder.has_entries()) {
    end.bytes += layout.BeginRun(builder.page_size());
    end.bytes += builder.TakePage(position + end.bytes.size());
  }
  // The size of the directory does not depend on its place.
  ASSIGN_OR_RETURN(const std::string measured, builder.EncodeDirectoryAt(0));
  end.bytes += layout.BeginRun(measured.size());
  end.offset = position + end.bytes.size();
  ASSIGN_OR_RETURN(const std::string directory, builder.EncodeDirectoryAt(end.offset));
  const std::string_view tail_bytes =
      std::string_view(directory).substr(directory.size() - kTailSize);
  ASSIGN_OR_RETURN(const Tail tail, DecodeTail(tail_bytes, end.offset + directory.size()));
  end.root = tail.root;
  end.bytes += directory;
  end.bytes += layout.EndIndex();
  return end;
}

}  // namespace siphon::frames
