// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/s3_server.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "errs/status_macros.h"
#include "openssl/md5.h"
#include "siphon/base/clock.h"
#include "siphon/base/xml.h"
#include "testing/servers/http_server.h"
#include "testing/servers/s3_signature.h"

namespace siphon::testing {
namespace {

constexpr std::string_view kMetadata = "x-amz-meta-";

struct StoredObject {
  std::string data, etag;
  absl::Time modified;
  std::map<std::string, std::string> metadata;
};

struct StoredUpload {
  std::string key;
  std::map<std::string, std::string> metadata;
  std::map<int, StoredObject> parts;
};

// A request with its target taken apart.
struct Parsed {
  const HttpRequest* request = nullptr;
  bool right_bucket = false;
  std::string key;  // Empty for the bucket.
  std::map<std::string, std::string> query;

  std::string Header(const std::string& name) const {
    const auto found = request->headers.find(name);
    return found == request->headers.end() ? "" : found->second;
  }
  std::string Query(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? "" : found->second;
  }
};

Parsed Parse(const HttpRequest& request) {
  Parsed parsed;
  parsed.request = &request;
  const std::pair<std::string, std::string> target =
      absl::StrSplit(request.target, absl::MaxSplits('?', 1));
  std::string path = PercentDecode(target.first).substr(1);
  const std::string bucket(S3Server::kBucket);
  if (absl::StartsWith(parsed.Header("host"), bucket + ".")) {
    parsed.right_bucket = true;
    parsed.key = path;
  } else {
    const std::pair<std::string, std::string> parts = absl::StrSplit(path, absl::MaxSplits('/', 1));
    parsed.right_bucket = parts.first == bucket;
    parsed.key = parts.second;
  }
  for (const std::string_view item : absl::StrSplit(target.second, '&', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(item, absl::MaxSplits('=', 1));
    parsed.query[PercentDecode(pair.first)] = PercentDecode(pair.second);
  }
  return parsed;
}

std::string Md5(std::string_view text) {
  std::string digest(MD5_DIGEST_LENGTH, '\0');
  MD5(reinterpret_cast<const uint8_t*>(text.data()), text.size(),
      reinterpret_cast<uint8_t*>(digest.data()));
  return absl::Base64Escape(digest);
}

std::map<std::string, std::string> MetadataOf(const HttpRequest& request) {
  std::map<std::string, std::string> metadata;
  for (const auto& [name, value] : request.headers) {
    if (absl::StartsWith(name, kMetadata)) metadata[name] = value;
  }
  return metadata;
}

std::string HttpDate(absl::Time time) {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", time, absl::UTCTimeZone());
}

std::string Document(std::string_view name, std::string_view content) {
  return absl::StrCat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<", name,
                      " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">", content, "</", name,
                      ">");
}

}  // namespace

HttpAnswer S3Error(int status, std::string_view code, std::string_view headers) {
  return Answer(status,
                absl::StrCat("<?xml version=\"1.0\"?><Error><Code>", code,
                             "</Code><Message>as a test wants</Message></Error>"),
                headers);
}

struct S3Server::State {
  absl::Time Now() const { return base::Clock::System().Now() + offset; }
  std::string Date() const { return absl::StrCat("Date: ", HttpDate(Now()), "\r\n"); }
  HttpAnswer Error(int status, std::string_view code) const {
    return S3Error(status, code, Date());
  }
  HttpAnswer Xml(std::string_view name, std::string_view content) const {
    return Answer(200, Document(name, content), Date());
  }

  HttpAnswer Handle(const HttpRequest& request);
  HttpAnswer Serve(const HttpRequest& request);
  // An answer if the request may not be served.
  std::optional<HttpAnswer> Refuse(const HttpRequest& request);
  std::optional<HttpAnswer> CheckAbsence(const Parsed& parsed);
  HttpAnswer List(const Parsed& parsed);
  HttpAnswer ListUploads(const Parsed& parsed);
  HttpAnswer Get(const Parsed& parsed);
  HttpAnswer Put(const Parsed& parsed);
  HttpAnswer PutPart(const Parsed& parsed);
  HttpAnswer Begin(const Parsed& parsed);
  HttpAnswer Complete(const Parsed& parsed);
  HttpAnswer Abort(const Parsed& parsed);
  // The code of the error, or "" and the parts of the object in `data`.
  std::string Join(const StoredUpload& upload, const base::XmlElement& document, std::string& data);
  std::string NewEtag() { return absl::StrCat("\"etag-", ++counter, "\""); }

