// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0
//
// The main function of a fuzz target without --config=fuzz: runs it once with every corpus file.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
  int replayed = 0;
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(file)),
                              std::istreambuf_iterator<char>());
    if (!file) {
      std::fprintf(stderr, "cannot read the corpus file %s\n", argv[i]);
      return 1;
    }
    std::fprintf(stderr, "replaying %s (%zu bytes)\n", argv[i], content.size());
    // A heap block of exactly the input's size, so that a sanitizer reports an access beyond it.
    uint8_t* copy = new uint8_t[content.size()];
    std::memcpy(copy, content.data(), content.size());
    LLVMFuzzerTestOneInput(copy, content.size());
    delete[] copy;
    ++replayed;
  }
  if (replayed == 0) {
    std::fprintf(stderr, "the corpus is empty: add at least one input\n");
    return 1;
  }
  std::fprintf(stderr, "replayed %d inputs\n", replayed);
  return 0;
}
