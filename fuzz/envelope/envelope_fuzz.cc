// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "errs/error.h"
#include "siphon/domain/dumps/envelope.h"

namespace {

using siphon::dumps::DecodeEnvelope;
using siphon::dumps::EncodeEnvelope;

// A decoded envelope can be encoded, unless escapes make it too long, and decodes to the same
// value. An error is an integrity error with a hint and a message of limited length.
void Check(std::string_view bytes) {
  const auto envelope = DecodeEnvelope(bytes);
  if (!envelope.ok()) {
    const auto error = siphon::errs::GetError(envelope.status());
    if (!error.has_value() || error->cause != siphon::errs::kIntegrity) std::abort();
    if (error->hint.empty() || !error->detail.starts_with("invalid siphon envelope: ")) {
      std::abort();
    }
    if (envelope.status().message().size() > 512) std::abort();
    return;
  }
  const auto encoded = EncodeEnvelope(*envelope);
  if (!encoded.ok()) {
    if (!siphon::errs::Is(encoded.status(), siphon::errs::kInvalidArgument)) std::abort();
    return;
  }
  if (encoded->size() != siphon::dumps::kEnvelopeSize || encoded->back() != '\n') std::abort();
  const auto again = DecodeEnvelope(*encoded);
  if (!again.ok() || again->tables != envelope->tables || again->created != envelope->created ||
      again->binlog_end != envelope->binlog_end || again->driver != envelope->driver ||
      again->rows_estimated != envelope->rows_estimated || again->layout != envelope->layout ||
      again->attachments != envelope->attachments) {
    std::abort();
  }
  const auto twice = EncodeEnvelope(*again);
  if (!twice.ok() || *twice != *encoded) std::abort();
}

}  // namespace

// Uses the input as a complete envelope, and as the JSON of one.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  Check(input);
  std::string framed(siphon::dumps::kEnvelopeMagic);
  framed += input.substr(0, siphon::dumps::kEnvelopeJsonLimit);
  framed.resize(siphon::dumps::kEnvelopeSize - 1, ' ');
  Check(framed + '\n');
  return 0;
}
