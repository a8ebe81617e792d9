// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/build_info.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::base {
namespace {

using ::testing::AnyOf;
using ::testing::MatchesRegex;
using ::testing::StrEq;

TEST(BuildInfoTest, NamesTheVersionAndTheCommitOrUnknown) {
  EXPECT_THAT(GetBuildInfo().version, MatchesRegex("[0-9]+[.][0-9]+[.][0-9]+(-[a-z0-9.]+)?"));
  EXPECT_THAT(GetBuildInfo().commit, AnyOf(StrEq("unknown"), MatchesRegex("[0-9a-f]+(-dirty)?")));
}

}  // namespace
}  // namespace siphon::base
