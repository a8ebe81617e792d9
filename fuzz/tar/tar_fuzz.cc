// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "errs/error.h"
#include "siphon/base/io.h"
#include "siphon/domain/migrate/tar.h"

// Files are not larger than the archive and the limit; an error has a cause and a hint.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kLimit = 100000;
  siphon::base::StringReader reader({reinterpret_cast<const char*>(data), size});
  const auto entries = siphon::migrate::ParseTar(reader, kLimit);
  if (!entries.ok()) {
    const auto error = siphon::errs::GetError(entries.status());
    if (!error.has_value() || error->cause != siphon::errs::kInvalidArgument) std::abort();
    if (error->hint.empty()) std::abort();
    return 0;
  }
  size_t total = 0;
  for (const siphon::migrate::TarEntry& entry : *entries) total += entry.content.size();
  if (total > kLimit || total > size) std::abort();
  return 0;
}
