// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_SAMPLE_DATABASE_H_
#define TESTING_E2E_SAMPLE_DATABASE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace siphon::testing {

// What MakeSampleDatabase is asked for.
struct SampleOptions {
  uint64_t bytes = 1 << 20;  // The file's size, reached to within some ten pages.
  uint64_t seed = 1;
  int page_size = 4096;
  std::string journal_mode = "delete";
};

// Makes a database out of what applications keep: many small rows with two indexes, wide rows,
// texts, and blobs of which half compresses; the same bytes for the same options. As a whole it
// compresses to about half.
absl::Status MakeSampleDatabase(const std::string& path, const SampleOptions& options);

// The same in WAL mode, as a program leaves it that was killed: `path`-wal holds rows that were
// committed and are nowhere else, `path`-shm is there too. The folder must be of this process.
absl::Status MakeSampleDatabaseWithAWal(const std::string& path, SampleOptions options);

}  // namespace siphon::testing

#endif  // TESTING_E2E_SAMPLE_DATABASE_H_
