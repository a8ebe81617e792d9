// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Checks messages of logical replication: a message that is accepted is written again with the same
// bytes; an error is an integrity error with a message.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "absl/status/statusor.h"
#include "drivers/postgres/pgoutput.h"
#include "errs/error.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace pgoutput = siphon::postgres::pgoutput;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<pgoutput::Message> message = pgoutput::Parse(bytes);
  if (message.ok()) {
    Require(pgoutput::Format(*message) == bytes);
  } else {
    Require(siphon::errs::Is(message.status(), siphon::errs::kIntegrity));
    Require(!message.status().message().empty());
  }
  return 0;
}
