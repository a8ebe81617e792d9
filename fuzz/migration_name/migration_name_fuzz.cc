// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "errs/error.h"
#include "siphon/domain/migrate/names.h"

// An accepted name can be rebuilt from its parts; an error contains the name and has a hint.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view name(reinterpret_cast<const char*>(data), size);
  const auto parsed = siphon::migrate::ParseFileName(name);
  if (!parsed.ok()) {
    const auto error = siphon::errs::GetError(parsed.status());
    if (!error.has_value() || error->cause != siphon::errs::kInvalidArgument) std::abort();
    if (error->hint.empty()) std::abort();
    return 0;
  }
  if (!parsed->has_value()) return 0;
  const siphon::migrate::FileName& file = **parsed;
  if (file.version < 0) std::abort();
  const std::string suffix = "_" + file.title + "." +
                             std::string(siphon::migrate::DirectionName(file.direction)) + "." +
                             file.extension;
  if (!name.ends_with(std::to_string(file.version) + suffix)) std::abort();
  const auto again = siphon::migrate::ParseFileName(std::to_string(file.version) + suffix);
  if (!again.ok() || *again != *parsed) std::abort();
  return 0;
}
