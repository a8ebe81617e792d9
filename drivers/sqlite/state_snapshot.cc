// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/state_snapshot.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "drivers/sqlite/body.h"
#include "drivers/sqlite/image_snapshot.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/driver/snapshot.h"

namespace siphon::sqlite {
namespace {

constexpr std::string_view kOp = "sqlite.merge";

class StateSnapshot : public driver::Snapshot {
 public:
  StateSnapshot(std::unique_ptr<base::Reader> image, dumps::Contents contents)
      : image_(std::move(image)), contents_(std::move(contents)) {}

  absl::Status Open() {
    ASSIGN_OR_RETURN(next_, ReadRun());
    ASSIGN_OR_RETURN(const ImageHeader header, ParseImageHeader(next_));
    page_size_ = header.page_size;
    return absl::OkStatus();
  }

  const dumps::Contents& contents() const override { return contents_; }
  std::shared_ptr<const frames::BodyLayout> layout() const override { return layout_; }

  absl::StatusOr<std::optional<frames::Part>> NextPart(const base::Context& context) override {
    RETURN_IF_ERROR(errs::WithOp(context.Check(), kOp));
    if (next_.empty()) return std::nullopt;
    std::string run = std::move(next_);
    // The last part is marked, so the one after it is read before it is given.
    ASSIGN_OR_RETURN(next_, ReadRun());
    frames::Part part = ImagePart(next_part_++, next_.empty());
    const uint64_t pages = run.size() / page_size_;
    part.range = absl::StrCat(pages_ + 1, "-", pages_ + pages);
    pages_ += pages;
    const absl::MutexLock lock(&mutex_);
    given_[part.part] = std::move(run);
    return part;
  }

  absl::Status Read(const base::Context& context, int /*worker*/, const frames::Part& part,
                    frames::PartSink& sink) override {
    std::string bytes;
    {
      const absl::MutexLock lock(&mutex_);
      const auto found = given_.find(part.part);
      if (found == given_.end()) {
        return errs::InternalError(kOp, absl::StrCat("part ", part.part, " is read twice"));
      }
      bytes = std::move(found->second);
      given_.erase(found);
    }
    RETURN_IF_ERROR(sink.Write(context, bytes));
    sink.Cut(0);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<dumps::TableInfo>> Finish(const base::Context& /*context*/) override {
    return contents_.tables;
  }

 private:
  // The bytes of the next part; empty at the end.
  absl::StatusOr<std::string> ReadRun() {
    std::string run(kRunBytes, '\0');
    ASSIGN_OR_RETURN(const size_t size, base::ReadFull(*image_, absl::MakeSpan(run)));
    run.resize(size);
    return run;
  }

  std::unique_ptr<base::Reader> image_;
  dumps::Contents contents_;
  const std::shared_ptr<const frames::BodyLayout> layout_ = std::make_shared<frames::BodyLayout>();
  std::string next_;  // The bytes of the next part.
  uint32_t page_size_ = 0;
  uint64_t pages_ = 0, next_part_ = 0;
  absl::Mutex mutex_;
  std::map<uint64_t, std::string> given_ ABSL_GUARDED_BY(mutex_);  // Parts that are not read yet.
};

}  // namespace

absl::StatusOr<std::unique_ptr<driver::Snapshot>> OpenStateSnapshot(
    std::unique_ptr<base::Reader> image, dumps::Contents contents) {
  auto snapshot = std::make_unique<StateSnapshot>(std::move(image), std::move(contents));
  RETURN_IF_ERROR(snapshot->Open());
  return std::unique_ptr<driver::Snapshot>(std::move(snapshot));
}

}  // namespace siphon::sqlite
