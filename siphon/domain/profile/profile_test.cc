// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/profile/profile.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::profile {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(ToolsTest, AreReadAsTheyAreWritten) {
  for (const Tools tools : {Tools::kAuto, Tools::kBuiltin, Tools::kSystem}) {
    EXPECT_THAT(ParseTools(ToolsName(tools)), Optional(Eq(tools)));
  }
  for (const char* const word : {"", "Auto", "builtin ", "both", "auto,system"}) {
    EXPECT_EQ(ParseTools(word), std::nullopt) << word;
  }
}

}  // namespace
}  // namespace siphon::profile
