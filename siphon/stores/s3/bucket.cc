// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/s3/bucket.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "openssl/md5.h"
#include "siphon/base/clock.h"
#include "siphon/base/context.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/printable.h"
#include "siphon/stores/s3/answers.h"
#include "siphon/stores/s3/transport.h"

namespace siphon::s3 {
namespace {

constexpr std::string_view kOp = "storage.s3";
// The metadata that recognizes an object of one writer.
constexpr std::string_view kWriteHeader = "x-amz-meta-siphon-write";
constexpr size_t kShownMessage = 200;

// The value of the header Content-MD5. Services that lock objects demand it.
std::string Md5Of(std::string_view body) {
  std::string digest(MD5_DIGEST_LENGTH, '\0');
  MD5(reinterpret_cast<const uint8_t*>(body.data()), body.size(),
      reinterpret_cast<uint8_t*>(digest.data()));
  return absl::Base64Escape(digest);
}

// The hint for an answer.
std::string HintFor(const Reply& reply) {
  const std::string& code = reply.error.code;
  std::string region = reply.Header("x-amz-bucket-region");
  if (region.empty()) region = reply.error.region;
  if (!region.empty() && (code == "PermanentRedirect" || code == "AuthorizationHeaderMalformed" ||
                          reply.response.status == 301 || code == "IllegalLocationConstraint")) {
    return absl::StrCat("set storage.region to ", base::EscapedExcerpt(region, 40));
  }
  if (code == "InvalidAccessKeyId" || code == "SignatureDoesNotMatch") {
    return "check the credentials: storage.access_key and storage.secret_key, or AWS_ACCESS_KEY_ID "
           "and AWS_SECRET_ACCESS_KEY";
  }
  if (code == "NoSuchBucket") return "create the bucket, or check storage.bucket";
  if (reply.response.status == 403) {
    return "the key needs the rights to list the bucket and to get, put and delete its objects";
  }
  return "";
}

// Reads "bytes 0-99/1234" (RFC 9110).
struct ContentRange {
  uint64_t first = 0, last = 0, total = 0;
};
std::optional<ContentRange> ParseContentRange(std::string_view text) {
  ContentRange range;
  if (!absl::ConsumePrefix(&text, "bytes ")) return std::nullopt;
  const std::pair<std::string_view, std::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('/', 1));
  const std::pair<std::string_view, std::string_view> places =
      absl::StrSplit(parts.first, absl::MaxSplits('-', 1));
  if (!absl::SimpleAtoi(places.first, &range.first) ||
      !absl::SimpleAtoi(places.second, &range.last) ||
      !absl::SimpleAtoi(parts.second, &range.total) || range.first > range.last ||
      range.last >= range.total) {
    return std::nullopt;
  }
  return range;
}

absl::Status WrongRange(std::string_view key) {
  return errs::SystemError(
      kOp, errs::kIo, absl::StrCat("get ", key, ": the server sent another range of the object"));
}

// The lock that the headers of an object tell of. A user without s3:GetObjectRetention does not get
// them.
std::optional<absl::Time> LockOf(const Reply& reply) {
  if (reply.Header("x-amz-object-lock-legal-hold") == "ON") return absl::InfiniteFuture();
  const std::string until = reply.Header("x-amz-object-lock-retain-until-date");
  if (until.empty() && reply.Header("x-amz-object-lock-mode").empty()) return std::nullopt;
  return base::ParseRfc3339(until).value_or(absl::InfiniteFuture());
}

}  // namespace

Bucket::Bucket(std::string name, std::string prefix, std::unique_ptr<Transport> transport)
    : name_(std::move(name)), prefix_(std::move(prefix)), transport_(std::move(transport)) {}

std::string Bucket::Description() const {
  return absl::StrCat("s3://", name_, prefix_.empty() ? "" : "/", prefix_);
}

std::string Bucket::Whole(std::string_view key) const {
  return prefix_.empty() ? std::string(key) : absl::StrCat(prefix_, "/", key);
}

absl::Status Bucket::Failure(std::string_view what, std::string_view key,
                             const Reply& reply) const {
  std::string text = absl::StrCat(what, " ", Description(), key.empty() ? "" : "/", key,
                                  ": the server answered ", reply.response.status);
  if (!reply.error.code.empty()) {
    absl::StrAppend(&text, " ", base::EscapedExcerpt(reply.error.code, kShownMessage));
  }
  if (!reply.error.message.empty()) {
    absl::StrAppend(&text, " (",
                    base::Printable(base::EscapedExcerpt(reply.error.message, kShownMessage)), ")");
  }
  if (reply.attempts > 1) absl::StrAppend(&text, " after ", reply.attempts, " attempts");
  if (reply.error.code == "NoSuchBucket") {
    return errs::UserError(kOp, errs::kNotFound, text, HintFor(reply));
  }
  return errs::SystemError(kOp, errs::kIo, text, HintFor(reply));
}

