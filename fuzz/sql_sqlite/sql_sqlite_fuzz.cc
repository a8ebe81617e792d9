// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "siphon/domain/sql/split_script.h"
#include "siphon/domain/sql/splitter.h"

// The first byte selects the block size and the options; the rest is the script.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  siphon::sql::SplitterOptions options;
  options.dialect = siphon::sql::Dialect::kSqlite;
  options.max_piece = 4096;
  if (data[0] >= 128) options.backslash_escapes = data[0] >= 192;
  const std::string_view script(reinterpret_cast<const char*>(data) + 1, size - 1);
  siphon::testing::CheckSplit(options, script, data[0] % 64 + 1);
  return 0;
}
