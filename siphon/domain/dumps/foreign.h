// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_FOREIGN_H_
#define SIPHON_DOMAIN_DUMPS_FOREIGN_H_

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace siphon::dumps {

// The number of bytes from which CheckForeign() recognizes a file.
inline constexpr size_t kForeignHead = 1024;

// Refuses a file to import that no restore takes, by its first kForeignHead bytes (fewer if it is
// shorter): compressed files, dumps of siphon, those of another engine, and for the engine
// "postgres" everything that is known not to be an archive in pg_dump's custom format. `name` is
// the name of the file. errs::kInvalidArgument with what to do. Other files may be refused when
// they are read.
absl::Status CheckForeign(std::string_view name, std::string_view driver, std::string_view head);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_FOREIGN_H_