  S3Quirks quirks;
  mutable std::mutex mutex;
  absl::Duration offset;
  std::string token;
  FaultSource faults;
  int requests = 0;
  int counter = 0;
  std::map<std::string, StoredObject> objects;
  std::map<std::string, StoredUpload> uploads;
  std::vector<size_t> last_parts;
  std::vector<std::string> lines, complaints;
  std::unique_ptr<HttpServer> http;  // The last member: it ends before the others go.
};

HttpAnswer S3Server::State::Handle(const HttpRequest& request) {
  std::optional<Fault> fault;
  FaultSource source;
  int number = 0;
  {
    const std::scoped_lock lock(mutex);
    lines.push_back(absl::StrCat(request.method, " ", request.target));
    number = requests++;
    source = faults;
  }
  if (source) fault = source(number, request);
  if (fault.has_value() && !fault->after) return fault->answer;
  const std::scoped_lock lock(mutex);
  HttpAnswer answer = Serve(request);
  return fault.has_value() ? fault->answer : answer;
}

std::optional<HttpAnswer> S3Server::State::Refuse(const HttpRequest& request) {
  const std::optional<S3Refusal> refusal = CheckS3Signature(request,
                                                            {.access_key = std::string(kAccessKey),
                                                             .secret_key = std::string(kSecretKey),
                                                             .region = std::string(kRegion),
                                                             .token = token},
                                                            Now());
  if (refusal.has_value()) {
    if (!refusal->why.empty()) {
      complaints.push_back(absl::StrCat(request.method, " ", request.target, ": ", refusal->why));
    }
    // The answer to HEAD has no body.
    if (request.method == "HEAD") return Answer(refusal->status, "", Date());
    return Error(refusal->status, refusal->code);
  }
  const auto md5 = request.headers.find("content-md5");
  if (md5 != request.headers.end() && md5->second != Md5(request.body)) {
    complaints.push_back("Content-MD5 is wrong");
    return Error(400, "BadDigest");
  }
  return std::nullopt;
}

HttpAnswer S3Server::State::Serve(const HttpRequest& request) {
  if (std::optional<HttpAnswer> refusal = Refuse(request)) return *refusal;
  const Parsed parsed = Parse(request);
  const std::string& method = request.method;
  if (!parsed.right_bucket) return Error(404, "NoSuchBucket");
  if (parsed.key.empty()) {
    if (method == "GET" && parsed.query.contains("uploads")) return ListUploads(parsed);
    if (method == "GET" && parsed.Query("list-type") == "2") return List(parsed);
    return Error(501, "NotImplemented");
  }
  if (method == "GET" || method == "HEAD") return Get(parsed);
  if (method == "PUT") return parsed.query.contains("partNumber") ? PutPart(parsed) : Put(parsed);
  if (method == "POST" && parsed.query.contains("uploads")) return Begin(parsed);
  if (method == "POST" && parsed.query.contains("uploadId")) return Complete(parsed);
  if (method != "DELETE") return Error(501, "NotImplemented");
  if (parsed.query.contains("uploadId")) return Abort(parsed);
  objects.erase(parsed.key);
  return Answer(204, "", Date());
}

std::optional<HttpAnswer> S3Server::State::CheckAbsence(const Parsed& parsed) {
  if (parsed.Header("if-none-match").empty()) return std::nullopt;
  if (quirks.conditions == S3Quirks::Conditions::kRefused) return Error(501, "NotImplemented");
  if (quirks.conditions == S3Quirks::Conditions::kIgnored) return std::nullopt;
  if (objects.contains(parsed.key)) return Error(412, "PreconditionFailed");
  return std::nullopt;
}

HttpAnswer S3Server::State::List(const Parsed& parsed) {
  const std::string prefix = parsed.Query("prefix"), after = parsed.Query("continuation-token");
  const std::string delimiter = parsed.Query("delimiter");
  std::string content;
  std::set<std::string> folders;
  size_t count = 0;
  std::string last;
  for (const auto& [key, object] : objects) {
    if (!absl::StartsWith(key, prefix) || (!after.empty() && key <= after)) continue;
    const size_t end = delimiter.empty() ? key.npos : key.find(delimiter, prefix.size());
    if (end != key.npos) {
      folders.insert(key.substr(0, end + 1));
      continue;
    }
    if (count == quirks.page) {
      absl::StrAppend(&content, "<IsTruncated>true</IsTruncated><NextContinuationToken>",
                      base::EscapeXml(last), "</NextContinuationToken>");
      break;
    }
    ++count;
    last = key;
    absl::StrAppend(&content, "<Contents><Key>", base::EscapeXml(key), "</Key><LastModified>",
                    absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", object.modified, absl::UTCTimeZone()),
                    "</LastModified><Size>", object.data.size(), "</Size></Contents>");
  }
  for (const std::string& folder : folders) {
    absl::StrAppend(&content, "<CommonPrefixes><Prefix>", base::EscapeXml(folder),
                    "</Prefix></CommonPrefixes>");
  }
  return Xml("ListBucketResult", content);
}

HttpAnswer S3Server::State::ListUploads(const Parsed& parsed) {
  std::set<std::pair<std::string, std::string>> sorted;
  for (const auto& [id, upload] : uploads) {
    if (absl::StartsWith(upload.key, parsed.Query("prefix"))) sorted.emplace(upload.key, id);
  }
  const std::pair<std::string, std::string> after(parsed.Query("key-marker"),
                                                  parsed.Query("upload-id-marker"));
  std::string content;
  size_t count = 0;
  std::pair<std::string, std::string> last;
  for (const auto& upload : sorted) {
    if (upload <= after) continue;
    if (count == quirks.page) {
      absl::StrAppend(&content, "<IsTruncated>true</IsTruncated><NextKeyMarker>",
                      base::EscapeXml(last.first), "</NextKeyMarker><NextUploadIdMarker>",
                      last.second, "</NextUploadIdMarker>");
      break;
    }
    ++count;
    last = upload;
    absl::StrAppend(&content, "<Upload><Key>", base::EscapeXml(upload.first), "</Key><UploadId>",
                    upload.second, "</UploadId></Upload>");
  }
  return Xml("ListMultipartUploadsResult", content);
}

HttpAnswer S3Server::State::Get(const Parsed& parsed) {
  const bool head = parsed.request->method == "HEAD";
  const auto found = objects.find(parsed.key);
  if (found == objects.end()) {
    return head ? Answer(404, "", Date()) : Error(404, "NoSuchKey");
  }
  const StoredObject& object = found->second;
  const std::string match = parsed.Header("if-match");
  if (!match.empty() && match != object.etag) return Error(412, "PreconditionFailed");
  std::string headers = absl::StrCat(Date(), "ETag: ", object.etag, "\r\n");
  for (const auto& [name, value] : object.metadata) {
    absl::StrAppend(&headers, name, ": ", value, "\r\n");
  }
  if (head) {
    return {.bytes = absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", object.data.size(),
                                  "\r\nConnection: close\r\n", headers, "\r\n")};
  }
  const std::string range = parsed.Header("range");
  if (range.empty()) return Answer(200, object.data, headers);
  const std::pair<std::string, std::string> places =
      absl::StrSplit(absl::StripPrefix(range, "bytes="), absl::MaxSplits('-', 1));
  uint64_t first = 0, last = 0;
  if (!absl::SimpleAtoi(places.first, &first) || !absl::SimpleAtoi(places.second, &last) ||
      first > last || first >= object.data.size()) {
    return Error(416, "InvalidRange");
  }
  last = std::min<uint64_t>(last, object.data.size() - 1);
  absl::StrAppend(&headers, "Content-Range: bytes ", first, "-", last, "/", object.data.size(),
                  "\r\n");
  return Answer(206, std::string_view(object.data).substr(first, last - first + 1), headers);
}

