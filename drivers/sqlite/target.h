// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_TARGET_H_
#define DRIVERS_SQLITE_TARGET_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/sqlite/database.h"
#include "drivers/sqlite/place.h"
#include "drivers/sqlite/stage.h"
#include "drivers/sqlite/url_options.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/driver/driver.h"

namespace siphon::sqlite {

// The file that a profile names.
struct Target {
  std::string path;  // Absolute, symbolic links resolved.
  Place place;       // Of `path`.
  bool exists = false;
  UrlOptions options;

  // Place of a restore's staged database: next to the file, ".<name>.siphon-...".
  Stage::Place StagePlace() const;
};

// Reads a profile. errs::kInvalidArgument for settings that do not apply to a file;
// errs::kConnectionFailed for a missing file (unless it may be created), a folder, or a path in a
// folder that does not exist; errs::kIo for a symbolic link that base::ResolveLinks() refuses.
absl::StatusOr<Target> ResolveTarget(const profile::ConnectionProfile& profile,
                                     driver::Driver::Access access);

// Opens the file and reads from it. For Access::kRead, a database in WAL mode in a folder that may
// not be written is read without locks if it has no WAL. errs::kConnectionFailed for a file that is
// not a database, is encrypted or damaged, or may not be read (for Access::kWrite and kCreate,
// written), and for a file next to it that GuardedVfs refuses; errs::kBusy when another connection
// keeps its lock. `owners` as in Database::Options.
absl::StatusOr<std::unique_ptr<Database>> OpenTarget(const base::Context& context,
                                                     const Target& target,
                                                     driver::Driver::Access access,
                                                     bool owners = false);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_TARGET_H_
