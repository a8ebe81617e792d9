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

// One version of the schema: a step up, a step down, or both.
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
  // That of the file for this direction, or else of the other one.
  const std::string& title(Direction direction) const;
};

// A set of migration files, whose names were read when it was opened. What is in it is read whole
// or not at all.
class Source {
 public:
  // The longest file, and all of an archive, in bytes.
  static constexpr size_t kLimit = size_t{1} << 30;

  // "file://PATH" (host and path joined, so that it may be relative; empty for the working folder),
  // or a path: a folder, which is not searched below its first level, or a .tar file; "-" is an
  // archive on `standard_input`, which may be null. errs::kInvalidArgument for another scheme, a
  // misnamed file, a folder with a migration's name, two files for one version and direction;
  // errs::kNotFound when there is nothing at the place.
  static absl::StatusOr<std::unique_ptr<Source>> Open(std::string_view place,
                                                      base::Reader* standard_input);
  // For what is not a file: `read` returns a file's content by its name.
  using FileReader = std::function<absl::StatusOr<std::string>(const std::string& name)>;
  static absl::StatusOr<std::unique_ptr<Source>> FromNames(std::string place,
                                                           const std::vector<std::string>& names,
                                                           FileReader read);

  // Sorted by version, each once.
  const std::vector<Migration>& migrations() const { return migrations_; }
  // Files that are no migrations and are passed over, sorted.
  const std::vector<std::string>& passed_over() const { return passed_over_; }
  // What was opened, for messages.
  const std::string& place() const { return place_; }

  // Null when there is none.
  const Migration* Find(int64_t version) const;
  // The version before `version` or behind it; nothing at either end and for a version that is not
  // there.
  std::optional<int64_t> Previous(int64_t version) const;
  std::optional<int64_t> Next(int64_t version) const;

  // The whole file. errs::kNotFound when it has vanished, errs::kInvalidArgument when it is empty,
  // no file, or is changed while it is read.
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
