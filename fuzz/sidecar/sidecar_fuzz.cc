// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "errs/error.h"
#include "siphon/domain/dumps/sidecar.h"

// A decoded sidecar can be encoded in any time zone, and decodes to the same value. An error is an
// integrity error with a hint and a message of limited length.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using siphon::dumps::DecodeSidecar;
  using siphon::dumps::EncodeSidecar;
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto sidecar = DecodeSidecar(json);
  if (!sidecar.ok()) {
    const auto error = siphon::errs::GetError(sidecar.status());
    if (!error.has_value() || error->cause != siphon::errs::kIntegrity) std::abort();
    if (error->hint.empty() || !error->detail.starts_with("invalid sidecar: ")) std::abort();
    if (sidecar.status().message().size() > 512) std::abort();
    return 0;
  }
  const std::string encoded = EncodeSidecar(*sidecar, absl::UTCTimeZone());
  for (const int minutes : {0, 14 * 60, -(9 * 60 + 30)}) {
    const auto again = DecodeSidecar(EncodeSidecar(*sidecar, absl::FixedTimeZone(minutes * 60)));
    if (!again.ok() || again->tables != sidecar->tables || again->created != sidecar->created ||
        again->annotations != sidecar->annotations || again->checksum != sidecar->checksum ||
        again->index != sidecar->index) {
      std::abort();
    }
    if (EncodeSidecar(*again, absl::UTCTimeZone()) != encoded) std::abort();
  }
  return 0;
}
