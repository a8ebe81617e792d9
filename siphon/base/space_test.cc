// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/space.h"

#include <limits>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

using ::testing::HasSubstr;

TEST(SpaceTest, WhatFitsIsAllowed) {
  EXPECT_THAT(RequireSpace("test", ::testing::TempDir(), 1, "a byte"), IsOk());
  // A file system without sizes.
  EXPECT_EQ(SpaceLeft(std::string("/proc")), std::nullopt);
  EXPECT_THAT(RequireSpace("test", "/proc", std::numeric_limits<uint64_t>::max(), "all"), IsOk());
}

TEST(SpaceTest, WhatDoesNotFitIsRefusedWithBothSizes) {
  const std::string folder = ::testing::TempDir();
  const std::optional<uint64_t> left = SpaceLeft(folder);
  ASSERT_TRUE(left.has_value());
  const absl::Status status = RequireSpace("test", folder, uint64_t{1} << 62, "the copy");
  EXPECT_THAT(status, StatusIs(errs::kIo, HasSubstr("the copy needs 4 EiB")));
  EXPECT_THAT(status, StatusIs(errs::kIo, HasSubstr("are free")));
}

}  // namespace
}  // namespace siphon::base
