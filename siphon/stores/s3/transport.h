// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_S3_TRANSPORT_H_
#define SIPHON_STORES_S3_TRANSPORT_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "siphon/base/aws/sigv4.h"
#include "siphon/base/clock.h"
#include "siphon/base/context.h"
#include "siphon/base/http/client.h"
#include "siphon/stores/s3/address.h"
#include "siphon/stores/s3/answers.h"

namespace siphon::s3 {

// A request to the bucket, without its signature.
struct Call {
  std::string method = "GET";
  std::string key = {};  // Of the object, whole; empty for the bucket.
  aws::Pairs query = {};
  aws::Pairs headers = {};  // All are signed.
  std::string body = {};
  // The body of an answer with the status 200 may be an error (CompleteMultipartUpload).
  bool error_in_success = false;
};

// The last answer to a request.
struct Reply {
  http::Response response;
  ErrorAnswer error;  // Of an answer that is no success.
  int attempts = 1;   // A server may have done the work of an attempt whose answer was lost.

  bool ok() const { return response.status >= 200 && response.status < 300; }
  // The value of a header by its name in lower case; "" if there is none.
  std::string Header(const std::string& name) const;
};

// How long a request is repeated. The pause before attempt n is random, between 0 and
// min(longest, first * 2^(n-2)), or what the server asks for.
struct RetryPolicy {
  absl::Duration budget = absl::Minutes(5);
  // The budget before the server has answered at all: the address may be wrong.
  absl::Duration first_budget = absl::Seconds(10);
  absl::Duration first = absl::Milliseconds(200);
  absl::Duration longest = absl::Seconds(20);
  // For a request without progress.
  absl::Duration stall = absl::Seconds(30);
};

// Time and chance, which tests replace.
struct Timing {
  const base::Clock* clock = &base::Clock::System();
  std::function<absl::Status(const base::Context& context, absl::Duration pause)> sleep = {};
  std::function<double()> random = {};  // From 0 to 1.
};

// Sends signed requests to one bucket, and repeats those that fail for a while. Thread-safe.
class Transport {
 public:
  using CredentialSource = std::function<absl::StatusOr<aws::Credentials>()>;
  // `source` is called by the first request, again after an error, and when the service refuses
  // credentials with a session token: their time may be over, and their file may have new ones.
  Transport(Address address, CredentialSource source, http::ClientOptions http, RetryPolicy policy,
            Timing timing);

  // Returns the last answer, whatever its status; the error of the HTTP client if there is none.
  // The clock of the server counts where it differs from that of this machine.
  absl::StatusOr<Reply> Send(const base::Context& context, Call call);

 private:
  absl::StatusOr<aws::Credentials> FindCredentials();
  // Replaces credentials that were refused by newer ones. False if there are none.
  bool RenewCredentials(const Reply& reply, aws::Credentials& credentials);
  aws::Pairs Sign(const Call& call, const std::string& payload_hash,
                  const aws::Credentials& credentials) const;
  // Sends it once. `temporary`: another attempt may succeed.
  absl::StatusOr<Reply> SendOnce(const base::Context& context, const http::Request& request,
                                 const Call& call, bool& temporary);
  absl::Duration Pause(int attempt, const absl::StatusOr<Reply>& reply) const;
  // Takes over the time of the server if it refused the request because of ours.
  bool AdoptTimeOf(const Reply& reply);

  std::unique_ptr<http::Client> TakeClient();
  void ReturnClient(std::unique_ptr<http::Client> client);

  const Address address_;
  const CredentialSource source_;
  const http::ClientOptions http_;
  const RetryPolicy policy_;
  const Timing timing_;
  std::atomic<int64_t> skew_ = 0;  // The time of the server minus ours, in seconds.
  std::atomic<bool> answered_ = false;
  absl::Mutex mutex_;
  std::optional<aws::Credentials> credentials_ ABSL_GUARDED_BY(mutex_);
  // Those that no request uses.
  std::vector<std::unique_ptr<http::Client>> clients_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace siphon::s3

#endif  // SIPHON_STORES_S3_TRANSPORT_H_
