// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_AWS_SIGV4_H_
#define SIPHON_BASE_AWS_SIGV4_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"

// Signature Version 4 of AWS, which S3 and its compatible services check ("AWS Signature Version 4
// for API requests" in the IAM User Guide; "Authenticating Requests: Using the Authorization
// Header" in the API reference of S3).
namespace siphon::aws {

struct Credentials {
  std::string access_key = {};     // The id of the key; not a secret.
  std::string secret_key = {};     // A secret.
  std::string session_token = {};  // A secret; empty for keys that do not expire.
  std::string origin = {};         // For messages: "the environment".
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

// The parts of a request that the signature covers.
struct SigningInput {
  std::string method;
  std::string path;          // As it is sent: percent-encoded, beginning with '/'.
  Pairs query;               // Names and values, not encoded.
  Pairs headers;             // Every header to sign; "host" and "x-amz-date" must be among them.
  std::string payload_hash;  // HexSha256() of the body.
};

struct SigningScope {
  std::string region;   // "eu-central-1"
  std::string service;  // "s3"
};

// The SHA-256 of `data` as 64 lower-case hex digits.
std::string HexSha256(std::string_view data);

// Percent-encodes every byte except A-Z a-z 0-9 - . _ ~, and '/' if `keep_slash`.
std::string UriEncode(std::string_view text, bool keep_slash);

// The query of a URL, encoded and in the order of the signature: "a=1&b=".
std::string EncodeQuery(const Pairs& query);

// "20130524T000000Z", the value of the header x-amz-date.
std::string FormatAmzDate(absl::Time time);

// The canonical request, the first step of a signature.
std::string CanonicalRequest(const SigningInput& input);

// The value of the header Authorization.
std::string Authorization(const SigningInput& input, const Credentials& credentials,
                          const SigningScope& scope, absl::Time time);

}  // namespace siphon::aws

#endif  // SIPHON_BASE_AWS_SIGV4_H_
