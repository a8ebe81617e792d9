// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/increment.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "drivers/sqlite/body.h"
#include "drivers/sqlite/chain.h"
#include "drivers/sqlite/pages.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/parts.h"

namespace siphon::sqlite {
namespace {

constexpr std::string_view kOp = "sqlite.increment";

// Keeps the bytes of a part.
class PartBytes : public frames::PartSink {
 public:
  absl::Status Write(const base::Context& /*context*/, std::string_view data) override {
    bytes_.append(data);
    return absl::OkStatus();
  }
  void Cut(uint64_t /*rows*/) override {}
  std::string_view bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// One attempt to write an increment.
class Attempt {
 public:
  Attempt(const base::Context& context, driver::Snapshot& snapshot,
          const driver::IncrementOptions& options, driver::BackupTarget& target)
      : context_(context), snapshot_(snapshot), options_(options), target_(target) {}

  absl::Status Run() {
    ASSIGN_OR_RETURN(const std::unique_ptr<base::Reader> image, options_.open_parent());
    ASSIGN_OR_RETURN(parent_, OpenImageState(options_.parent_id, image.get()));
    while (true) {
      ASSIGN_OR_RETURN(const std::optional<frames::Part> part, snapshot_.NextPart(context_));
      if (!part.has_value()) break;
      PartBytes bytes;
      RETURN_IF_ERROR(snapshot_.Read(context_, 0, *part, bytes));
      if (!writer_.has_value()) RETURN_IF_ERROR(Begin(bytes.bytes()));
      RETURN_IF_ERROR(AddPages(bytes.bytes()));
    }
    RETURN_IF_ERROR(snapshot_.Finish(context_).status());
    if (!writer_.has_value()) return errs::InternalError(kOp, "a snapshot without pages");
    if (!parent_ended_) RETURN_IF_ERROR(parent_->ReadToEnd());
    const FileState result = hash_->Finish();
    if (result.pages != pages_) {
      return errs::InternalError(
          kOp, absl::StrCat("the snapshot has ", result.pages, " pages, not ", pages_));
    }
    return writer_->Finish(parent_->state(), result);
  }

 private:
  // Begins the body; `bytes` begin with the first page.
  absl::Status Begin(std::string_view bytes) {
    ASSIGN_OR_RETURN(const ImageHeader header, ParseImageHeader(bytes));
    page_size_ = header.page_size;
    dumps::Contents contents = snapshot_.contents();
    // The number of pages, which the header of an old file may not have. A file without pages
    // becomes one page.
    pages_ = contents.estimated_bytes == 0
                 ? 1
                 : static_cast<uint32_t>(contents.estimated_bytes / page_size_);
    contents.estimated_bytes = 0;
    ASSIGN_OR_RETURN(base::Writer* const out, target_.Begin(contents));
    hash_.emplace(page_size_);
    writer_.emplace(out);
    if (page_size_ != parent_->page_size()) {
      context_.Message("backup",
                       absl::StrCat("the page size has changed from ", parent_->page_size(), " to ",
                                    page_size_, ", so the increment has all pages"));
    }
    return writer_->Begin({.page_size = page_size_,
                           .pages = pages_,
                           .base_id = options_.base_id,
                           .parent_id = options_.parent_id});
  }

  absl::Status AddPages(std::string_view bytes) {
    if (bytes.size() % page_size_ != 0) {
      return errs::InternalError(kOp, "a part of a snapshot ends inside a page");
    }
    for (; !bytes.empty(); bytes.remove_prefix(page_size_)) {
      RETURN_IF_ERROR(AddPage(bytes.substr(0, page_size_)));
    }
    return absl::OkStatus();
  }

  absl::Status AddPage(std::string_view page) {
    std::optional<Page> before;
    if (parent_->page_size() == page_size_ && !parent_ended_) {
      ASSIGN_OR_RETURN(before, parent_->Next());
      parent_ended_ = !before.has_value();
    }
    if (before.has_value() && before->bytes == page) {
      hash_->Add(before->digest);
      return absl::OkStatus();
    }
    hash_->Add(frames::DigestOf(page));
    return writer_->Add(hash_->pages(), page);
  }

  const base::Context& context_;
  driver::Snapshot& snapshot_;
  const driver::IncrementOptions& options_;
  driver::BackupTarget& target_;
  std::unique_ptr<StateReader> parent_;
  bool parent_ended_ = false;
  uint32_t page_size_ = 0, pages_ = 0;  // Of the new state.
  std::optional<StateHash> hash_;
  std::optional<PagesWriter> writer_;
};

}  // namespace

absl::Status WriteIncrement(const base::Context& context, driver::Snapshot& snapshot,
                            const driver::IncrementOptions& options, driver::BackupTarget& target) {
  while (true) {
    const absl::Status status = Attempt(context, snapshot, options, target).Run();
    if (status.ok() || !snapshot.lost()) return status;
    RETURN_IF_ERROR(snapshot.Reopen(context));
  }
}

}  // namespace siphon::sqlite
