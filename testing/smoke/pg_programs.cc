// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// PostgreSQL's programs in one binary, like the applets of siphon: the first argument selects the
// program.

#include "pg_programs.h"

#include <cstdio>
#include <string_view>

int main(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "pg_dump") return pg_dump_main(argc - 1, argv + 1);
  if (name == "pg_restore") return pg_restore_main(argc - 1, argv + 1);
  std::fprintf(stderr, "usage: pg_programs pg_dump|pg_restore [ARGUMENT]...\n");
  return 2;
}
