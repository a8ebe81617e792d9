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

TEST(ParameterKeyTest, IsOneOfLibpqsThatHasNoFieldOfItsOwn) {
  EXPECT_TRUE(IsParameterKey("sslrootcert"));
  EXPECT_TRUE(IsParameterKey("keepalives_count"));
  for (const char* const name : {"sslmode", "host", "busy_timeout", "", "SSLCERT"}) {
    EXPECT_FALSE(IsParameterKey(name)) << name;
  }
}

}  // namespace
}  // namespace siphon::profile
