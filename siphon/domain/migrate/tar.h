// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_MIGRATE_TAR_H_
#define SIPHON_DOMAIN_MIGRATE_TAR_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "siphon/base/io.h"

namespace siphon::migrate {

struct TarEntry {
  enum class Kind { kFile, kDirectory, kOther };
  std::string path;  // As written in the archive.
  Kind kind = Kind::kFile;
  std::string content;
};

// Reads an uncompressed tar archive to its end: ustar, GNU and pax (POSIX.1-2017, pax, "ustar
// Interchange Format"), including long names. errs::kInvalidArgument for data that is not an
// archive or is truncated, and for more than `limit` bytes of files.
absl::StatusOr<std::vector<TarEntry>> ParseTar(base::Reader& reader, size_t limit);

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_TAR_H_
