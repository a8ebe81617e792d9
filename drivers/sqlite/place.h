// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_PLACE_H_
#define DRIVERS_SQLITE_PLACE_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "siphon/base/file.h"
#include "siphon/base/ownership.h"

namespace siphon::sqlite {

// A database file's place, and who else controls it.
struct Place {
  std::string path;  // Absolute, symbolic links resolved; for messages.
  // The path for system calls. If the process is root and a foreign user controls the folder, it
  // leads through `folder` (/proc/self/fd/<number>/<name>): the folder stays the same one whatever
  // its owner renames, and those above it need not be open to the owner.
  std::string opened_as;
  std::shared_ptr<const base::FileDescriptor> folder;
  bool exists = false;
  // A foreign user can change the file, its journal or its folder; `controller` names that user.
  bool shared = false;
  std::string controller;
  // The rights to open and create files there with: those of the file's owner, or of the folder's
  // for a new file, if a foreign user controls the folder.
  base::ActingAs::Rights rights;
  // The folder is a foreign user's and the file is not: files next to it are not to be trusted.
  bool trusted_files = false;
};

// `path` has no symbolic links. Fails if the folder cannot be opened, or if it or a folder above it
// has become a link (Linux 5.6), and errs::kConnectionFailed if a journal or another file next to
// the database is a symbolic link.
absl::StatusOr<Place> LookAt(std::string_view op, const std::string& path);

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_PLACE_H_