HttpAnswer S3Server::State::Put(const Parsed& parsed) {
  if (std::optional<HttpAnswer> refusal = CheckAbsence(parsed)) return *refusal;
  StoredObject& object = objects[parsed.key];
  object = {.data = parsed.request->body,
            .etag = NewEtag(),
            .modified = Now(),
            .metadata = MetadataOf(*parsed.request)};
  return Answer(200, "", absl::StrCat(Date(), "ETag: ", object.etag, "\r\n"));
}

HttpAnswer S3Server::State::Begin(const Parsed& parsed) {
  const std::string id = absl::StrCat("upload-", ++counter);
  uploads[id] = {.key = parsed.key, .metadata = MetadataOf(*parsed.request), .parts = {}};
  return Xml("InitiateMultipartUploadResult", absl::StrCat("<UploadId>", id, "</UploadId>"));
}

HttpAnswer S3Server::State::PutPart(const Parsed& parsed) {
  const auto upload = uploads.find(parsed.Query("uploadId"));
  int number = 0;
  if (upload == uploads.end() || upload->second.key != parsed.key) {
    return Error(404, "NoSuchUpload");
  }
  if (!absl::SimpleAtoi(parsed.Query("partNumber"), &number) || number < 1 || number > 10'000) {
    return Error(400, "InvalidArgument");
  }
  StoredObject& part = upload->second.parts[number];
  part = {.data = parsed.request->body, .etag = NewEtag(), .modified = Now(), .metadata = {}};
  return Answer(200, "", absl::StrCat(Date(), "ETag: ", part.etag, "\r\n"));
}

