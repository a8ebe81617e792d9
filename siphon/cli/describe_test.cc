// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/describe.h"

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "gtest/gtest.h"

namespace siphon::cli {
namespace {

using Json = nlohmann::ordered_json;

TEST(DescribeTest, ShowsNamesValuesAndCommands) {
  CLI::App app("Do things", "tool");
  app.set_help_flag("-h,--help", "Show this help and exit");
  CLI::App* copy = app.add_subcommand("copy", "Copy a thing");
  copy->alias("cp");
  copy->footer("Examples:\n  tool copy a");
  copy->set_help_flag();
  std::string from, format = "plain";
  std::vector<std::string> labels;
  bool quick = false;
  copy->add_option("from,--from", from, "The source")->type_name("FILE")->required();
  copy->add_option("--format", format, "The form")->type_name("FORM")->capture_default_str();
  copy->add_option("-l,--label", labels, "A label")->type_name("NAME")->allow_extra_args(false);
  copy->add_flag("--quick", quick, "Be quick");
  copy->add_option("--secret", from, "Hidden")->group("");
  app.add_subcommand("hidden", "Hidden")->group("");

  const Json json = Describe(app);
  EXPECT_EQ(json["name"], "tool");
  EXPECT_EQ(json["summary"], "Do things");
  ASSERT_EQ(json["options"].size(), 1u);
  EXPECT_EQ(
      json["options"][0],
      Json::parse(R"({"names": ["-h", "--help"], "description": "Show this help and exit"})"));
  ASSERT_EQ(json["commands"].size(), 1u);
  EXPECT_EQ(json["commands"][0], Json::parse(R"({
      "name": "copy", "aliases": ["cp"], "summary": "Copy a thing", "footer": "Examples:\n  tool copy a",
      "options": [
        {"names": ["--from"], "argument": "from", "value": "FILE", "description": "The source",
         "required": true},
        {"names": ["--format"], "value": "FORM", "description": "The form", "default": "plain"},
        {"names": ["-l", "--label"], "value": "NAME", "repeated": true, "description": "A label"},
        {"names": ["--quick"], "description": "Be quick"}],
      "commands": []})"));
}

}  // namespace
}  // namespace siphon::cli
