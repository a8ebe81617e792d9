// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/s3/object_writer.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/context.h"
#include "siphon/domain/storage/store.h"
#include "siphon/stores/s3/bucket.h"
#include "siphon/stores/s3/pending.h"

namespace siphon::s3 {
namespace {

constexpr std::string_view kOp = "storage.s3";
constexpr size_t kMebibyte = size_t{1} << 20;
constexpr size_t kLargePart = 64 * kMebibyte;
// How long a destructor tries to remove what it wrote.
constexpr std::chrono::seconds kCleaning{30};

// Runs `work` in a thread of its own, or at once if there can be no thread.
std::future<absl::StatusOr<std::string>> Start(
    const std::function<absl::StatusOr<std::string>()>& work) {
  try {
    return std::async(std::launch::async, work);
  } catch (const std::system_error&) {
    std::promise<absl::StatusOr<std::string>> result;
    result.set_value(work());
    return result.get_future();
  }
}

class S3ObjectWriter : public storage::ObjectWriter {
 public:
  S3ObjectWriter(const base::Context& context, const WriterSettings& settings, std::string key,
                 const storage::CreateOptions& options, std::string record)
      : context_(context),
        settings_(settings),
        key_(std::move(key)),
        record_(std::move(record)),
        parts_(settings.parts.For(options.expected_size)),
        write_{.write = RandomNumber(), .if_absent = options.if_absent},
        forward_stop_(context.stop_token(), [this] { stop_.request_stop(); }) {}
  ~S3ObjectWriter() override;

  absl::Status Write(std::string_view data) override;
  absl::Status Finish() override;
  absl::Status Commit() override;

 private:
  // Sends the buffer as the next part.
  absl::Status SendPart();
  // Waits until at most `most` parts are being sent.
  absl::Status Await(size_t most);
  // Fails if there is an object and the bucket cannot check that itself.
  absl::Status CheckAbsent();
  // Removes the record, and the upload unless it was completed.
  void Clean();
  // Ends the uploads of the key that are not ours.
  absl::Status AbortTwins(const base::Context& context);

