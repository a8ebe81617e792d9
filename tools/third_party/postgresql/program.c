// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The function under which a program of PostgreSQL is called. It is compiled with the program,
// whose main has another name there, and whose own name PG_PROGRAM gives.

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
  // They leave what they need to the end of the process.
  __lsan_disable();
#endif
  // An archive goes to siphon through a pipe: in larger pieces than a pipe's 4 KiB, each of which
  // would wake the reader.
  static char buffer[128 * 1024];
  if (!isatty(STDOUT_FILENO)) setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  return main(argc, argv);
}
