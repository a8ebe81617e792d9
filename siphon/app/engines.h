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

// An engine in this binary.
struct Engine {
  std::string name;                            // "sqlite".
  std::string version;                         // Of the built-in client library.
  std::vector<EngineCapability> capabilities;  // All 13 (docs/contracts.md#capability-flags).
};

// Sorted by name.
std::vector<Engine> Engines();

}  // namespace siphon::app

#endif  // SIPHON_APP_ENGINES_H_
