// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_ENGINES_H_
#define SIPHON_APP_ENGINES_H_

#include <string>
#include <vector>

namespace siphon::app {

struct EngineCapability {
  std::string name;  // "PerTable".
  std::string summary;
  bool supported = false;
};

// An engine that this binary carries.
struct Engine {
  std::string name;                            // "sqlite".
  std::string version;                         // Of the client library that is built in.
  std::vector<EngineCapability> capabilities;  // All 13, in the contract's order.
};

// Sorted by name.
std::vector<Engine> Engines();

}  // namespace siphon::app

#endif  // SIPHON_APP_ENGINES_H_
