// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "errs/error.h"
#include "siphon/base/aws/profile.h"

// The settings are parts of the text, and written as a file they are read as the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto sections = siphon::aws::ParseProfiles(text);
  if (!sections.ok()) {
    const auto error = siphon::errs::GetError(sections.status());
    if (!error.has_value() || error->cause != siphon::errs::kConfigInvalid) std::abort();
    if (error->hint.empty()) std::abort();
    return 0;
  }
  std::string written;
  for (const auto& [name, settings] : *sections) {
    written += "[" + name + "]\n";
    for (const auto& [key, value] : settings) {
      if (text.find(value) == std::string_view::npos) std::abort();
      written += key + " = " + value + "\n";
    }
  }
  const auto again = siphon::aws::ParseProfiles(written);
  if (!again.ok() || *again != *sections) std::abort();
  return 0;
}
