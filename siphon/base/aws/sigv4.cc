// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/aws/sigv4.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "openssl/evp.h"
#include "openssl/hmac.h"
#include "openssl/sha.h"

namespace siphon::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string Hmac(std::string_view key, std::string_view data) {
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), key.size(), reinterpret_cast<const uint8_t*>(data.data()),
       data.size(), digest.data(), &size);
  return std::string(reinterpret_cast<const char*>(digest.data()), size);
}

// A header's value without spaces at its ends, and with one space for several.
std::string TrimAll(std::string_view value) {
  std::string out(value);
  absl::RemoveExtraAsciiWhitespace(&out);
  return out;
}

// The headers by their names in lower case. Values of a name are joined by ','.
std::map<std::string, std::string> CanonicalHeaders(const Pairs& headers) {
  std::map<std::string, std::string> canonical;
  for (const auto& [name, value] : headers) {
    const auto [it, is_new] = canonical.emplace(absl::AsciiStrToLower(name), TrimAll(value));
    if (!is_new) absl::StrAppend(&it->second, ",", TrimAll(value));
  }
  return canonical;
}

std::string SignedHeaders(const std::map<std::string, std::string>& headers) {
  return absl::StrJoin(headers, ";", [](std::string* out, const auto& header) {
    absl::StrAppend(out, header.first);
  });
}

// "20130524/us-east-1/s3/aws4_request"
std::string ScopeText(const SigningScope& scope, std::string_view date) {
  return absl::StrCat(date, "/", scope.region, "/", scope.service, "/aws4_request");
}

std::string SigningKey(std::string_view secret, const SigningScope& scope, std::string_view date) {
  std::string key = Hmac(absl::StrCat("AWS4", secret), date);
  key = Hmac(key, scope.region);
  key = Hmac(key, scope.service);
  return Hmac(key, "aws4_request");
}

}  // namespace

std::string HexSha256(std::string_view data) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const uint8_t*>(data.data()), data.size(),
         reinterpret_cast<uint8_t*>(digest.data()));
  return absl::BytesToHexString(digest);
}

std::string UriEncode(std::string_view text, bool keep_slash) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~' ||
        (c == '/' && keep_slash)) {
      out.push_back(c);
    } else {
      absl::StrAppendFormat(&out, "%%%02X", byte);
    }
  }
  return out;
}

std::string EncodeQuery(const Pairs& query) {
  std::vector<std::pair<std::string, std::string>> encoded;
  for (const auto& [name, value] : query) {
    encoded.emplace_back(UriEncode(name, false), UriEncode(value, false));
  }
  std::sort(encoded.begin(), encoded.end());
  return absl::StrJoin(encoded, "&", absl::PairFormatter("="));
}

std::string FormatAmzDate(absl::Time time) {
  return absl::FormatTime("%Y%m%dT%H%M%SZ", time, absl::UTCTimeZone());
}

std::string CanonicalRequest(const SigningInput& input) {
  const std::map<std::string, std::string> headers = CanonicalHeaders(input.headers);
  std::string out =
      absl::StrCat(input.method, "\n", input.path, "\n", EncodeQuery(input.query), "\n");
  for (const auto& [name, value] : headers) absl::StrAppend(&out, name, ":", value, "\n");
  absl::StrAppend(&out, "\n", SignedHeaders(headers), "\n", input.payload_hash);
  return out;
}

std::string Authorization(const SigningInput& input, const Credentials& credentials,
                          const SigningScope& scope, absl::Time time) {
  const std::string stamp = FormatAmzDate(time);
  const std::string date = stamp.substr(0, 8);
  const std::string scope_text = ScopeText(scope, date);
  const std::string to_sign = absl::StrCat(kAlgorithm, "\n", stamp, "\n", scope_text, "\n",
                                           HexSha256(CanonicalRequest(input)));
  const std::string signature =
      absl::BytesToHexString(Hmac(SigningKey(credentials.secret_key, scope, date), to_sign));
  return absl::StrCat(kAlgorithm, " Credential=", credentials.access_key, "/", scope_text,
                      ", SignedHeaders=", SignedHeaders(CanonicalHeaders(input.headers)),
                      ", Signature=", signature);
}

}  // namespace siphon::aws