absl::Status Bucket::Confirm(const base::Context& context, std::string_view key,
                             const WriteOptions& options, absl::Status status) {
  if (status.ok() || options.write.empty() || context.Stopped()) return status;
  const absl::StatusOr<std::optional<Info>> info = Head(context, key);
  if (!info.ok() || !info->has_value()) return status;
  return (*info)->write == options.write ? absl::OkStatus() : status;
}

absl::Status Bucket::Put(const base::Context& context, std::string_view key, std::string body,
                         const WriteOptions& options) {
  Call call{.method = "PUT", .key = Whole(key), .body = std::move(body)};
  call.headers.emplace_back("Content-MD5", Md5Of(call.body));
  if (!options.write.empty()) call.headers.emplace_back(kWriteHeader, options.write);
  if (options.if_absent) call.headers.emplace_back("If-None-Match", "*");
  const absl::StatusOr<Reply> reply = transport_->Send(context, std::move(call));
  if (!reply.ok()) return Confirm(context, key, options, reply.status());
  if (reply->ok()) return absl::OkStatus();
  if (reply->response.status != 412) {
    return Confirm(context, key, options, Failure("put", key, *reply));
  }
  const absl::Status exists =
      errs::UserError(kOp, errs::kAlreadyExists, absl::StrCat(Description(), "/", key));
  // An attempt whose answer was lost may have created it.
  return reply->attempts > 1 ? Confirm(context, key, options, exists) : exists;
}

absl::StatusOr<std::optional<Bucket::Info>> Bucket::Head(const base::Context& context,
                                                         std::string_view key) {
  ASSIGN_OR_RETURN(const Reply reply,
                   transport_->Send(context, {.method = "HEAD", .key = Whole(key)}));
  if (reply.response.status == 404) return std::nullopt;
  if (!reply.ok()) return Failure("look up", key, reply);
  Info info{.size = 0,
            .etag = reply.Header("etag"),
            .write = reply.Header(std::string(kWriteHeader)),
            .locked_until = LockOf(reply)};
  if (!absl::SimpleAtoi(reply.Header("content-length"), &info.size)) {
    return errs::SystemError(kOp, errs::kIo,
                             absl::StrCat("look up ", key, ": the server does not say its size"));
  }
  return info;
}

absl::StatusOr<Bucket::Range> Bucket::Get(const base::Context& context, std::string_view key,
                                          uint64_t offset, size_t size, std::string_view etag) {
  Call call{.method = "GET", .key = Whole(key)};
  call.headers.emplace_back("Range", absl::StrCat("bytes=", offset, "-", offset + size - 1));
  if (!etag.empty()) call.headers.emplace_back("If-Match", etag);
  ASSIGN_OR_RETURN(Reply reply, transport_->Send(context, std::move(call)));
  const int status = reply.response.status;
  if (!etag.empty() && (status == 412 || status == 404)) {
    return errs::SystemError(
        kOp, errs::kIo,
        absl::StrCat(Description(), "/", key, " was replaced or deleted while it was read"),
        "try again");
  }
  if (status == 404 && reply.error.code != "NoSuchBucket") {
    return errs::UserError(kOp, errs::kNotFound,
                           absl::StrCat(Description(), "/", key, " does not exist"));
  }
  Range range{.bytes = {}, .total = 0, .etag = reply.Header("etag")};
  if (status == 416 && offset == 0) {  // An empty object has no first byte.
    ASSIGN_OR_RETURN(const std::optional<Info> info, Head(context, key));
    if (!info.has_value() || info->size != 0) return WrongRange(key);
    range.etag = info->etag;
    return range;
  }
  if (!reply.ok()) return Failure("get", key, reply);
  range.bytes = std::move(reply.response.body);
  if (status == 206) {
    const std::optional<ContentRange> sent = ParseContentRange(reply.Header("content-range"));
    if (!sent.has_value() || sent->first != offset || range.bytes.size() > size ||
        sent->last - sent->first + 1 != range.bytes.size()) {
      return WrongRange(key);
    }
    range.total = sent->total;
  } else {
    if (offset != 0) return WrongRange(key);
    range.total = range.bytes.size();  // The whole object.
  }
  if (!etag.empty() && !range.etag.empty() && range.etag != etag) return WrongRange(key);
  return range;
}

absl::Status Bucket::Delete(const base::Context& context, std::string_view key) {
  ASSIGN_OR_RETURN(const Reply reply,
                   transport_->Send(context, {.method = "DELETE", .key = Whole(key)}));
  const bool missing = reply.response.status == 404 && reply.error.code != "NoSuchBucket";
  return reply.ok() || missing ? absl::OkStatus() : Failure("delete", key, reply);
}

