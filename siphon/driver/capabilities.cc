// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/capabilities.h"

namespace siphon::driver {

const std::array<CapabilityInfo, 13> kCapabilities = {{
    {"Incremental", "backups of the changes since an earlier one", &Capabilities::incremental},
    {"NativeStream", "copying between two databases of the engine without a dump",
     &Capabilities::native_stream},
    {"PerTable", "choosing tables", &Capabilities::per_table},
    {"SchemaOnly", "definitions without rows", &Capabilities::schema_only},
    {"DataOnly", "rows without definitions", &Capabilities::data_only},
    {"Parallel", "several jobs for one backup or restore", &Capabilities::parallel},
    {"Compression", "compressed dumps", &Capabilities::compression},
    {"BinaryFormat", "dumps in the engine's own binary format", &Capabilities::binary_format},
    {"CrossEngineSource", "copying to another engine", &Capabilities::cross_engine_source},
    {"CrossEngineTarget", "copying from another engine", &Capabilities::cross_engine_target},
    {"CDC", "following changes as they happen", &Capabilities::cdc},
    {"NativeBackpressure", "slowing the source down when the target is slow",
     &Capabilities::native_backpressure},
    {"CrossVersionIncremental", "incrementals between versions of the engine",
     &Capabilities::cross_version_incremental},
}};

}  // namespace siphon::driver
