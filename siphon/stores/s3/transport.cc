// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/s3/transport.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/aws/sigv4.h"
#include "siphon/base/context.h"
#include "siphon/base/http/client.h"
#include "siphon/stores/s3/address.h"
#include "siphon/stores/s3/answers.h"

namespace siphon::s3 {
namespace {

// The longest time that a server may ask for with Retry-After.
constexpr absl::Duration kLongestPause = absl::Minutes(1);
// Services accept a difference of 15 minutes.
constexpr absl::Duration kLargeSkew = absl::Minutes(10);
// For one request of at most one part of an object. A request that makes no progress ends earlier.
constexpr absl::Duration kRequestTimeout = absl::Minutes(30);

bool IsAnyOf(std::string_view text, std::initializer_list<std::string_view> values) {
  return std::find(values.begin(), values.end(), text) != values.end();
}

// True if the same request may succeed later.
bool IsTemporary(const Reply& reply) {
  switch (reply.response.status) {
    case 408:
    case 429:
    case 499:
    case 500:
    case 502:
    case 503:
    case 504:
      return true;
    case 400:
      return IsAnyOf(reply.error.code, {"RequestTimeout", "SlowDown"});
    case 409:
      return IsAnyOf(reply.error.code, {"OperationAborted", "ConditionalRequestConflict"});
    default:
      return false;
  }
}

// The status that an error in an answer with the status 200 would have had.
int StatusOf(const ErrorAnswer& error) {
  if (IsAnyOf(error.code, {"SlowDown", "ServiceUnavailable"})) return 503;
  if (error.code == "PreconditionFailed") return 412;
  if (IsAnyOf(error.code, {"NoSuchUpload", "NoSuchKey", "NoSuchBucket"})) return 404;
  if (IsAnyOf(error.code, {"InternalError", "InternalServerError"})) return 500;
  return 400;
}

double Random() {
  thread_local std::mt19937 generator(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

}  // namespace

std::string Reply::Header(const std::string& name) const {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? "" : found->second;
}

Transport::Transport(Address address, CredentialSource source, http::ClientOptions http,
                     RetryPolicy policy, Timing timing)
    : address_(std::move(address)),
      source_(std::move(source)),
      http_(std::move(http)),
      policy_(policy),
      timing_(std::move(timing)) {}

absl::StatusOr<aws::Credentials> Transport::FindCredentials() {
  const absl::MutexLock lock(&mutex_);
  if (!credentials_.has_value()) {
    ASSIGN_OR_RETURN(credentials_, source_());
  }
  return *credentials_;
}

bool Transport::RenewCredentials(const Reply& reply, aws::Credentials& credentials) {
  if (credentials.session_token.empty()) return false;
  const int status = reply.response.status;
  // The answer to HEAD does not say why.
  const bool refused =
      (status == 400 || status == 401 || status == 403) &&
      IsAnyOf(reply.error.code, {"", "ExpiredToken", "ExpiredTokenException", "InvalidToken",
                                 "TokenRefreshRequired", "InvalidAccessKeyId"});
  if (!refused) return false;
  const auto are_used = [&](const aws::Credentials& others) {
    return others.access_key == credentials.access_key &&
           others.secret_key == credentials.secret_key &&
           others.session_token == credentials.session_token;
  };
  const absl::MutexLock lock(&mutex_);
  if (!credentials_.has_value() || are_used(*credentials_)) {
    absl::StatusOr<aws::Credentials> found = source_();
    if (!found.ok()) return false;
    credentials_ = *std::move(found);
  }
  if (are_used(*credentials_)) return false;
  credentials = *credentials_;
  return true;
}

std::unique_ptr<http::Client> Transport::TakeClient() {
  const absl::MutexLock lock(&mutex_);
  if (clients_.empty()) return std::make_unique<http::Client>(http_);
  std::unique_ptr<http::Client> client = std::move(clients_.back());
  clients_.pop_back();
  return client;
}

void Transport::ReturnClient(std::unique_ptr<http::Client> client) {
  const absl::MutexLock lock(&mutex_);
  clients_.push_back(std::move(client));
}

aws::Pairs Transport::Sign(const Call& call, const std::string& payload_hash,
                           const aws::Credentials& credentials) const {
  const absl::Time now = timing_.clock->Now() + absl::Seconds(skew_.load());
  aws::SigningInput input;
  input.method = call.method;
  input.path = address_.Path(call.key);
  input.query = call.query;
  input.headers = call.headers;
  input.payload_hash = payload_hash;
  input.headers.emplace_back("Host", address_.host());
  input.headers.emplace_back("x-amz-content-sha256", payload_hash);
  input.headers.emplace_back("x-amz-date", aws::FormatAmzDate(now));
  if (!credentials.session_token.empty()) {
    input.headers.emplace_back("x-amz-security-token", credentials.session_token);
  }
  aws::Pairs headers = input.headers;
  headers.emplace_back("Authorization",
                       aws::Authorization(input, credentials, {address_.region(), "s3"}, now));
  return headers;
}

absl::StatusOr<Reply> Transport::SendOnce(const base::Context& context,
                                          const http::Request& request, const Call& call,
                                          bool& temporary) {
  std::unique_ptr<http::Client> client = TakeClient();
  absl::StatusOr<http::Response> response = client->Send(context, request);
  temporary = client->failed_temporarily();
  ReturnClient(std::move(client));
  if (!response.ok()) return response.status();
  answered_ = true;
  Reply reply;
  reply.response = *std::move(response);
  if (reply.ok() && call.error_in_success) {
    const auto error = ParseCompletion(reply.response.body);
    if (!error.ok()) {
      // The answer was cut off: nobody knows whether the work was done.
      temporary = true;
      return error.status();
    }
    if (error->has_value()) {
      reply.error = **error;
      reply.response.status = StatusOf(reply.error);
    }
  } else if (!reply.ok()) {
    reply.error = ParseError(reply.response.body);
  }
  temporary = IsTemporary(reply);
  return reply;
}

absl::Duration Transport::Pause(int attempt, const absl::StatusOr<Reply>& reply) const {
  constexpr int kMostDoublings = 16;
  absl::Duration longest = policy_.first * (int64_t{1} << std::min(attempt - 1, kMostDoublings));
  longest = std::min(longest, policy_.longest);
  absl::Duration pause = longest * (timing_.random ? timing_.random() : Random());
  int64_t seconds = 0;
  if (reply.ok() && absl::SimpleAtoi(reply->Header("retry-after"), &seconds) && seconds > 0) {
    pause = std::max(pause, std::min(absl::Seconds(seconds), kLongestPause));
  }
  return pause;
}

bool Transport::AdoptTimeOf(const Reply& reply) {
  if (reply.response.status != 403) return false;
  const std::optional<absl::Time> date = ParseHttpDate(reply.Header("date"));
  if (!date.has_value()) return false;
  const absl::Duration skew = *date - timing_.clock->Now();
  const absl::Duration change = absl::AbsDuration(skew - absl::Seconds(skew_.load()));
  // The answer to HEAD does not say why.
  const bool refused = IsAnyOf(reply.error.code, {"RequestTimeTooSkewed", "RequestExpired"}) ||
                       (reply.error.code.empty() && change > kLargeSkew);
  if (refused) skew_ = absl::ToInt64Seconds(skew);
  return refused;
}

absl::StatusOr<Reply> Transport::Send(const base::Context& context, Call call) {
  ASSIGN_OR_RETURN(aws::Credentials credentials, FindCredentials());
  const std::string payload_hash = aws::HexSha256(call.body);
  http::Request request;
  request.method = call.method;
  request.url = address_.Url(address_.Path(call.key), call.query);
  request.body = std::move(call.body);
  request.timeout = kRequestTimeout;
  request.stall = policy_.stall;
  // Not the wall clock, which may be set in between.
  const auto started = std::chrono::steady_clock::now();
  absl::Duration waited;
  bool adopted = false, renewed = false;
  for (int attempt = 1;; ++attempt) {
    request.headers = Sign(call, payload_hash, credentials);
    bool temporary = false;
    absl::StatusOr<Reply> reply = SendOnce(context, request, call, temporary);
    RETURN_IF_ERROR(context.Check());
    if (reply.ok()) {
      reply->attempts = attempt;
      if (!adopted && AdoptTimeOf(*reply)) {
        adopted = true;
        continue;
      }
      if (!renewed && RenewCredentials(*reply, credentials)) {
        renewed = true;
        continue;
      }
    }
    if (!temporary) return reply;
    const absl::Duration pause = Pause(attempt, reply);
    const absl::Duration budget = answered_ ? policy_.budget : policy_.first_budget;
    const absl::Duration taken = absl::FromChrono(std::chrono::steady_clock::now() - started);
    if (std::max(taken, waited) + pause > budget) return reply;
    waited += pause;
    RETURN_IF_ERROR(timing_.sleep ? timing_.sleep(context, pause)
                                  : context.Sleep(absl::ToChronoNanoseconds(pause)));
  }
}

}  // namespace siphon::s3
