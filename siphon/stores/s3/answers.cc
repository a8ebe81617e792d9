// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/s3/answers.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/clock.h"
#include "siphon/base/xml.h"

namespace siphon::s3 {
namespace {

constexpr std::string_view kOp = "storage.s3";

absl::Status Unexpected(std::string_view what) {
  return errs::SystemError(kOp, errs::kIo,
                           absl::StrCat("the answer of the server is not as expected: ", what),
                           "check that storage.endpoint is that of an S3 service");
}

// The root element of an answer, which must have this name.
absl::StatusOr<base::XmlElement> Root(std::string_view body, std::string_view name) {
  absl::StatusOr<base::XmlElement> root = base::ParseXml(body);
  if (!root.ok()) {
    const std::optional<errs::Error> error = errs::GetError(root.status());
    return Unexpected(error.has_value() ? error->detail : "no XML");
  }
  if (root->name != name) return Unexpected(absl::StrCat("no ", name));
  return root;
}

ErrorAnswer ErrorOf(const base::XmlElement& root) {
  return {.code = std::string(root.Text("Code")),
          .message = std::string(root.Text("Message")),
          .region = std::string(root.Text("Region"))};
}

bool IsTrue(std::string_view text) { return text == "true"; }

absl::StatusOr<ListedObject> ObjectOf(const base::XmlElement& contents) {
  ListedObject object;
  object.key = std::string(contents.Text("Key"));
  if (object.key.empty()) return Unexpected("an object without a key");
  if (!absl::SimpleAtoi(contents.Text("Size"), &object.size)) {
    return Unexpected("an object without a size");
  }
  const absl::StatusOr<absl::Time> modified = base::ParseRfc3339(contents.Text("LastModified"));
  if (modified.ok()) object.modified = *modified;
  return object;
}

}  // namespace

ErrorAnswer ParseError(std::string_view body) {
  const absl::StatusOr<base::XmlElement> root = base::ParseXml(body);
  if (!root.ok() || root->name != "Error") return {};
  return ErrorOf(*root);
}

absl::StatusOr<ListPage> ParseListPage(std::string_view body) {
  ASSIGN_OR_RETURN(const base::XmlElement root, Root(body, "ListBucketResult"));
  ListPage page;
  for (const base::XmlElement& child : root.children) {
    if (child.name != "Contents") continue;
    ASSIGN_OR_RETURN(ListedObject object, ObjectOf(child));
    page.objects.push_back(std::move(object));
  }
  if (!IsTrue(root.Text("IsTruncated"))) return page;
  page.next = std::string(root.Text("NextContinuationToken"));
  if (page.next.empty()) return Unexpected("a part of a list without a token for the rest");
  return page;
}

absl::StatusOr<UploadPage> ParseUploadPage(std::string_view body) {
  ASSIGN_OR_RETURN(const base::XmlElement root, Root(body, "ListMultipartUploadsResult"));
  UploadPage page;
  for (const base::XmlElement& child : root.children) {
    if (child.name != "Upload") continue;
    ListedUpload upload{.key = std::string(child.Text("Key")),
                        .id = std::string(child.Text("UploadId"))};
    if (upload.key.empty() || upload.id.empty()) return Unexpected("an upload without an id");
    page.uploads.push_back(std::move(upload));
  }
  if (!IsTrue(root.Text("IsTruncated"))) return page;
  page.is_last = false;
  page.next_key = std::string(root.Text("NextKeyMarker"));
  page.next_id = std::string(root.Text("NextUploadIdMarker"));
  if (page.next_key.empty()) return Unexpected("a part of a list without a place for the rest");
  return page;
}

absl::StatusOr<std::string> ParseUploadId(std::string_view body) {
  ASSIGN_OR_RETURN(const base::XmlElement root, Root(body, "InitiateMultipartUploadResult"));
  std::string id(root.Text("UploadId"));
  if (id.empty()) return Unexpected("an upload without an id");
  return id;
}

absl::StatusOr<std::optional<ErrorAnswer>> ParseCompletion(std::string_view body) {
  const absl::StatusOr<base::XmlElement> root = base::ParseXml(body);
  if (root.ok() && root->name == "Error") return ErrorOf(*root);
  RETURN_IF_ERROR(Root(body, "CompleteMultipartUploadResult").status());
  return std::nullopt;
}

std::optional<absl::Time> ParseHttpDate(std::string_view text) {
  absl::Time time;
  if (!absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", text, &time, nullptr)) return std::nullopt;
  return time;
}

std::string CompletionBody(const std::vector<std::string>& etags) {
  std::string body = "<CompleteMultipartUpload>";
  int number = 0;
  for (const std::string& etag : etags) {
    absl::StrAppend(&body, "<Part><PartNumber>", ++number, "</PartNumber><ETag>",
                    base::EscapeXml(etag), "</ETag></Part>");
  }
  return absl::StrCat(body, "</CompleteMultipartUpload>");
}

}  // namespace siphon::s3
