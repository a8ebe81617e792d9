// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/after_stop.h"

#include <chrono>
#include <stop_token>

#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(AfterStopTest, StopsTheTimeAfterTheStop) {
  std::stop_source stop;
  const AfterStop after(Context(stop.get_token(), nullptr), milliseconds(300));
  EXPECT_OK(after.context().Sleep(milliseconds(400)));
  stop.request_stop();
  const auto began = steady_clock::now();
  EXPECT_OK(after.context().Check());
  EXPECT_FALSE(after.context().Sleep(hours(1)).ok());
  EXPECT_GE(steady_clock::now() - began, milliseconds(290));
}

TEST(AfterStopTest, StopsTheTimeAfterAStopThatCameBefore) {
  std::stop_source stop;
  stop.request_stop();
  const AfterStop after(Context(stop.get_token(), nullptr), milliseconds(100));
  EXPECT_OK(after.context().Check());
  EXPECT_FALSE(after.context().Sleep(hours(1)).ok());
}

TEST(AfterStopTest, EndsBeforeTheTime) {
  std::stop_source stop;
  const auto began = steady_clock::now();
  { const AfterStop after(Context(stop.get_token(), nullptr), hours(1)); }
  {
    const AfterStop after(Context(stop.get_token(), nullptr), hours(1));
    stop.request_stop();
  }
  EXPECT_LT(steady_clock::now() - began, std::chrono::minutes(1));
}

TEST(AfterStopTest, NeverStopsWithoutAStop) {
  const AfterStop after{Context(), milliseconds(1)};
  EXPECT_OK(after.context().Sleep(milliseconds(20)));
}

}  // namespace
}  // namespace siphon::base
