// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_S3_BUCKET_H_
#define SIPHON_STORES_S3_BUCKET_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/base/context.h"
#include "siphon/stores/s3/transport.h"

namespace siphon::s3 {

// The largest range of Bucket::Get(), in bytes.
inline constexpr size_t kMaxRange = size_t{16} << 20;

// How an object is created.
struct WriteOptions {
  // Stored with the object, so that a writer that lost the answer of the server recognizes its own.
  std::string write = {};
  bool if_absent = false;  // errs::kAlreadyExists if there is an object.
};

// The operations on the objects below a prefix of a bucket. Keys are without the prefix. Thread-
// safe. Errors: errs::kIo with the key and the answer of the server, errs::kConnectionFailed.
class Bucket {
 public:
  // `prefix` has no '/' at its end; it may be empty.
  Bucket(std::string name, std::string prefix, std::unique_ptr<Transport> transport);

  // "s3://bucket/prefix"
  std::string Description() const;

  absl::Status Put(const base::Context& context, std::string_view key, std::string body,
                   const WriteOptions& options = {});

  struct Info {
    uint64_t size = 0;
    std::string etag;   // May be empty.
    std::string write;  // Of WriteOptions.
    // The end of its lock; absl::InfiniteFuture() for a legal hold, and for an end that cannot be
    // read.
    std::optional<absl::Time> locked_until = std::nullopt;
  };
  // Nothing if there is no such object.
  absl::StatusOr<std::optional<Info>> Head(const base::Context& context, std::string_view key);

  struct Range {
    std::string bytes;
    uint64_t total = 0;  // The size of the object.
    std::string etag;    // May be empty.
  };
  // The bytes from `offset` on, at most `size` (kMaxRange or less). errs::kNotFound. With an
  // `etag`, errs::kIo if the object is another one by now.
  absl::StatusOr<Range> Get(const base::Context& context, std::string_view key, uint64_t offset,
                            size_t size, std::string_view etag = "");

  // Succeeds also if there is no such object.
  absl::Status Delete(const base::Context& context, std::string_view key);

  struct Listing {
    std::vector<ListedObject> objects;  // Their keys begin with `folder`.
    absl::Time now;                     // The time of the server.
  };
  // The objects whose keys are `folder` and a text without '/'. `folder` is empty or ends with '/'.
  absl::StatusOr<Listing> List(const base::Context& context, std::string_view folder);

  // Multipart uploads.
  struct Upload {
    std::string id;
    // The server may have begun another upload, whose answer was lost.
    bool may_have_twin = false;
  };
  absl::StatusOr<Upload> Begin(const base::Context& context, std::string_view key,
                               std::string_view write);
  // Returns the ETag of the part. Numbers begin with 1.
  absl::StatusOr<std::string> PutPart(const base::Context& context, std::string_view key,
                                      std::string_view upload, int number, std::string body);
  // Makes the object of the parts 1, 2, ... with these ETags.
  absl::Status Complete(const base::Context& context, std::string_view key, std::string_view upload,
                        const std::vector<std::string>& etags, const WriteOptions& options);
  // Succeeds also if there is no such upload.
  absl::Status Abort(const base::Context& context, std::string_view key, std::string_view upload);
  // The ids of all uploads of exactly this key.
  absl::StatusOr<std::vector<std::string>> Uploads(const base::Context& context,
                                                   std::string_view key);

 private:
  std::string Whole(std::string_view key) const;
  // The error for an answer that is no success; `key` may be empty.
  absl::Status Failure(std::string_view what, std::string_view key, const Reply& reply) const;
  // After a request to write an object failed with `status`: OK if the object is there.
  absl::Status Confirm(const base::Context& context, std::string_view key,
                       const WriteOptions& options, absl::Status status);

  const std::string name_, prefix_;
  const std::unique_ptr<Transport> transport_;
};

}  // namespace siphon::s3

#endif  // SIPHON_STORES_S3_BUCKET_H_