  const base::Context context_;
  const WriterSettings settings_;
  const std::string key_, record_;
  const PartSizes parts_;
  WriteOptions write_;
  std::string buffer_;
  std::optional<Bucket::Upload> upload_;
  bool asked_ = false;              // The server may have begun an upload.
  std::vector<std::string> etags_;  // Of the parts that have been sent.
  std::deque<std::future<absl::StatusOr<std::string>>> sending_;  // The parts after them.
  bool finished_ = false, committed_ = false;
  std::stop_source stop_;  // Stops the threads.
  std::stop_callback<std::function<void()>> forward_stop_;
};

S3ObjectWriter::~S3ObjectWriter() {
  stop_.request_stop();
  for (auto& part : sending_) part.wait();
  if (!committed_) Clean();
}

void S3ObjectWriter::Clean() {
  // Another context, so that it also works after a cancellation. What cannot be removed now is
  // removed when the record is stale.
  const base::Context cleaning =
      base::Context().WithDeadline(std::chrono::steady_clock::now() + kCleaning);
  bool clean = true;
  if (upload_.has_value() && !committed_) {
    clean = settings_.bucket->Abort(cleaning, key_, upload_->id).ok();
  }
  const bool may_have_others = upload_.has_value() ? upload_->may_have_twin : asked_;
  if (may_have_others) clean = AbortTwins(cleaning).ok() && clean;
  if (clean) {
    settings_.pending->Remove(cleaning, record_).IgnoreError();
  } else {
    settings_.pending->Forget(record_);
  }
}

absl::Status S3ObjectWriter::Write(std::string_view data) {
  while (!data.empty()) {
    RETURN_IF_ERROR(context_.Check());
    const size_t part = parts_.Of(static_cast<int>(etags_.size() + sending_.size()) + 1);
    if (buffer_.size() == part) {
      RETURN_IF_ERROR(SendPart());
      continue;
    }
    const size_t count = std::min(data.size(), part - buffer_.size());
    // A small object needs little memory, a large one is not copied at every doubling.
    if (buffer_.size() + count > kMebibyte && buffer_.capacity() < part) buffer_.reserve(part);
    buffer_.append(data.substr(0, count));
    data.remove_prefix(count);
  }
  return context_.Check();
}

absl::Status S3ObjectWriter::SendPart() {
  if (!upload_.has_value()) {
    asked_ = true;
    ASSIGN_OR_RETURN(upload_, settings_.bucket->Begin(context_, key_, write_.write));
  }
  const int number = static_cast<int>(etags_.size() + sending_.size()) + 1;
  if (number > kMaxParts) {
    return errs::SystemError(
        kOp, errs::kIo,
        absl::StrCat(key_, " has more than ", kMaxParts, " parts, which a service does not take"),
        "set storage.part_size to a larger size");
  }
  const size_t parallel =
      buffer_.size() > kLargePart ? 1 : static_cast<size_t>(std::max(settings_.parallel, 1));
  RETURN_IF_ERROR(Await(parallel - 1));
  auto body = std::make_shared<std::string>(std::exchange(buffer_, std::string()));
  sending_.push_back(
      Start([bucket = settings_.bucket, context = context_.WithStop(stop_.get_token()), key = key_,
             upload = upload_->id, number,
             body] { return bucket->PutPart(context, key, upload, number, std::move(*body)); }));
  return absl::OkStatus();
}

absl::Status S3ObjectWriter::Await(size_t most) {
  while (sending_.size() > most) {
    absl::StatusOr<std::string> etag = sending_.front().get();
    sending_.pop_front();
    if (!etag.ok()) {
      stop_.request_stop();
      return etag.status();
    }
    etags_.push_back(*std::move(etag));
  }
  return absl::OkStatus();
}

absl::Status S3ObjectWriter::Finish() {
  RETURN_IF_ERROR(context_.Check());
  if (upload_.has_value()) {
    if (!buffer_.empty()) RETURN_IF_ERROR(SendPart());
    RETURN_IF_ERROR(Await(0));
  }
  finished_ = true;
  return absl::OkStatus();
}

absl::Status S3ObjectWriter::CheckAbsent() {
  ASSIGN_OR_RETURN(const bool conditions, settings_.has_conditions(context_));
  // A service may check the condition of PutObject and not that of CompleteMultipartUpload.
  if (conditions && !upload_.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::optional<Bucket::Info> info, settings_.bucket->Head(context_, key_));
  if (info.has_value()) {
    return errs::UserError(kOp, errs::kAlreadyExists,
                           absl::StrCat(settings_.bucket->Description(), "/", key_));
  }
  write_.if_absent = conditions;
  return absl::OkStatus();
}

absl::Status S3ObjectWriter::Commit() {
  if (!finished_ || committed_) return errs::InternalError(kOp, "committed too early, or twice");
  RETURN_IF_ERROR(context_.Check());
  if (write_.if_absent) RETURN_IF_ERROR(CheckAbsent());
  RETURN_IF_ERROR(settings_.pending->Check(context_, record_));
  if (upload_.has_value()) {
    RETURN_IF_ERROR(settings_.bucket->Complete(context_, key_, upload_->id, etags_, write_));
  } else {
    RETURN_IF_ERROR(settings_.bucket->Put(context_, key_, std::move(buffer_), write_));
  }
  committed_ = true;
  Clean();
  return absl::OkStatus();
}

absl::Status S3ObjectWriter::AbortTwins(const base::Context& context) {
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, settings_.bucket->Uploads(context, key_));
  for (const std::string& id : ids) {
    if (upload_.has_value() && id == upload_->id) continue;
    RETURN_IF_ERROR(settings_.bucket->Abort(context, key_, id));
  }
  return absl::OkStatus();
}

}  // namespace

size_t PartSizes::Of(int number) const {
  if (equal || number <= 4000) return size;
  const size_t factor = number <= 7000 ? 4 : number <= 9000 ? 16 : 64;
  return std::max(size, std::min(size * factor, kMaxPart));
}

PartSizes PartSizes::For(uint64_t expected) const {
  // Room for an estimate that is too small by half.
  constexpr uint64_t kParts = 9000;
  const uint64_t needed = expected / kParts + expected / (2 * kParts);
  const uint64_t rounded = (needed + kMebibyte - 1) / kMebibyte * kMebibyte;
  PartSizes sizes = *this;
  sizes.size = static_cast<size_t>(std::clamp<uint64_t>(rounded, size, std::max(size, kMaxPart)));
  return sizes;
}

absl::StatusOr<std::unique_ptr<storage::ObjectWriter>> CreateObject(
    const base::Context& context, const WriterSettings& settings, std::string key,
    const storage::CreateOptions& options) {
  RETURN_IF_ERROR(context.Check());
  ASSIGN_OR_RETURN(std::string record, settings.pending->Add(context, key));
  return std::make_unique<S3ObjectWriter>(context, settings, std::move(key), options,
                                          std::move(record));
}

}  // namespace siphon::s3
