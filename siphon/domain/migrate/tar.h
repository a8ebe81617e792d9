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
  std::string path;  // As it stands in the archive.
  Kind kind = Kind::kFile;
  std::string content;
};

// Reads an uncompressed tar archive to its end: ustar, GNU and pax (POSIX.1-2017, pax, "ustar
// Interchange Format"), long names included. errs::kInvalidArgument for what is no archive, is cut
// off, or holds more than `limit` bytes in files.
absl::StatusOr<std::vector<TarEntry>> ParseTar(base::Reader& reader, size_t limit);

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_TAR_H_
