// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/cover.h"

#include <cstddef>
#include <cstdlib>
#include <cstring>

#ifndef SIPHON_SANITIZED
#define SIPHON_SANITIZED 0
#endif

namespace siphon::cli {
namespace {

// Set before static initialisation, so it must have none itself.
char** original = nullptr;

// Runs first in the process: nothing here may depend on an initialised object.
void Cover(int argc, char** argv, char**) {
  if (argc < 2) return;
  const size_t pointers = (static_cast<size_t>(argc) + 1) * sizeof(char*);
  size_t size = pointers;
  for (int i = 0; i < argc; ++i) size += std::strlen(argv[i]) + 1;
  char* const block = static_cast<char*>(std::malloc(size));
  if (block == nullptr) return;
  char** const copies = reinterpret_cast<char**>(block);
  char* text = block + pointers;
  for (int i = 0; i < argc; ++i) {
    const size_t length = std::strlen(argv[i]);
    std::memcpy(text, argv[i], length + 1);
    copies[i] = text;
    text += length + 1;
    if (i > 0) std::memset(argv[i], '*', length);
  }
  copies[argc] = nullptr;
  original = copies;
}

#if !SIPHON_SANITIZED
using Initializer = void (*)(int, char**, char**);
__attribute__((section(".preinit_array"), used)) const Initializer kCover = &Cover;
#endif

}  // namespace

char** OriginalArguments(char** argv) { return original == nullptr ? argv : original; }

}  // namespace siphon::cli
