// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/arguments.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

// What stays in the process's list, and what the program gets.
struct Taken {
  std::vector<std::string> shown;
  std::vector<std::string> arguments;
};

Taken Take(std::vector<std::string> words) {
  words.insert(words.begin(), "siphon");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  Taken taken;
  taken.arguments = TakeArguments(static_cast<int>(argv.size()), argv.data());
  for (size_t i = 1; i < argv.size(); ++i) taken.shown.emplace_back(argv[i]);
  return taken;
}

TEST(TakeArgumentsTest, GivesTheProgramWhatTheUserWrote) {
  const std::vector<std::string> words = {"sync", "postgres://app:secret@db/app", "--password",
                                          "secret", "--clean"};
  EXPECT_THAT(Take(words).arguments, ElementsAreArray(words));
}

TEST(TakeArgumentsTest, HidesPasswordsOfUrls) {
  EXPECT_THAT(Take({"backup", "postgres://app:secret@db/app?sslmode=require", "--json"}).shown,
              ElementsAre("backup", "postgres://app:***@db/app?sslmode=require", "--json"));
  EXPECT_THAT(Take({"--database=mysql://app:secret@db/app"}).shown,
              ElementsAre("--database=mysql://app:***@db/app"));
  EXPECT_THAT(Take({"postgres://db/app?password=secret"}).shown,
              ElementsAre("postgres://db/app?password=***"));
}

TEST(TakeArgumentsTest, HidesWhatFollowsPassword) {
  EXPECT_THAT(Take({"--password", "secret", "--user", "app"}).shown,
              ElementsAre("--password", "***", "--user", "app"));
  EXPECT_THAT(Take({"--password=secret"}).shown, ElementsAre("--password=***"));
}

TEST(TakeArgumentsTest, WritesNoByteBehindAnArgument) {
  EXPECT_THAT(Take({"postgres://a:s@db/app", "--password", "s", "--password=s"}).shown,
              ElementsAre("postgres://a:***@db/a", "--password", "*", "--password=*"));
}

TEST(TakeArgumentsTest, LeavesOtherArgumentsAsTheyAre) {
  const std::vector<std::string> words = {"dumps",          "list", "",
                                          "--profile=prod", "a=b",  "sqlite:///srv/app.db"};
  EXPECT_THAT(Take(words).shown, ElementsAreArray(words));
}

}  // namespace
}  // namespace siphon::cli
