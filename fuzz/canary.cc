// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0
//
// Fails on purpose on every input that begins with "BUG!" (see canary_test.sh).

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size >= 4 && data[0] == 'B' && data[1] == 'U' && data[2] == 'G' && data[3] == '!') {
    std::abort();
  }
  return 0;
}
