// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_ENVIRONMENT_H_
#define SIPHON_BASE_ENVIRONMENT_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace siphon::base {

// Environment variables as a value. main() copies them once and passes them on; no other code calls
// getenv().
class Environment {
 public:
  Environment() = default;
  explicit Environment(std::map<std::string, std::string, std::less<>> values)
      : values_(std::move(values)) {}
  // The environment of this process; `environ` is the variable of unistd.h.
  static Environment OfProcess(const char* const* environ);

  std::optional<std::string> Get(std::string_view name) const;
  // The value, or "" if the variable is not set.
  std::string GetOrEmpty(std::string_view name) const;
  const std::map<std::string, std::string, std::less<>>& values() const { return values_; }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace siphon::base

#endif  // SIPHON_BASE_ENVIRONMENT_H_
