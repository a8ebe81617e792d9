// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "errs/error.h"
#include "siphon/base/units.h"

// A parsed size is parsed to the same value from its digits, and within half a per cent from the
// result of FormatSize(). An error has a cause, a message of limited length and a hint.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = siphon::base::ParseSize(text);
  if (!parsed.ok()) {
    const auto error = siphon::errs::GetError(parsed.status());
    if (!error.has_value() || error->cause != siphon::errs::kInvalidArgument) std::abort();
    if (error->hint.empty() || parsed.status().message().size() > 512) std::abort();
    return 0;
  }
  const auto exact = siphon::base::ParseSize(std::to_string(*parsed));
  if (!exact.ok() || *exact != *parsed) std::abort();
  const auto rounded = siphon::base::ParseSize(siphon::base::FormatSize(*parsed));
  if (!rounded.ok()) {
    // Only sizes that round up to 16 EiB, which is 2^64.
    if (*parsed < UINT64_MAX / 200 * 199) std::abort();
    return 0;
  }
  const uint64_t difference = *rounded > *parsed ? *rounded - *parsed : *parsed - *rounded;
  if (difference > *parsed / 200 + 1) std::abort();
  return 0;
}
