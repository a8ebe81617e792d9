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
  // As cover.h leaves them.
  std::vector<std::string> covered;
  std::vector<char*> argv, original;
  for (const std::string& word : words) covered.emplace_back(word.size(), '*');
  for (std::string& word : covered) argv.push_back(word.data());
  for (std::string& word : words) original.push_back(word.data());
  Taken taken;
  taken.arguments = TakeArguments(static_cast<int>(argv.size()), argv.data(), original.data());
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

TEST(TakeArgumentsTest, HidesOptionsWhichCanHoldAnySetting) {
  EXPECT_THAT(
      Take({"inspect", "postgres://db/app?options=-c%20app.key%3Dsecret&sslmode=require", "--json"})
          .shown,
      ElementsAre("inspect", "postgres://db/app?options=***&sslmode=require", "--json"));
  EXPECT_THAT(Take({"postgres://db/app?OPTIONS=-c k=secret"}).shown,
              ElementsAre("postgres://db/app?OPTIONS=***"));
  EXPECT_THAT(Take({"postgres://db/app?%6fptions=-c%20k%3Dsecret"}).shown,
              ElementsAre("postgres://db/app?%6fptions=***"));
  EXPECT_THAT(Take({"--parameter", "options=-c k=secret", "--parameter=options=-c k=secret"}).shown,
              ElementsAre("--parameter", "options=***", "--parameter=options=***"));
}

TEST(TakeArgumentsTest, HidesPasswordsOfConninfoStringsAndOtherFlags) {
  EXPECT_THAT(Take({"host=db password=secret"}).shown, ElementsAre("host=db password=***"));
  EXPECT_THAT(Take({"--parameter", "sslpassword=secret"}).shown,
              ElementsAre("--parameter", "sslpassword=***"));
  EXPECT_THAT(Take({"--sslpassword", "secret", "--token=secret"}).shown,
              ElementsAre("--sslpassword", "***", "--token=***"));
  EXPECT_THAT(Take({"postgres://db/app?pass%77ord=secret%21"}).shown,
              ElementsAre("postgres://db/app?pass%77ord=***"));
  EXPECT_THAT(Take({"sync", "mysql://a:one@x/y", "mysql://a:two@x/z"}).shown,
              ElementsAre("sync", "mysql://a:***@x/y", "mysql://a:***@x/z"));
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
