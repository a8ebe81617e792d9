// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/complete.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "CLI/CLI.hpp"

namespace siphon::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

class CompleteTest : public ::testing::Test {
 protected:
  CompleteTest() {
    root_.add_flag("--json");
    CLI::App* backup = root_.add_subcommand("backup", "");
    backup->add_option("profile,--profile", profile_)->type_name("PROFILE");
    backup->add_flag("--schema-only");
    backup->add_option("--form", form_)->type_name("FORM")->check(CLI::IsMember({"sql", "image"}));
    CLI::App* dumps = root_.add_subcommand("dumps", "");
    dumps->add_subcommand("list", "");
    dumps->add_subcommand("rm", "")->add_option("id", id_)->type_name("DUMP");
  }

  std::vector<std::string> Words(const std::vector<std::string>& words) {
    return Complete(root_, words, [](std::string_view type) -> std::vector<std::string> {
      if (type == "PROFILE") return {"prod", "staging"};
      if (type == "DUMP") return {"01A", "02B"};
      return {};
    });
  }

  CLI::App root_{"", "siphon"};
  std::string profile_, id_, form_;
};

TEST_F(CompleteTest, OffersCommandsAtTheStart) {
  EXPECT_THAT(Words({""}), ElementsAre("backup", "dumps"));
  EXPECT_THAT(Words({}), ElementsAre("backup", "dumps"));
  EXPECT_THAT(Words({"ba"}), ElementsAre("backup"));
}

TEST_F(CompleteTest, OffersSubcommands) {
  EXPECT_THAT(Words({"dumps", ""}), ElementsAre("list", "rm"));
}

TEST_F(CompleteTest, OffersOptionsOfTheCommandAndGlobalOnes) {
  EXPECT_THAT(Words({"backup", "--"}), Contains("--schema-only"));
  EXPECT_THAT(Words({"backup", "--"}), Contains("--json"));
  EXPECT_THAT(Words({"dumps", "list", "--"}), Not(Contains("--schema-only")));
}

TEST_F(CompleteTest, OffersValuesByType) {
  EXPECT_THAT(Words({"backup", "s"}), ElementsAre("staging"));
  EXPECT_THAT(Words({"backup", "--profile", ""}), ElementsAre("prod", "staging"));
  EXPECT_THAT(Words({"dumps", "rm", "02"}), ElementsAre("02B"));
}

TEST_F(CompleteTest, OffersTheWordsThatATypeLists) {
  EXPECT_THAT(Words({"backup", "--form", ""}), ElementsAre("image", "sql"));
}

TEST_F(CompleteTest, AFlagTakesNoValue) {
  EXPECT_THAT(Words({"--json", "du"}), ElementsAre("dumps"));
}

TEST_F(CompleteTest, OffersNothingForAnUnknownWord) {
  EXPECT_THAT(Words({"dumps", "x"}), IsEmpty());
}

}  // namespace
}  // namespace siphon::cli
