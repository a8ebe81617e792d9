// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Reads the name of the super-journal at the end of a rollback journal: a name is part of the
// journal, not longer than it and without NUL, and a super-journal's name of a folder stays in it.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "drivers/sqlite/guarded_vfs.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view journal(reinterpret_cast<const char*>(data), size);
  const int fd = memfd_create("journal", 0);
  Require(fd >= 0 && write(fd, data, size) == static_cast<ssize_t>(size));
  const std::string name = siphon::sqlite::SuperJournalOf(fd);
  close(fd);
  Require(name.size() + 16 <= size || name.empty());
  Require(name.find('\0') == std::string::npos);
  Require(journal.find(name) != std::string_view::npos);
  if (siphon::sqlite::IsSuperJournal(name, "/a/")) {
    Require(name.starts_with("/a/") && name.find('/', 3) == std::string::npos);
  }
  return 0;
}
