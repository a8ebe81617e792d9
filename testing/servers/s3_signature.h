// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_S3_SIGNATURE_H_
#define TESTING_SERVERS_S3_SIGNATURE_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "testing/servers/http_server.h"

namespace siphon::testing {

// A refusal of a request: the status and the code of S3, and what is wrong for the test's log.
struct S3Refusal {
  int status = 0;
  std::string code = {};
  std::string why = {};
};

// What a request must be signed with.
struct S3Secrets {
  std::string access_key = {}, secret_key = {}, region = {};
  std::string token = {};  // Empty: no session token.
};

// Checks the signature (Signature Version 4) and the payload hash of a request as it was received.
// The code is its own, so that it does not share the faults of siphon's.
std::optional<S3Refusal> CheckS3Signature(const HttpRequest& request, const S3Secrets& secrets,
                                          absl::Time now);

// "a b" for "a%20b".
std::string PercentDecode(std::string_view text);

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_S3_SIGNATURE_H_
