// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/describe.h"

#include <string>
#include <utility>

#include "CLI/App.hpp"
#include "absl/strings/str_cat.h"

namespace siphon::cli {
namespace {

using Json = nlohmann::ordered_json;

Json DescribeOption(const CLI::Option& option) {
  Json json;
  json["names"] = Json::array();
  for (const std::string& name : option.get_snames()) {
    json["names"].push_back(absl::StrCat("-", name));
  }
  for (const std::string& name : option.get_lnames()) {
    json["names"].push_back(absl::StrCat("--", name));
  }
  if (option.get_positional()) json["argument"] = option.get_name(true);
  if (option.get_items_expected_max() > 0) {
    json["value"] = option.get_type_name();
    if (option.get_expected_max() > 1) json["repeated"] = true;
  }
  json["description"] = option.get_description();
  if (option.get_required()) json["required"] = true;
  if (!option.get_default_str().empty()) json["default"] = option.get_default_str();
  return json;
}

}  // namespace

nlohmann::ordered_json Describe(const CLI::App& app) {
  Json json;
  json["name"] = app.get_name();
  if (!app.get_aliases().empty()) json["aliases"] = app.get_aliases();
  json["summary"] = app.get_description();
  json["footer"] = app.get_footer();
  json["options"] = Json::array();
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) json["options"].push_back(DescribeOption(*option));
  }
  json["commands"] = Json::array();
  for (const CLI::App* sub : app.get_subcommands({})) {
    if (!sub->get_group().empty()) json["commands"].push_back(Describe(*sub));
  }
  return json;
}

}  // namespace siphon::cli
