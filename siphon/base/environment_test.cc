// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/environment.h"

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::base {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(EnvironmentTest, TakesTheProcesssVariables) {
  const char* const environ[] = {"B=2", "A=1=x", "EMPTY=", "broken", "=odd", "B=3", nullptr};
  const Environment environment = Environment::OfProcess(environ);
  EXPECT_THAT(environment.values(),
              ElementsAre(Pair("A", "1=x"), Pair("B", "2"), Pair("EMPTY", "")));
}

TEST(EnvironmentTest, TellsUnsetFromEmpty) {
  const std::map<std::string, std::string, std::less<>> values{{"EMPTY", ""}};
  const Environment environment(values);
  EXPECT_EQ(environment.Get("EMPTY"), "");
  EXPECT_EQ(environment.Get("UNSET"), std::nullopt);
  EXPECT_EQ(environment.GetOrEmpty("UNSET"), "");
}

TEST(EnvironmentTest, NoEnvironmentIsEmpty) {
  EXPECT_THAT(Environment::OfProcess(nullptr).values(), IsEmpty());
}

}  // namespace
}  // namespace siphon::base
