// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The entry point of a program of PostgreSQL. It is compiled together with the program, with `main`
// defined as another name, and PG_PROGRAM as the name of the entry point.

#include <stdio.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#define PG_PROGRAM_LEAKS
#endif
#endif

int main(int argc, char** argv);
int PG_PROGRAM(int argc, char** argv);

int PG_PROGRAM(int argc, char** argv) {
#ifdef PG_PROGRAM_LEAKS
  // The programs do not free memory before they exit.
  __lsan_disable();
#endif
  // siphon reads the archive through a pipe. With the default buffer of 4 KiB, each write would
  // wake the reader.
  static char buffer[128 * 1024];
  if (!isatty(STDOUT_FILENO)) setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  return main(argc, argv);
}
