// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/contracts/framed_dump.h"

#include <algorithm>

#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/io.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/index.h"
#include "testing/contracts/snapshot_body.h"

namespace siphon::testing {

absl::StatusOr<std::unique_ptr<FramedDump>> FramedDump::Write(const base::Context& context,
                                                              driver::Snapshot& snapshot) {
  const std::shared_ptr<const frames::BodyLayout> layout = snapshot.layout();
  if (layout == nullptr) return nullptr;
  base::StringWriter writer;
  RETURN_IF_ERROR(WriteSnapshotFrames(context, snapshot, writer));
  std::unique_ptr<FramedDump> dump(new FramedDump(writer.data()));
  ASSIGN_OR_RETURN(dump->index_,
                   frames::IndexReader::Open(context, &dump->access_, *layout, std::nullopt));
  dump->body_.emplace(&dump->access_, &*dump->index_, "test");
  return dump;
}

absl::Status FramedDump::Damage() {
  const std::vector<frames::Item>& items = body_->items();
  const auto largest = std::max_element(
      items.begin(), items.end(),
      [](const frames::Item& a, const frames::Item& b) { return a.packed < b.packed; });
  return DamageItem(*largest);
}

absl::Status FramedDump::Damage(std::string_view name) {
  const frames::Item* const item = index_->Find(name);
  if (item == nullptr) return errs::UserError("test", errs::kNotFound, name);
  return DamageItem(*item);
}

absl::Status FramedDump::DamageItem(const frames::Item& item) {
  frames::Entry last;
  RETURN_IF_ERROR(index_->Visit(base::Context(), item, [&](const frames::Entry& entry) {
    last = entry;
    return absl::OkStatus();
  }));
  char& byte = bytes_[last.offset + last.frame.packed / 2];
  byte = static_cast<char>(byte ^ 1);
  return absl::OkStatus();
}

absl::Status RestoreFrames(const base::Context& context, driver::RestorationTarget& target,
                           const FramedDump& dump, const verbs::RestoreOptions& options,
                           const std::function<void()>& before_part) {
  std::string why;
  ASSIGN_OR_RETURN(const std::unique_ptr<driver::Restoration> restoration,
                   target.OpenRestoration(context, options, dump.body(), why));
  if (restoration == nullptr) return errs::UserError("test", errs::kDriverUnsupported, why);
  WatchedRestoration watched(restoration.get(), before_part);
  return driver::LoadParts(context, watched, dump.body(), options.jobs, [](uint64_t) {});
}

}  // namespace siphon::testing
