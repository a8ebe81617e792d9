// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/s3_signature.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "openssl/evp.h"
#include "openssl/hmac.h"
#include "openssl/sha.h"
#include "testing/servers/http_server.h"

namespace siphon::testing {
namespace {

constexpr absl::Duration kMostSkew = absl::Minutes(15);

const uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

std::string Sha(std::string_view text) {
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(Bytes(text), text.size(), digest.data());
  return absl::BytesToHexString({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string Mac(const std::string& key, std::string_view text) {
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), key.size(), Bytes(text), text.size(), digest.data(), &size);
  return std::string(reinterpret_cast<const char*>(digest.data()), size);
}

// The fields "Credential", "SignedHeaders" and "Signature" of the header Authorization.
std::map<std::string, std::string> Fields(std::string_view text) {
  std::map<std::string, std::string> fields;
  for (const std::string_view part : absl::StrSplit(text, ", ")) {
    const std::pair<std::string, std::string> field = absl::StrSplit(part, absl::MaxSplits('=', 1));
    fields.insert(field);
  }
  return fields;
}

std::string HeaderOf(const HttpRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

std::optional<S3Refusal> CheckTime(const std::string& stamp, absl::Time now) {
  // "20130524T000000Z"
  absl::Time time;
  const std::string_view text = stamp;
  if (text.size() != 16 || !absl::ParseTime("%Y-%m-%dT%H:%M:%SZ",
                                            absl::StrCat(text.substr(0, 4), "-", text.substr(4, 2),
                                                         "-", text.substr(6, 5), ":",
                                                         text.substr(11, 2), ":", text.substr(13)),
                                            &time, nullptr)) {
    return S3Refusal{403, "AccessDenied", absl::StrCat("x-amz-date is ", stamp)};
  }
  if (absl::AbsDuration(time - now) <= kMostSkew) return std::nullopt;
  return S3Refusal{403, "RequestTimeTooSkewed", ""};
}

std::optional<S3Refusal> CheckPayload(const HttpRequest& request) {
  const std::string hash = HeaderOf(request, "x-amz-content-sha256");
  if (absl::StartsWith(hash, "STREAMING-") || hash == "UNSIGNED-PAYLOAD") {
    return S3Refusal{501, "NotImplemented", absl::StrCat("the payload hash is ", hash)};
  }
  if (hash == Sha(request.body)) return std::nullopt;
  return S3Refusal{400, "XAmzContentSHA256Mismatch", "the payload hash is wrong"};
}

// The canonical request of what was received.
std::string Canonical(const HttpRequest& request, const std::vector<std::string>& signed_names) {
  const std::pair<std::string, std::string> target =
      absl::StrSplit(request.target, absl::MaxSplits('?', 1));
  std::vector<std::string> query;
  if (!target.second.empty()) query = absl::StrSplit(target.second, '&');
  std::sort(query.begin(), query.end());
  std::string text =
      absl::StrCat(request.method, "\n", target.first, "\n", absl::StrJoin(query, "&"), "\n");
  for (const std::string& name : signed_names) {
    std::string value = HeaderOf(request, name);
    absl::RemoveExtraAsciiWhitespace(&value);
    absl::StrAppend(&text, name, ":", value, "\n");
  }
  return absl::StrCat(text, "\n", absl::StrJoin(signed_names, ";"), "\n",
                      HeaderOf(request, "x-amz-content-sha256"));
}

}  // namespace

std::optional<S3Refusal> CheckS3Signature(const HttpRequest& request, const S3Secrets& secrets,
                                          absl::Time now) {
  std::string_view authorization = request.headers.contains("authorization")
                                       ? request.headers.at("authorization")
                                       : std::string_view();
  constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256 ";
  if (!absl::StartsWith(authorization, kAlgorithm)) {
    return S3Refusal{403, "AccessDenied", "there is no signature"};
  }
  authorization.remove_prefix(kAlgorithm.size());
  std::map<std::string, std::string> fields = Fields(authorization);
  const std::string stamp = HeaderOf(request, "x-amz-date");
  if (auto refusal = CheckTime(stamp, now)) return refusal;
  const std::string date = stamp.substr(0, 8);
  const std::string scope = absl::StrCat(date, "/", secrets.region, "/s3/aws4_request");
  const std::string credential = fields["Credential"];
  if (!absl::StartsWith(credential, absl::StrCat(secrets.access_key, "/"))) {
    return S3Refusal{403, "InvalidAccessKeyId", "another access key"};
  }
  if (credential != absl::StrCat(secrets.access_key, "/", scope)) {
    return S3Refusal{400, "AuthorizationHeaderMalformed", absl::StrCat("scope: ", credential)};
  }
  const std::vector<std::string> names = absl::StrSplit(fields["SignedHeaders"], ';');
  for (const auto& [name, value] : request.headers) {
    const bool must = name == "host" || name == "content-md5" || name == "range" ||
                      absl::StartsWith(name, "x-amz-") || absl::StartsWith(name, "if-");
    if (must && std::find(names.begin(), names.end(), name) == names.end()) {
      return S3Refusal{403, "AccessDenied", absl::StrCat("the header ", name, " is not signed")};
    }
  }
  std::string key = Mac(absl::StrCat("AWS4", secrets.secret_key), date);
  for (const std::string_view step : {std::string_view(secrets.region), std::string_view("s3"),
                                      std::string_view("aws4_request")}) {
    key = Mac(key, step);
  }
  const std::string signature =
      absl::BytesToHexString(Mac(key, absl::StrCat("AWS4-HMAC-SHA256\n", stamp, "\n", scope, "\n",
                                                   Sha(Canonical(request, names)))));
  if (fields["Signature"] != signature) {
    return S3Refusal{403, "SignatureDoesNotMatch", "the signature is wrong"};
  }
  if (HeaderOf(request, "x-amz-security-token") != secrets.token) {
    return S3Refusal{403, "InvalidToken", "another session token"};
  }
  return CheckPayload(request);
}

std::string PercentDecode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    int byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        absl::SimpleHexAtoi(text.substr(i + 1, 2), &byte)) {
      out.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace siphon::testing
