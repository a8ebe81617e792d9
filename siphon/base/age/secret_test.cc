// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/age/secret.h"

#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::age {
namespace {

TEST(SecretTest, BeginsWithZeros) {
  Secret secret(5000);
  EXPECT_EQ(secret.size(), 5000u);
  EXPECT_EQ(secret.view(), std::string(5000, '\0'));
}

TEST(SecretTest, HoldsACopy) {
  std::string original = "key";
  const Secret secret(original);
  original[0] = 'x';
  EXPECT_EQ(secret.view(), "key");
  EXPECT_EQ(secret.Clone().view(), "key");
}

TEST(SecretTest, AMoveLeavesNothing) {
  Secret first("first");
  Secret second(std::move(first));
  EXPECT_TRUE(first.empty());  // NOLINT: a moved-from secret is empty by contract.
  EXPECT_EQ(second.view(), "first");
  second = Secret("third");
  EXPECT_EQ(second.view(), "third");
  Secret& same = second;
  second = std::move(same);
  EXPECT_EQ(second.view(), "third");
}

TEST(SecretTest, ShortenWipesTheRest) {
  Secret secret("secret");
  const char* memory = secret.data();
  secret.Shorten(2);
  EXPECT_EQ(secret.view(), "se");
  EXPECT_EQ(std::string(memory, 6), std::string("se\0\0\0\0", 6));
  secret.Shorten(3);
  EXPECT_EQ(secret.size(), 2u);
}

TEST(SecretTest, AnEmptySecretHasNoMemory) {
  EXPECT_TRUE(Secret(size_t{0}).empty());
  EXPECT_EQ(Secret("").view(), "");
}

TEST(WipeTest, OverwritesTheWholeCapacity) {
  std::string text(100, 's');
  text.reserve(200);
  const char* memory = text.data();
  Wipe(text);
  EXPECT_TRUE(text.empty());
  // The string still owns this memory.
  EXPECT_EQ(std::string(memory, 100), std::string(100, '\0'));
}

}  // namespace
}  // namespace siphon::age
