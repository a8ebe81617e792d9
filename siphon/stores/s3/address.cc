// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/s3/address.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/aws/sigv4.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/http/url.h"

namespace siphon::s3 {
namespace {

constexpr std::string_view kOp = "storage.s3";
constexpr size_t kShown = 80;
constexpr size_t kMaxBucket = 255;

absl::Status Refuse(std::string_view setting, std::string_view value, std::string_view why,
                    std::string_view hint = "") {
  return errs::UserError(
      kOp, errs::kConfigInvalid,
      absl::StrCat("storage.", setting, " \"", base::EscapedExcerpt(value, kShown), "\" ", why),
      hint);
}

bool IsAlnum(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }

// The names that any service allows; AWS allows fewer.
absl::Status CheckBucket(std::string_view bucket) {
  const bool right = std::all_of(bucket.begin(), bucket.end(), [](char c) {
    return IsAlnum(c) || c == '.' || c == '-' || c == '_';
  });
  if (!bucket.empty() && bucket.size() <= kMaxBucket && right && IsAlnum(bucket[0])) {
    return absl::OkStatus();
  }
  return Refuse("bucket", bucket, "is not the name of a bucket",
                "a name has letters, digits, '.', '-' and '_'; folders go into storage.prefix");
}

absl::Status CheckRegion(std::string_view region) {
  const bool right = std::all_of(region.begin(), region.end(),
                                 [](char c) { return IsAlnum(c) || c == '-' || c == '_'; });
  return right ? absl::OkStatus() : Refuse("region", region, "is not the name of a region");
}

// True if a certificate for *.host is also one for bucket.host.
bool FitsHost(std::string_view bucket) {
  return bucket.size() <= 63 && std::all_of(bucket.begin(), bucket.end(), [](char c) {
           return absl::ascii_islower(static_cast<unsigned char>(c)) ||
                  absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-';
         });
}

}  // namespace

absl::StatusOr<Address> Address::Make(const Options& options) {
  RETURN_IF_ERROR(CheckBucket(options.bucket));
  RETURN_IF_ERROR(CheckRegion(options.region));
  Address address;
  address.region_ = options.region.empty() ? "us-east-1" : options.region;
  std::string endpoint = options.endpoint;
  if (endpoint.empty()) {
    endpoint = absl::StrCat("https://s3.", address.region_, ".amazonaws.com",
                            absl::StartsWith(address.region_, "cn-") ? ".cn" : "");
  } else if (!absl::StrContains(endpoint, "://")) {
    endpoint = absl::StrCat("https://", endpoint);
  }
  if (!http::CheckUrl(endpoint).ok() || endpoint.find_first_of("?@") != std::string::npos) {
    return Refuse("endpoint", http::ShownUrl(endpoint), "is not the URL of a service",
                  "the form is https://host or https://host:port");
  }
  const size_t host = endpoint.find("://") + 3;
  const size_t path = std::min(endpoint.find('/', host), endpoint.size());
  address.scheme_ = absl::AsciiStrToLower(endpoint.substr(0, host));
  address.host_ = absl::AsciiStrToLower(endpoint.substr(host, path - host));
  address.root_ = std::string(absl::StripSuffix(endpoint.substr(path), "/"));
  // curl leaves the port out of the header Host in the same way.
  const std::string_view usual = address.scheme_ == "https://" ? ":443" : ":80";
  address.host_ = std::string(absl::StripSuffix(address.host_, usual));
  const bool path_style =
      options.path_style.value_or(!options.endpoint.empty() || !FitsHost(options.bucket));
  if (path_style) {
    absl::StrAppend(&address.root_, "/", options.bucket);
  } else {
    address.host_ = absl::StrCat(options.bucket, ".", address.host_);
  }
  return address;
}

std::string Address::Path(std::string_view key) const {
  if (key.empty()) return root_.empty() ? "/" : root_;
  return absl::StrCat(root_, "/", aws::UriEncode(key, true));
}

std::string Address::Url(std::string_view path, const aws::Pairs& query) const {
  return absl::StrCat(scheme_, host_, path, query.empty() ? "" : "?", aws::EncodeQuery(query));
}

}  // namespace siphon::s3
