// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/publish.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "siphon/base/space.h"

namespace siphon::sqlite {
namespace {

// Number of pages copied between two checks of the context.
constexpr int kPagesPerStep = 1024;

struct FinishBackup {
  void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
};

// Copies all pages by SQLite's online backup (https://www.sqlite.org/c3ref/backup_finish.html),
// which holds the target's lock from the first step to the end and rolls back when it is abandoned.
absl::Status CopyPages(Database& source, Database& target) {
  std::unique_ptr<sqlite3_backup, FinishBackup> backup(
      sqlite3_backup_init(target.handle(), "main", source.handle(), "main"));
  if (backup == nullptr)
    return target.Error(sqlite3_errcode(target.handle()), "replacing its content");
  int result = SQLITE_OK;
  while (result == SQLITE_OK) {
    result = sqlite3_backup_step(backup.get(), kPagesPerStep);
    if (result == SQLITE_OK) RETURN_IF_ERROR(target.CheckContext());
  }
  const int finished = sqlite3_backup_finish(backup.release());
  if (result != SQLITE_DONE) return target.Error(result, "replacing its content");
  return finished == SQLITE_OK ? absl::OkStatus() : target.Error(finished, "replacing its content");
}

// CopyPages() into a database that is still empty when its lock is acquired. (In WAL mode only the
// copy itself can acquire and keep the lock, so the check comes immediately before.)
absl::Status FillEmpty(Database& source, Database& target) {
  ASSIGN_OR_RETURN(const std::string mode, target.QueryText("PRAGMA main.journal_mode"));
  if (mode == "wal") {
    RETURN_IF_ERROR(CheckEmpty(target));
    return CopyPages(source, target);
  }
  // In this locking mode the lock is kept after the transaction.
  RETURN_IF_ERROR(target.Execute("PRAGMA main.locking_mode = EXCLUSIVE"));
  absl::Status status = target.Execute("BEGIN EXCLUSIVE");
  if (status.ok()) {
    status = CheckEmpty(target);
    const absl::Status ended = target.Execute("COMMIT");
    if (status.ok()) status = ended;
  }
  if (status.ok()) status = CopyPages(source, target);
  // Releases the lock and removes the journal, which this locking mode keeps.
  target
      .Execute(
          "PRAGMA main.locking_mode = NORMAL; SELECT 1 FROM main.sqlite_schema;"
          "PRAGMA main.journal_mode = PERSIST; PRAGMA main.journal_mode = DELETE")
      .IgnoreError();
  return status;
}

// SQLite cannot change the page size of a database in WAL mode. Leaving WAL mode requires that no
// other connection is open.
absl::Status LeaveWal(Database& target) {
  const absl::StatusOr<std::string> mode = target.QueryText("PRAGMA main.journal_mode = DELETE");
  if (mode.ok() && *mode != "wal") return absl::OkStatus();
  if (!mode.ok() && !errs::Is(mode.status(), errs::kBusy)) return mode.status();
  return errs::SystemError(
      target.operation(), errs::kBusy,
      absl::StrCat(target.path(),
                   ": other connections keep it in WAL mode, in which its page size "
                   "cannot become that of the dump"),
      "close the programs that use the database and try again");
}

}  // namespace

absl::Status CheckEmpty(Database& target) {
  ASSIGN_OR_RETURN(const int64_t objects,
                   target.QueryInt("SELECT count(*) FROM main.sqlite_schema"));
  if (objects == 0) return absl::OkStatus();
  return errs::UserError(target.operation(), errs::kTargetNotEmpty,
                         absl::StrCat(target.path(), " contains ", objects,
                                      objects == 1 ? " table, index, view or trigger"
                                                   : " tables, indexes, views and triggers"),
                         "restore into a new file, or use --clean to replace the content");
}

absl::Status ReplaceContent(const Stage& stage, Database& target, bool clean) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Database> source, stage.Open());
  ASSIGN_OR_RETURN(const int64_t source_page, source->QueryInt("PRAGMA main.page_size"));
  ASSIGN_OR_RETURN(const int64_t target_page, target.QueryInt("PRAGMA main.page_size"));
  ASSIGN_OR_RETURN(const std::string mode, target.QueryText("PRAGMA main.journal_mode"));
  // What the copy writes in addition: the old pages to the journal, or the new ones to the WAL.
  ASSIGN_OR_RETURN(const int64_t source_pages, source->QueryInt("PRAGMA main.page_count"));
  ASSIGN_OR_RETURN(const int64_t target_pages, target.QueryInt("PRAGMA main.page_count"));
  const int64_t grown = std::max(source_pages * source_page, target_pages * target_page);
  RETURN_IF_ERROR(base::RequireSpace(target.operation(), base::SplitPath(target.path()).first,
                                     static_cast<uint64_t>(grown), "replacing its content"));
  const bool leave_wal = mode == "wal" && source_page != target_page;
  if (leave_wal) RETURN_IF_ERROR(LeaveWal(target));
  absl::Status status = clean ? CopyPages(*source, target) : FillEmpty(*source, target);
  if (leave_wal) {
    // The journal mode of the dumped database; the copy may have set it already.
    target.Execute("PRAGMA main.journal_mode = WAL").IgnoreError();
  }
  return status;
}

}  // namespace siphon::sqlite
