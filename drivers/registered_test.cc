// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/driver/registry.h"

namespace siphon::driver {
namespace {

TEST(RegisteredTest, TheRegistryHoldsTheEnginesOfTheDictAndNoOthers) {
  const std::vector<std::string> named = absl::StrSplit(SIPHON_ENGINES, ',');
  std::vector<std::string> registered;
  for (const Driver* driver : All()) {
    registered.emplace_back(driver->name());
    EXPECT_FALSE(driver->version().empty()) << driver->name();
  }
  EXPECT_THAT(registered, ::testing::ElementsAreArray(named));
}

}  // namespace
}  // namespace siphon::driver
