// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_MIGRATE_SOURCE_H_
#define SIPHON_DOMAIN_MIGRATE_SOURCE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/io.h"
#include "siphon/domain/migrate/names.h"

namespace siphon::migrate {

// The files of one version: for up, for down, or both.
struct Migration {
  struct File {
    std::string name;   // "1_init.up.sql"
    std::string title;  // "init"
  };
  int64_t version = 0;
  std::optional<File> up;
  std::optional<File> down;

  const std::optional<File>& file(Direction direction) const {
    return direction == Direction::kUp ? up : down;
  }
  // The title of the file for `direction`, or of the other file if there is none.
  const std::string& title(Direction direction) const;
};

// A set of migration files. The names are read when it is opened; a file is read as a whole later.
class Source {
 public:
  // The maximum size of a file, and of all files of an archive together, in bytes.
  static constexpr size_t kLimit = size_t{1} << 30;

  // Opens a source. `place` is a path or "file://PATH" (may be relative; empty means the current
  // folder) of a folder, which is not searched recursively, or of a .tar file; "-" is a tar archive
  // on `standard_input`, which may be null. errs::kInvalidArgument for another scheme, a misnamed
  // file, a folder with the name of a migration, two files for one version and direction;
  // errs::kNotFound if `place` does not exist.
  static absl::StatusOr<std::unique_ptr<Source>> Open(std::string_view place,
                                                      base::Reader* standard_input);
  // Opens a source that is not in the file system; `read` returns the content of a file.
  using FileReader = std::function<absl::StatusOr<std::string>(const std::string& name)>;
  static absl::StatusOr<std::unique_ptr<Source>> FromNames(std::string place,
                                                           const std::vector<std::string>& names,
                                                           FileReader read);

  // One entry for each version, sorted.
  const std::vector<Migration>& migrations() const { return migrations_; }
  // The names of ignored files, which are not migrations, sorted.
  const std::vector<std::string>& passed_over() const { return passed_over_; }
  // The opened place, for messages.
  const std::string& place() const { return place_; }

  // The migration of a version; null if there is none.
  const Migration* Find(int64_t version) const;
  // The version before or after `version`; nothing at the ends, and for an unknown version.
  std::optional<int64_t> Previous(int64_t version) const;
  std::optional<int64_t> Next(int64_t version) const;

  // Reads a whole file. errs::kNotFound if it no longer exists, errs::kInvalidArgument if it is
  // empty, not a regular file, or changes while it is read.
  absl::StatusOr<std::string> Read(const Migration::File& file) const;

 private:
  Source(std::string place, FileReader read) : place_(std::move(place)), read_(std::move(read)) {}
  absl::Status Add(const std::string& name);

  std::string place_;
  FileReader read_;
  std::vector<Migration> migrations_;
  std::vector<std::string> passed_over_;
};

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_SOURCE_H_
