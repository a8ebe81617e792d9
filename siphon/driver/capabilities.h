// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_CAPABILITIES_H_
#define SIPHON_DRIVER_CAPABILITIES_H_

#include <array>
#include <string_view>

#include "absl/status/status.h"

namespace siphon::driver {

// The features of an engine. A flag is true only if the contract suite exercises the feature.
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

// A flag with its name in siphon (Go) ("PerTable") and a description.
struct CapabilityInfo {
  std::string_view name;
  std::string_view summary;
  bool Capabilities::*flag;
};

// All 13 flags, in the order of docs/contracts.md#capability-flags.
extern const std::array<CapabilityInfo, 13> kCapabilities;

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_CAPABILITIES_H_
