// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/engines.h"

#include "siphon/driver/capabilities.h"
#include "siphon/driver/registry.h"

namespace siphon::app {

std::vector<Engine> Engines() {
  std::vector<Engine> engines;
  for (driver::Driver* driver : driver::All()) {
    Engine engine{
        .name = std::string(driver->name()), .version = driver->version(), .capabilities = {}};
    const driver::Capabilities capabilities = driver->capabilities();
    for (const driver::CapabilityInfo& info : driver::kCapabilities) {
      engine.capabilities.push_back({.name = std::string(info.name),
                                     .summary = std::string(info.summary),
                                     .supported = capabilities.*info.flag});
    }
    engines.push_back(std::move(engine));
  }
  return engines;
}

}  // namespace siphon::app
