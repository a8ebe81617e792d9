// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/body_order.h"

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

#include "errs/error.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

TEST(BodyOrderTest, APartWaitsForThoseBeforeIt) {
  BodyOrder order;
  order.Give({0, 0});
  order.Give({1, 0});
  order.Give({1, 1});
  EXPECT_TRUE(order.IsFirst({0, 0}));
  EXPECT_FALSE(order.IsFirst({1, 0}));
  std::atomic<bool> first = false;
  std::thread last([&] {
    EXPECT_OK(order.AwaitFirst(base::Context(), {1, 1}));
    first = true;
  });
  order.End({1, 0});
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(first);
  order.End({0, 0});
  last.join();
  EXPECT_TRUE(order.IsFirst({1, 1}));
}

TEST(BodyOrderTest, TheWaitEndsWithTheContext) {
  BodyOrder order;
  order.Give({0, 0});
  order.Give({0, 1});
  std::stop_source stop;
  std::thread waiting([&] {
    EXPECT_THAT(order.AwaitFirst(base::Context(stop.get_token(), nullptr), {0, 1}),
                StatusIs(errs::kCancelled));
  });
  stop.request_stop();
  waiting.join();
  const base::Context late =
      base::Context().WithDeadline(std::chrono::steady_clock::now() + std::chrono::milliseconds(5));
  EXPECT_THAT(order.AwaitFirst(late, {0, 1}), StatusIs(errs::kCancelled));
}

}  // namespace
}  // namespace siphon::postgres
