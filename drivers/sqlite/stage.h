// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_STAGE_H_
#define DRIVERS_SQLITE_STAGE_H_

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/sqlite/body.h"
#include "drivers/sqlite/database.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "siphon/base/io.h"
#include "siphon/base/ownership.h"

namespace siphon::sqlite {

// A database in a temporary file, created from a body. Destroying it before it was published
// removes the file; after a kill, base::RemoveStaleFiles() finds the file by its prefix.
class Stage {
 public:
  struct Place {
    std::string directory;
    std::string prefix;                  // The beginning of the file's name.
    base::ActingAs::Rights rights = {};  // To use the folder with.
  };
  // Creates the tables that a script of rows alone fills; called only for such a script.
  using TableMaker = std::function<absl::Status(Database&)>;

  ~Stage();

  // Reads `body` to its end. errs::kIntegrity when it is invalid; SQLite's error about a statement
  // of a script, with the statement's line.
  static absl::StatusOr<std::unique_ptr<Stage>> FromBody(const base::Context& context,
                                                         base::Reader& body, const Place& place,
                                                         const TableMaker& make_tables);
  // An empty file, to be filled through OpenPrivate().
  static absl::StatusOr<std::unique_ptr<Stage>> Empty(const Place& place);

  Format format() const { return format_; }
  // An image counts as a whole database.
  const ScriptHeader& header() const { return header_; }
  // The tables that a script of rows alone writes to.
  const std::set<std::string>& row_tables() const { return row_tables_; }
  const std::string& path() const { return file_->temporary_path(); }

  // Opens the staged database for writing (Database::Mode::kPrivate).
  absl::StatusOr<std::unique_ptr<Database>> OpenPrivate() const;
  // Opens the staged database for reading. It must be closed before Publish().
  absl::StatusOr<std::unique_ptr<Database>> Open() const;
  // Syncs the file and renames it to `name`. errs::kAlreadyExists instead of replacing a file.
  absl::Status Publish(const std::string& name);

 private:
  class Filler;
  Stage(std::unique_ptr<base::AtomicFile> file, const base::ActingAs::Rights& rights)
      : file_(std::move(file)), rights_(rights) {}
  absl::StatusOr<std::unique_ptr<Database>> OpenAs(Database::Options options) const;
  // Scripts of earlier versions do not have the definitions of virtual tables.
  absl::Status WarnOfUnknownDefinitions(const base::Context& context, Database& database) const;

  std::unique_ptr<base::AtomicFile> file_;
  base::ActingAs::Rights rights_;
  Format format_ = Format::kImage;
  ScriptHeader header_;
  std::set<std::string> row_tables_;
  std::vector<std::string> defined_tables_;  // Whose definitions a script of rows alone has.
};

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_STAGE_H_
