// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_CAPABILITIES_H_
#define SIPHON_DRIVER_CAPABILITIES_H_

#include <array>
#include <string_view>

#include "absl/status/status.h"

namespace siphon::driver {

// What an engine supports; a flag is true only where the contract suite shows the feature.
struct Capabilities {
  bool incremental = false;
  bool native_stream = false;
  bool per_table = false;
  bool schema_only = false;
  bool data_only = false;
  bool parallel = false;
  bool compression = false;
  bool binary_format = false;
  bool cross_engine_source = false;
  bool cross_engine_target = false;
  bool cdc = false;
  bool native_backpressure = false;
  bool cross_version_incremental = false;
};

// One flag with its name as siphon (Go) spells it ("PerTable") and what it is for.
struct CapabilityInfo {
  std::string_view name;
  std::string_view summary;
  bool Capabilities::*flag;
};

// All 13, in the contract's order.
extern const std::array<CapabilityInfo, 13> kCapabilities;

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_CAPABILITIES_H_
