// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_S3_SERVER_H_
#define TESTING_SERVERS_S3_SERVER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "testing/servers/certificates.h"
#include "testing/servers/http_server.h"

namespace siphon::testing {

// What an S3Server does differently from AWS.
struct S3Quirks {
  // Parts of an upload must be equal, but for the last one, which is no larger (Cloudflare R2).
  bool equal_parts = false;
  // "If-None-Match" is refused with 501, or ignored.
  enum class Conditions { kChecked, kRefused, kIgnored } conditions = Conditions::kChecked;
  size_t min_part = size_t{5} << 20;
  // The most objects or uploads in a page of a list.
  size_t page = 1000;
};

// An S3 service in memory with one bucket, on 127.0.0.1, stricter than real ones: it refuses a
// request whose signature, payload hash or Content-MD5 is wrong, which has headers "x-amz-" that
// are not signed, or which is sent in signed chunks or without a signed payload. It has its own
// clock, and implements the operations that siphon uses. It counts as no proof for real services.
class S3Server {
 public:
  static constexpr std::string_view kBucket = "test-bucket";
  static constexpr std::string_view kAccessKey = "AKIDTEST";
  static constexpr std::string_view kSecretKey = "not/a+real/secret";
  static constexpr std::string_view kRegion = "eu-test-1";

  static absl::StatusOr<std::unique_ptr<S3Server>> Start(
      const S3Quirks& quirks = {}, const std::optional<CertificateFiles>& tls = std::nullopt);
  ~S3Server();
  S3Server(const S3Server&) = delete;
  S3Server& operator=(const S3Server&) = delete;

  // "http://127.0.0.1:<port>"
  std::string endpoint() const;

  // Called for each request before anything else, by its number from 0. An answer is sent in place
  // of that of the service; `after` lets the service do the work first.
  struct Fault {
    HttpAnswer answer;
    bool after = false;
  };
  using FaultSource = std::function<std::optional<Fault>(int number, const HttpRequest& request)>;
  void SetFaults(FaultSource faults);

  // Moves the clock of the server.
  void AdvanceClock(absl::Duration duration);
  // Demands this session token, in addition to the signature.
  void RequireToken(std::string token);

  // The keys of all objects, sorted.
  std::vector<std::string> Keys() const;
  std::optional<std::string> Object(std::string_view key) const;
  void PutObject(std::string_view key, std::string_view data);
  void DeleteObject(std::string_view key);
  // The keys of the uploads that are neither completed nor aborted.
  std::vector<std::string> Uploads() const;
  // The sizes of the parts of the upload that was completed last.
  std::vector<size_t> LastParts() const;
  // "PUT /test-bucket/a?partNumber=1&uploadId=2", ... in the order of their arrival.
  std::vector<std::string> lines() const;
  // Why requests were refused with 400 or 403 by the strictness of this server.
  std::vector<std::string> complaints() const;

 private:
  struct State;
  explicit S3Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// "HTTP/1.1 503 ..." with the error document of S3.
HttpAnswer S3Error(int status, std::string_view code, std::string_view headers = "");

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_S3_SERVER_H_
