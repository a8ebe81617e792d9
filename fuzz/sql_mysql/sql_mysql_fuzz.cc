// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "siphon/domain/sql/split_script.h"
#include "siphon/domain/sql/splitter.h"

// The first byte selects the block size and the options, the second the character set; the rest is
// the script.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  siphon::sql::SplitterOptions options;
  options.dialect = siphon::sql::Dialect::kMysql;
  options.max_piece = 4096;
  if (data[0] >= 128) options.backslash_escapes = data[0] >= 192;
  constexpr siphon::sql::Charset kCharsets[] = {
      siphon::sql::Charset::kPlain, siphon::sql::Charset::kGbk, siphon::sql::Charset::kGb18030,
      siphon::sql::Charset::kSjis, siphon::sql::Charset::kBig5};
  options.charset = kCharsets[data[1] % 5];
  options.recorded_lengths = data[1] >= 128;
  options.compound_bodies = data[1] / 64 % 2 == 1;
  const std::string_view script(reinterpret_cast<const char*>(data) + 2, size - 2);
  siphon::testing::CheckSplit(options, script, data[0] % 64 + 1);
  return 0;
}
