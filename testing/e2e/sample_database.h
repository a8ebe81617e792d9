// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_SAMPLE_DATABASE_H_
#define TESTING_E2E_SAMPLE_DATABASE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace siphon::testing {

// The options of MakeSampleDatabase().
struct SampleOptions {
  uint64_t bytes = 1 << 20;  // The file's size, reached to within some ten pages.
  uint64_t seed = 1;
  int page_size = 4096;
  std::string journal_mode = "delete";
};

// Makes a database like those of applications: many small rows with two indexes, wide rows, texts,
// and blobs, half of which compress. Equal options give equal bytes. The file compresses to about
// half.
absl::Status MakeSampleDatabase(const std::string& path, const SampleOptions& options);

// The same in WAL mode, as a killed program leaves it: `path`-wal holds committed rows that are not
// in the database file, and `path`-shm exists. No other process may use the folder.
absl::Status MakeSampleDatabaseWithAWal(const std::string& path, SampleOptions options);

}  // namespace siphon::testing

#endif  // TESTING_E2E_SAMPLE_DATABASE_H_
