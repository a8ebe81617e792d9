// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/backoff.h"

#include <chrono>
#include <stop_token>

#include "errs/error.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::driver {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(Backoff, AllowsThreeTriesWithGrowingPauses) {
  Backoff backoff;
  const base::Context context;
  const steady_clock::time_point begin = steady_clock::now();
  ASSERT_TRUE(backoff.More());
  EXPECT_OK(backoff.Pause(context));
  EXPECT_GE(steady_clock::now() - begin, milliseconds(50));
  ASSERT_TRUE(backoff.More());
  EXPECT_OK(backoff.Pause(context));
  EXPECT_GE(steady_clock::now() - begin, milliseconds(150));
  EXPECT_FALSE(backoff.More());
}

TEST(Backoff, APauseEndsWhenTheContextStops) {
  std::stop_source stop;
  stop.request_stop();
  Backoff backoff;
  EXPECT_THAT(backoff.Pause(base::Context(stop.get_token(), nullptr)), StatusIs(errs::kCancelled));
}

}  // namespace
}  // namespace siphon::driver