absl::StatusOr<Bucket::Listing> Bucket::List(const base::Context& context,
                                             std::string_view folder) {
  const std::string start = Whole("");
  const std::string prefix = absl::StrCat(start, folder);
  Listing listing;
  std::string token;
  while (true) {
    Call call{.method = "GET", .query = {{"list-type", "2"}, {"delimiter", "/"}}};
    if (!prefix.empty()) call.query.emplace_back("prefix", prefix);
    if (!token.empty()) call.query.emplace_back("continuation-token", token);
    ASSIGN_OR_RETURN(const Reply reply, transport_->Send(context, std::move(call)));
    if (!reply.ok()) return Failure("list", "", reply);
    // If the server does not say it, no object looks old.
    listing.now = ParseHttpDate(reply.Header("date")).value_or(absl::InfinitePast());
    ASSIGN_OR_RETURN(ListPage page, ParseListPage(reply.response.body));
    for (ListedObject& object : page.objects) {
      std::string_view key = object.key;
      if (!absl::ConsumePrefix(&key, start) || !absl::StartsWith(key, folder)) continue;
      object.key = std::string(key);
      listing.objects.push_back(std::move(object));
    }
    if (page.next.empty()) return listing;
    if (page.next == token) {
      return errs::SystemError(kOp, errs::kIo, "the server repeats a part of the list of objects");
    }
    token = std::move(page.next);
  }
}

absl::StatusOr<Bucket::Upload> Bucket::Begin(const base::Context& context, std::string_view key,
                                             std::string_view write) {
  Call call{.method = "POST", .key = Whole(key), .query = {{"uploads", ""}}};
  call.headers.emplace_back(kWriteHeader, write);
  ASSIGN_OR_RETURN(const Reply reply, transport_->Send(context, std::move(call)));
  if (!reply.ok()) return Failure("begin an upload to", key, reply);
  ASSIGN_OR_RETURN(std::string id, ParseUploadId(reply.response.body));
  return Upload{.id = std::move(id), .may_have_twin = reply.attempts > 1};
}

absl::StatusOr<std::string> Bucket::PutPart(const base::Context& context, std::string_view key,
                                            std::string_view upload, int number, std::string body) {
  Call call{.method = "PUT", .key = Whole(key), .body = std::move(body)};
  call.query = {{"partNumber", absl::StrCat(number)}, {"uploadId", std::string(upload)}};
  call.headers.emplace_back("Content-MD5", Md5Of(call.body));
  ASSIGN_OR_RETURN(const Reply reply, transport_->Send(context, std::move(call)));
  if (!reply.ok()) return Failure(absl::StrCat("put part ", number, " of"), key, reply);
  std::string etag = reply.Header("etag");
  if (etag.empty()) {
    return errs::SystemError(
        kOp, errs::kIo,
        absl::StrCat("put part ", number, " of ", key, ": the server sent no ETag"));
  }
  return etag;
}

absl::Status Bucket::Complete(const base::Context& context, std::string_view key,
                              std::string_view upload, const std::vector<std::string>& etags,
                              const WriteOptions& options) {
  Call call{.method = "POST", .key = Whole(key), .body = CompletionBody(etags)};
  call.query = {{"uploadId", std::string(upload)}};
  call.headers.emplace_back("Content-Type", "application/xml");
  if (options.if_absent) call.headers.emplace_back("If-None-Match", "*");
  call.error_in_success = true;
  const absl::StatusOr<Reply> reply = transport_->Send(context, std::move(call));
  absl::Status status;
  if (!reply.ok()) {
    status = reply.status();
  } else if (reply->response.status == 412) {
    status = errs::UserError(kOp, errs::kAlreadyExists, absl::StrCat(Description(), "/", key));
  } else if (!reply->ok()) {
    status = Failure("complete", key, *reply);
  }
  return Confirm(context, key, options, std::move(status));
}

absl::Status Bucket::Abort(const base::Context& context, std::string_view key,
                           std::string_view upload) {
  Call call{.method = "DELETE", .key = Whole(key), .query = {{"uploadId", std::string(upload)}}};
  ASSIGN_OR_RETURN(const Reply reply, transport_->Send(context, std::move(call)));
  const bool missing = reply.response.status == 404;
  return reply.ok() || missing ? absl::OkStatus() : Failure("abort the upload to", key, reply);
}

absl::StatusOr<std::vector<std::string>> Bucket::Uploads(const base::Context& context,
                                                         std::string_view key) {
  const std::string whole = Whole(key);
  std::vector<std::string> ids;
  UploadPage page;
  while (true) {
    Call call{.method = "GET", .query = {{"uploads", ""}, {"prefix", whole}}};
    if (!page.is_last) {
      call.query.emplace_back("key-marker", page.next_key);
      call.query.emplace_back("upload-id-marker", page.next_id);
    }
    ASSIGN_OR_RETURN(const Reply reply, transport_->Send(context, std::move(call)));
    if (!reply.ok()) return Failure("list the uploads to", key, reply);
    ASSIGN_OR_RETURN(UploadPage next, ParseUploadPage(reply.response.body));
    for (ListedUpload& upload : next.uploads) {
      if (upload.key == whole) ids.push_back(std::move(upload.id));
    }
    if (next.is_last) return ids;
    if (!page.is_last && next.next_key == page.next_key && next.next_id == page.next_id) {
      return errs::SystemError(kOp, errs::kIo, "the server repeats a part of the list of uploads");
    }
    page = std::move(next);
  }
}

}  // namespace siphon::s3
