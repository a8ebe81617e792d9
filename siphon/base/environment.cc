// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/environment.h"

namespace siphon::base {

Environment Environment::OfProcess(const char* const* environ) {
  std::map<std::string, std::string, std::less<>> values;
  for (; environ != nullptr && *environ != nullptr; ++environ) {
    const std::string_view entry(*environ);
    const size_t equals = entry.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    // For a name that occurs twice, getenv() returns the first value.
    values.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return Environment(std::move(values));
}

std::optional<std::string> Environment::Get(std::string_view name) const {
  const auto it = values_.find(name);
  if (it == values_.end()) return std::nullopt;
  return it->second;
}

std::string Environment::GetOrEmpty(std::string_view name) const { return Get(name).value_or(""); }

}  // namespace siphon::base
