// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_CONTRACTS_FRAMED_DUMP_H_
#define TESTING_CONTRACTS_FRAMED_DUMP_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "errs/status_macros.h"
#include "siphon/base/context.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/frames/index_reader.h"
#include "siphon/domain/verbs/verbs.h"
#include "siphon/driver/part_loader.h"
#include "siphon/driver/restoration.h"
#include "siphon/driver/snapshot.h"

namespace siphon::testing {

// A body in frames, in memory.
class FramedDump {
 public:
  // Writes the parts of a snapshot, by four workers. Null if the snapshot is one stream.
  static absl::StatusOr<std::unique_ptr<FramedDump>> Write(const base::Context& context,
                                                           driver::Snapshot& snapshot);
  const driver::DumpBody& body() const { return *body_; }
  // Changes a byte of the last frame of the largest item.
  absl::Status Damage();
  // The same of the item with this name.
  absl::Status Damage(std::string_view name);
  // The bytes that were read since the last call.
  uint64_t TakeBytesRead() { return access_.TakeCount(); }

 private:
  // Counts the bytes that are read.
  class CountedString : public base::RandomAccess {
   public:
    explicit CountedString(std::string_view data) : next_(data) {}
    uint64_t size() const override { return next_.size(); }
    uint64_t TakeCount() { return count_.exchange(0); }

   protected:
    absl::StatusOr<size_t> ReadSome(uint64_t offset, absl::Span<char> out) const override {
      RETURN_IF_ERROR(next_.ReadAt(offset, out));
      count_ += out.size();
      return out.size();
    }

   private:
    base::RandomAccessString next_;
    mutable std::atomic<uint64_t> count_ = 0;
  };

  explicit FramedDump(std::string bytes) : bytes_(std::move(bytes)), access_(bytes_) {}
  absl::Status DamageItem(const frames::Item& item);

  std::string bytes_;
  CountedString access_;
  std::optional<frames::IndexReader> index_;
  std::optional<driver::DumpBody> body_;
};

// Calls a function before each part that is loaded, and passes all calls on.
class WatchedRestoration : public driver::Restoration {
 public:
  WatchedRestoration(driver::Restoration* next, std::function<void()> before_part)
      : next_(*next), before_part_(std::move(before_part)) {}
  absl::Status Define(const base::Context& context) override { return next_.Define(context); }
  bool Loads(const frames::Item& item) const override { return next_.Loads(item); }
  absl::Status Load(const base::Context& context, int worker, const driver::StoredPart& part,
                    base::Reader& bytes) override {
    before_part_();
    return next_.Load(context, worker, part, bytes);
  }
  absl::Status Complete(const base::Context& context, int worker) override {
    return next_.Complete(context, worker);
  }
  absl::Status Publish(const base::Context& context) override { return next_.Publish(context); }
  absl::Status Abandon(absl::Status why) override { return next_.Abandon(std::move(why)); }

 private:
  driver::Restoration& next_;
  std::function<void()> before_part_;
};

// Restores a dump by options.jobs workers. `before_part` as above. errs::kDriverUnsupported, with
// the driver's reason, if it refuses.
absl::Status RestoreFrames(
    const base::Context& context, driver::RestorationTarget& target, const FramedDump& dump,
    const verbs::RestoreOptions& options, const std::function<void()>& before_part = [] {});

}  // namespace siphon::testing

#endif  // TESTING_CONTRACTS_FRAMED_DUMP_H_
