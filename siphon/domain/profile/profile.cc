// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/profile/profile.h"

#include <algorithm>
#include <iterator>

namespace siphon::profile {

std::optional<Tools> ParseTools(std::string_view name) {
  for (const Tools tools : {Tools::kAuto, Tools::kBuiltin, Tools::kSystem}) {
    if (name == ToolsName(tools)) return tools;
  }
  return std::nullopt;
}

std::string_view ToolsName(Tools tools) {
  switch (tools) {
    case Tools::kAuto:
      return "auto";
    case Tools::kBuiltin:
      return "builtin";
    case Tools::kSystem:
      return "system";
  }
  return "";
}

bool IsParameterKey(std::string_view name) {
  return std::find(std::begin(kParameterKeys), std::end(kParameterKeys), name) !=
         std::end(kParameterKeys);
}

}  // namespace siphon::profile
