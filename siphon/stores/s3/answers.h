// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_S3_ANSWERS_H_
#define SIPHON_STORES_S3_ANSWERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

// The answers of the S3 API (API reference of Amazon S3). The functions return errs::kIo for a
// text that is not the expected answer.
namespace siphon::s3 {

// The answer to a request that failed.
struct ErrorAnswer {
  std::string code = {};     // "NoSuchKey"; empty if the answer has no such document.
  std::string message = {};  // From the server; not checked.
  std::string region = {};   // The region of the bucket, if the request named another.
};
// Never fails: an answer of a proxy may be any text.
ErrorAnswer ParseError(std::string_view body);

struct ListedObject {
  std::string key;
  uint64_t size = 0;
  absl::Time modified = absl::InfinitePast();
};
// A page of ListObjectsV2.
struct ListPage {
  std::vector<ListedObject> objects;
  std::string next;  // The token of the next page; empty on the last one.
};
absl::StatusOr<ListPage> ParseListPage(std::string_view body);

struct ListedUpload {
  std::string key = {}, id = {};
};
// A page of ListMultipartUploads.
struct UploadPage {
  std::vector<ListedUpload> uploads;
  bool is_last = true;
  std::string next_key, next_id;
};
absl::StatusOr<UploadPage> ParseUploadPage(std::string_view body);

// The id in the answer to CreateMultipartUpload.
absl::StatusOr<std::string> ParseUploadId(std::string_view body);

// The error in the body of an answer to CompleteMultipartUpload with the status 200; nothing if the
// upload was completed.
absl::StatusOr<std::optional<ErrorAnswer>> ParseCompletion(std::string_view body);

// The time in a header such as "Date: Fri, 24 May 2013 00:00:00 GMT" (RFC 9110, IMF-fixdate).
std::optional<absl::Time> ParseHttpDate(std::string_view text);

// The body of CompleteMultipartUpload: the ETags of the parts 1, 2, ...
std::string CompletionBody(const std::vector<std::string>& etags);

}  // namespace siphon::s3

#endif  // SIPHON_STORES_S3_ANSWERS_H_
