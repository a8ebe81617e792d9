// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/config/closest.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::config {
namespace {

const std::vector<std::string_view>& Keys() {
  static const auto* keys =
      new std::vector<std::string_view>{"profiles", "groups", "type", "gfs", "database", "driver"};
  return *keys;
}

TEST(ClosestTest, FindsWhatASlipOfTheFingerMeant) {
  EXPECT_EQ(Closest("profils", Keys()), "profiles");
  EXPECT_EQ(Closest("profile", Keys()), "profiles");
  EXPECT_EQ(Closest("porfiles", Keys()), "profiles");
  EXPECT_EQ(Closest("Profiles", Keys()), "profiles");
  EXPECT_EQ(Closest("databse", Keys()), "database");
  EXPECT_EQ(Closest("dirver", Keys()), "driver");
  EXPECT_EQ(Closest("gf", Keys()), "gfs");
}

TEST(ClosestTest, FindsNothingWhenNothingIsNear) {
  EXPECT_EQ(Closest("", Keys()), std::nullopt);
  EXPECT_EQ(Closest("color", Keys()), std::nullopt);
  EXPECT_EQ(Closest("ty", {"gfs"}), std::nullopt);
  EXPECT_EQ(Closest("abc", {"gfs"}), std::nullopt);
  EXPECT_EQ(Closest("profiles", {}), std::nullopt);
  EXPECT_EQ(Closest(std::string(100000, 'p'), Keys()), std::nullopt);
}

TEST(ClosestTest, PrefersTheNearest) {
  EXPECT_EQ(Closest("group", {"color", "groups", "grape"}), "groups");
}

}  // namespace
}  // namespace siphon::config
