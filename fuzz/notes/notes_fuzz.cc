// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "errs/error.h"
#include "siphon/domain/dumps/notes.h"

// Decoded notes can be encoded, and decode to the same value but for long failures. An error is an
// integrity error with a hint and a message of limited length.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace dumps = siphon::dumps;
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto notes = dumps::DecodeNotes(json);
  if (!notes.ok()) {
    const auto error = siphon::errs::GetError(notes.status());
    if (!error.has_value() || error->cause != siphon::errs::kIntegrity) std::abort();
    if (error->hint.empty() || notes.status().message().size() > 512) std::abort();
    return 0;
  }
  const auto again = dumps::DecodeNotes(dumps::EncodeNotes(*notes));
  if (!again.ok() || again->tags != notes->tags) std::abort();
  if (again->pin != notes->pin) std::abort();
  if (again->verifications.size() != notes->verifications.size()) std::abort();
  if (dumps::EncodeNotes(*again) != dumps::EncodeNotes(*notes)) std::abort();
  return 0;
}
