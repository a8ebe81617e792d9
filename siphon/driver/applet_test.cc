// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/applet.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::driver {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

std::vector<std::string>& Seen() {
  static std::vector<std::string> seen;
  return seen;
}

int Record(int argc, char** argv) {
  Seen().assign(argv, argv + argc);
  return 40 + argc;
}

const AppletRegistration kOne("one", &Record, {1, 5, 0});
const AppletRegistration kTwo("two", &Record, {2, 0, 0});

// RunApplet() with these as its argv.
std::optional<int> RunWith(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  Seen().clear();
  return RunApplet(static_cast<int>(words.size()), argv.data());
}

TEST(AppletTest, RunsWhatItsOwnNameSays) {
  EXPECT_THAT(RunWith({"one"}), Optional(41));
  EXPECT_THAT(Seen(), ElementsAre("one"));
  EXPECT_THAT(RunWith({"/usr/bin/two", "--help", "one"}), Optional(43));
  EXPECT_THAT(Seen(), ElementsAre("/usr/bin/two", "--help", "one"));
}

TEST(AppletTest, RunsWhatItsFirstArgumentSays) {
  EXPECT_THAT(RunWith({"siphon", "one", "-x"}), Optional(42));
  EXPECT_THAT(Seen(), ElementsAre("one", "-x"));
}

TEST(AppletTest, IsNobodyElsesBusiness) {
  EXPECT_EQ(RunWith({}), std::nullopt);
  EXPECT_EQ(RunWith({"siphon"}), std::nullopt);
  EXPECT_EQ(RunWith({"siphon", "backup", "one"}), std::nullopt);
  EXPECT_EQ(RunWith({"siphon", "/usr/bin/one"}), std::nullopt);
  EXPECT_EQ(RunWith({"", ""}), std::nullopt);
  EXPECT_EQ(RunWith({"one/"}), std::nullopt);
  EXPECT_THAT(Seen(), ElementsAre());
}

TEST(AppletTest, FindsAndListsThem) {
  ASSERT_NE(FindApplet("one"), nullptr);
  EXPECT_EQ(FindApplet("one")->version, (Version{1, 5, 0}));
  EXPECT_EQ(FindApplet("three"), nullptr);
  std::vector<std::string> names;
  for (const Applet* applet : AllApplets()) names.push_back(applet->name);
  EXPECT_THAT(names, ElementsAre("one", "two"));
}

TEST(AppletDeathTest, ANameThatIsTakenEndsTheProgramWithTheName) {
  EXPECT_DEATH(RegisterApplet("one", &Record, {}), "\"one\" is registered twice");
}

}  // namespace
}  // namespace siphon::driver
