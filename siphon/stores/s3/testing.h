// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_S3_TESTING_H_
#define SIPHON_STORES_S3_TESTING_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "siphon/base/aws/sigv4.h"
#include "siphon/base/clock.h"
#include "siphon/base/context.h"
#include "siphon/domain/storage/store.h"
#include "siphon/stores/s3/address.h"
#include "siphon/stores/s3/s3_store.h"
#include "siphon/stores/s3/transport.h"
#include "testing/servers/s3_server.h"
#include "testing/status_matchers.h"

// What the tests of this folder share.
namespace siphon::s3 {

// A clock that moves only when a request waits for its next attempt.
class SleepClock : public base::Clock {
 public:
  explicit SleepClock(absl::Duration offset = absl::ZeroDuration())
      : now_(base::Clock::System().Now() + offset) {}
  absl::Time Now() const override {
    const absl::MutexLock lock(&mutex_);
    return now_;
  }
  absl::TimeZone Local() const override { return absl::UTCTimeZone(); }
  // The longest pauses, without chance.
  Timing MakeTiming() {
    return {.clock = this,
            .sleep =
                [this](const base::Context& context, absl::Duration pause) {
                  const absl::MutexLock lock(&mutex_);
                  pauses_.push_back(pause);
                  now_ += pause;
                  return context.Check();
                },
            .random = [] { return 1.0; }};
  }
  std::vector<absl::Duration> pauses() const {
    const absl::MutexLock lock(&mutex_);
    return pauses_;
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::Duration> pauses_ ABSL_GUARDED_BY(mutex_);
};

// Options for a store on the server.
inline StoreOptions OptionsFor(const testing::S3Server& server, SleepClock& clock) {
  StoreOptions options;
  options.address = {.bucket = std::string(testing::S3Server::kBucket),
                     .region = std::string(testing::S3Server::kRegion),
                     .endpoint = server.endpoint()};
  options.prefix = "back/ups";
  options.credentials = [] {
    return aws::Credentials{.access_key = std::string(testing::S3Server::kAccessKey),
                            .secret_key = std::string(testing::S3Server::kSecretKey)};
  };
  options.http.max_body = size_t{32} << 20;
  options.timing = clock.MakeTiming();
  return options;
}

inline std::unique_ptr<Transport> TransportTo(const StoreOptions& options) {
  auto address = Address::Make(options.address);
  EXPECT_OK(address);
  return std::make_unique<Transport>(*address, options.credentials, options.http, options.retries,
                                     options.timing);
}

inline std::unique_ptr<storage::Store> StoreOf(StoreOptions options) {
  auto store = MakeS3Store(std::move(options));
  EXPECT_OK(store);
  return *std::move(store);
}

}  // namespace siphon::s3

#endif  // SIPHON_STORES_S3_TESTING_H_
