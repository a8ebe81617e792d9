// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/s3/object_reader.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/stores/s3/bucket.h"

namespace siphon::s3 {
namespace {

constexpr std::string_view kOp = "storage.s3";
constexpr size_t kRange = size_t{8} << 20;
static_assert(kRange <= kMaxRange);

class S3Reader : public base::Reader {
 public:
  S3Reader(const base::Context& context, Bucket* bucket, std::string key, Bucket::Range first)
      : context_(context),
        bucket_(bucket),
        key_(std::move(key)),
        etag_(first.etag),
        total_(first.total),
        bytes_(std::move(first.bytes)),
        requested_(bytes_.size()),
        forward_stop_(context.stop_token(), [this] { stop_.request_stop(); }) {
    RequestNext();
  }
  ~S3Reader() override {
    stop_.request_stop();
    if (next_.valid()) next_.wait();
  }

  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    RETURN_IF_ERROR(context_.Check());
    while (used_ == bytes_.size()) {
      if (!next_.valid()) return 0;
      absl::StatusOr<Bucket::Range> range = next_.get();
      if (!range.ok()) return Fail(range.status());
      if (range->total != total_ || range->bytes.empty()) {
        return Fail(errs::SystemError(
            kOp, errs::kIo,
            absl::StrCat(bucket_->Description(), "/", key_, " was replaced while it was read"),
            "try again"));
      }
      bytes_ = std::move(range->bytes);
      used_ = 0;
      requested_ += bytes_.size();
      RequestNext();
    }
    const size_t count = std::min(out.size(), bytes_.size() - used_);
    std::memcpy(out.data(), bytes_.data() + used_, count);
    used_ += count;
    return count;
  }

 private:
  // Begins to get the range after the current one, if there is one.
  void RequestNext() {
    if (requested_ >= total_) return;
    const std::function<absl::StatusOr<Bucket::Range>()> get =
        [bucket = bucket_, context = context_.WithStop(stop_.get_token()), key = key_, etag = etag_,
         offset = requested_] { return bucket->Get(context, key, offset, kRange, etag); };
    try {
      next_ = std::async(std::launch::async, get);
    } catch (const std::system_error&) {
      next_ = std::async(std::launch::deferred, get);  // There can be no thread.
    }
  }

  // Every later read fails, too.
  absl::Status Fail(absl::Status status) {
    std::promise<absl::StatusOr<Bucket::Range>> again;
    again.set_value(status);
    next_ = again.get_future();
    return status;
  }

  const base::Context context_;
  Bucket* const bucket_;
  const std::string key_, etag_;
  const uint64_t total_;
  std::string bytes_;  // The current range, of which `used_` bytes have been read.
  size_t used_ = 0;
  uint64_t requested_;  // Where the range after the current one begins.
  std::future<absl::StatusOr<Bucket::Range>> next_;
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> forward_stop_;
};

class S3RandomAccess : public base::RandomAccess {
 public:
  S3RandomAccess(const base::Context& context, Bucket* bucket, std::string key, Bucket::Info info)
      : context_(context), bucket_(bucket), key_(std::move(key)), info_(std::move(info)) {}
  uint64_t size() const override { return info_.size; }

 protected:
  absl::StatusOr<size_t> ReadSome(uint64_t offset, absl::Span<char> out) const override {
    RETURN_IF_ERROR(context_.Check());
    ASSIGN_OR_RETURN(
        const Bucket::Range range,
        bucket_->Get(context_, key_, offset, std::min(out.size(), kMaxRange), info_.etag));
    const size_t count = std::min(out.size(), range.bytes.size());
    std::memcpy(out.data(), range.bytes.data(), count);
    return count;
  }

 private:
  const base::Context context_;
  Bucket* const bucket_;
  const std::string key_;
  const Bucket::Info info_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<base::Reader>> OpenObject(const base::Context& context,
                                                         Bucket* bucket, std::string key) {
  RETURN_IF_ERROR(context.Check());
  ASSIGN_OR_RETURN(Bucket::Range first, bucket->Get(context, key, 0, kRange));
  return std::make_unique<S3Reader>(context, bucket, std::move(key), std::move(first));
}

absl::StatusOr<std::unique_ptr<base::RandomAccess>> OpenObjectAt(const base::Context& context,
                                                                 Bucket* bucket, std::string key) {
  RETURN_IF_ERROR(context.Check());
  ASSIGN_OR_RETURN(std::optional<Bucket::Info> info, bucket->Head(context, key));
  if (!info.has_value()) {
    return errs::UserError(kOp, errs::kNotFound,
                           absl::StrCat(bucket->Description(), "/", key, " does not exist"));
  }
  return std::make_unique<S3RandomAccess>(context, bucket, std::move(key), *std::move(info));
}

}  // namespace siphon::s3
