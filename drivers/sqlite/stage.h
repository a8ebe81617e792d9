// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_STAGE_H_
#define DRIVERS_SQLITE_STAGE_H_

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/sqlite/body.h"
#include "drivers/sqlite/database.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "siphon/base/io.h"

namespace siphon::sqlite {

// A database that no one else knows of yet, made from a body. Destroyed unpublished, it leaves
// nothing; when the process is killed, base::RemoveStaleFiles() finds its file by its prefix.
class Stage {
 public:
  struct Place {
    std::string directory;
    std::string prefix;  // Of the file's name.
  };
  // Makes the tables that a script of rows alone fills; called for such a script only.
  using TableMaker = std::function<absl::Status(Database&)>;

  // Reads `body` to its end. What is wrong with it is errs::kIntegrity; what SQLite says to a
  // statement of a script names its line.
  static absl::StatusOr<std::unique_ptr<Stage>> FromBody(const base::Context& context,
                                                         base::Reader& body, const Place& place,
                                                         const TableMaker& make_tables);
  // An empty file to be filled through OpenPrivate().
  static absl::StatusOr<std::unique_ptr<Stage>> Empty(const Place& place);

  Format format() const { return format_; }
  // An image counts as a whole database.
  const ScriptHeader& header() const { return header_; }
  // The tables that a script of rows alone writes to.
  const std::set<std::string>& row_tables() const { return row_tables_; }
  const std::string& path() const { return file_->temporary_path(); }

  // The staged database, to write to (Database::Mode::kPrivate).
  absl::StatusOr<std::unique_ptr<Database>> OpenPrivate() const;
  // The staged database, to read from. It must be closed before Publish().
  absl::StatusOr<std::unique_ptr<Database>> Open() const;
  // Syncs the file and gives it its name, without replacing one that is there: that is
  // errs::kAlreadyExists.
  absl::Status Publish(const std::string& name);

 private:
  class Filler;
  explicit Stage(std::unique_ptr<base::AtomicFile> file) : file_(std::move(file)) {}

  std::unique_ptr<base::AtomicFile> file_;
  Format format_ = Format::kImage;
  ScriptHeader header_;
  std::set<std::string> row_tables_;
};

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_STAGE_H_
