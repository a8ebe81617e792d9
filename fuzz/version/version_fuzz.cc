// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "siphon/driver/version.h"

// Numbers are within bounds, and parsing the text of a version gives the same version.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using siphon::driver::ParseVersion;
  using siphon::driver::Version;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::optional<Version> version = ParseVersion(text);
  if (!version.has_value()) return 0;
  for (const int number : {version->major, version->minor, version->patch}) {
    if (number < 0 || number > 1'000'000) std::abort();
  }
  if (ParseVersion(siphon::driver::VersionText(*version)) != version) std::abort();
  return 0;
}
