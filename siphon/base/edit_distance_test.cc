// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/edit_distance.h"

#include "gtest/gtest.h"

namespace siphon::base {
namespace {

TEST(EditDistanceTest, CountsWhatIsMissingAddedWrongOrSwapped) {
  EXPECT_EQ(EditDistance("", ""), 0);
  EXPECT_EQ(EditDistance("", "abc"), 3);
  EXPECT_EQ(EditDistance("driver", "driver"), 0);
  EXPECT_EQ(EditDistance("drver", "driver"), 1);
  EXPECT_EQ(EditDistance("drriver", "driver"), 1);
  EXPECT_EQ(EditDistance("dziver", "driver"), 1);
  EXPECT_EQ(EditDistance("dirver", "driver"), 1);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3);
}

TEST(EditDistanceTest, HasNoRegardToCase) { EXPECT_EQ(EditDistance("Driver", "dRIVER"), 0); }

}  // namespace
}  // namespace siphon::base