std::string S3Server::State::Join(const StoredUpload& upload, const base::XmlElement& document,
                                  std::string& data) {
  std::vector<size_t> sizes;
  int last = 0;
  for (const base::XmlElement& part : document.children) {
    int number = 0;
    if (!absl::SimpleAtoi(part.Text("PartNumber"), &number)) return "MalformedXML";
    if (number <= last) return "InvalidPartOrder";
    last = number;
    const auto found = upload.parts.find(number);
    if (found == upload.parts.end() || found->second.etag != part.Text("ETag")) {
      return "InvalidPart";
    }
    sizes.push_back(found->second.data.size());
    data += found->second.data;
  }
  if (sizes.empty()) return "MalformedXML";
  for (size_t i = 0; i + 1 < sizes.size(); ++i) {
    if (sizes[i] < quirks.min_part) return "EntityTooSmall";
    if (quirks.equal_parts && sizes[i] != sizes[0]) return "InvalidPart";
  }
  if (quirks.equal_parts && sizes.back() > sizes[0]) return "InvalidPart";
  last_parts = sizes;
  return "";
}

HttpAnswer S3Server::State::Complete(const Parsed& parsed) {
  const auto upload = uploads.find(parsed.Query("uploadId"));
  if (upload == uploads.end() || upload->second.key != parsed.key) {
    return Error(404, "NoSuchUpload");
  }
  if (std::optional<HttpAnswer> refusal = CheckAbsence(parsed)) return *refusal;
  const absl::StatusOr<base::XmlElement> document = base::ParseXml(parsed.request->body);
  if (!document.ok() || document->name != "CompleteMultipartUpload") {
    return Error(400, "MalformedXML");
  }
  std::string data;
  const std::string code = Join(upload->second, *document, data);
  if (!code.empty()) return Error(400, code);
  objects[parsed.key] = {.data = std::move(data),
                         .etag = NewEtag(),
                         .modified = Now(),
                         .metadata = upload->second.metadata};
  uploads.erase(upload);
  return Xml("CompleteMultipartUploadResult",
             absl::StrCat("<Key>", base::EscapeXml(parsed.key), "</Key>"));
}

HttpAnswer S3Server::State::Abort(const Parsed& parsed) {
  if (uploads.erase(parsed.Query("uploadId")) == 0) return Error(404, "NoSuchUpload");
  return Answer(204, "", Date());
}

S3Server::S3Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
S3Server::~S3Server() = default;

absl::StatusOr<std::unique_ptr<S3Server>> S3Server::Start(
    const S3Quirks& quirks, const std::optional<CertificateFiles>& tls) {
  auto state = std::make_unique<State>();
  state->quirks = quirks;
  State* const running = state.get();
  ASSIGN_OR_RETURN(
      state->http,
      HttpServer::Start([running](const HttpRequest& request) { return running->Handle(request); },
                        tls));
  return std::unique_ptr<S3Server>(new S3Server(std::move(state)));
}

std::string S3Server::endpoint() const { return state_->http->Url(""); }

void S3Server::SetFaults(FaultSource faults) {
  const std::scoped_lock lock(state_->mutex);
  state_->faults = std::move(faults);
  state_->requests = 0;
}

void S3Server::AdvanceClock(absl::Duration duration) {
  const std::scoped_lock lock(state_->mutex);
  state_->offset += duration;
}

void S3Server::RequireToken(std::string token) {
  const std::scoped_lock lock(state_->mutex);
  state_->token = std::move(token);
}

std::vector<std::string> S3Server::Keys() const {
  const std::scoped_lock lock(state_->mutex);
  std::vector<std::string> keys;
  for (const auto& [key, object] : state_->objects) keys.push_back(key);
  return keys;
}

std::optional<std::string> S3Server::Object(std::string_view key) const {
  const std::scoped_lock lock(state_->mutex);
  const auto found = state_->objects.find(std::string(key));
  if (found == state_->objects.end()) return std::nullopt;
  return found->second.data;
}

void S3Server::PutObject(std::string_view key, std::string_view data) {
  const std::scoped_lock lock(state_->mutex);
  state_->objects[std::string(key)] = {.data = std::string(data),
                                       .etag = state_->NewEtag(),
                                       .modified = state_->Now(),
                                       .metadata = {}};
}

void S3Server::DeleteObject(std::string_view key) {
  const std::scoped_lock lock(state_->mutex);
  state_->objects.erase(std::string(key));
}

std::vector<std::string> S3Server::Uploads() const {
  const std::scoped_lock lock(state_->mutex);
  std::vector<std::string> keys;
  for (const auto& [id, upload] : state_->uploads) keys.push_back(upload.key);
  return keys;
}

std::vector<size_t> S3Server::LastParts() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->last_parts;
}

std::vector<std::string> S3Server::lines() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->lines;
}

std::vector<std::string> S3Server::complaints() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->complaints;
}

}  // namespace siphon::testing
