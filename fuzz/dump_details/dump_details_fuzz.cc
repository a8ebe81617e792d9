// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "errs/error.h"
#include "siphon/domain/dumps/encryption.h"

// Details that are decoded are the same after they were encoded and decoded again. An error is an
// integrity error of limited length.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using siphon::dumps::DecodeDetails;
  using siphon::dumps::EncodeDetails;
  const auto details = DecodeDetails(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!details.ok()) {
    if (!siphon::errs::Is(details.status(), siphon::errs::kIntegrity)) std::abort();
    if (details.status().message().size() > 512) std::abort();
    return 0;
  }
  const auto again = DecodeDetails(EncodeDetails(*details));
  if (!again.ok() || *again != *details) std::abort();
  return 0;
}
