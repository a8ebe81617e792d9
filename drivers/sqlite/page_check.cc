// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/page_check.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "drivers/sqlite/row_scan.h"
#include "drivers/sqlite/schema.h"
#include "drivers/sqlite/selection.h"
#include "drivers/sqlite/sql_text.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::sqlite {
namespace {

// Messages about pages come before all others, which are about the values of rows: "PRAGMA
// quick_check" in SQLite's pragma.c.
constexpr std::string_view kTrees = "*** in database main ***\n";
constexpr std::string_view kCounts = "wrong # of entries in index ";

constexpr std::string_view kHint =
    "an image (--format image) keeps the pages as they are; REINDEX repairs an index, .recover of "
    "the sqlite3 shell reads what is left of a table, and --exclude-table leaves a table out";

class PageCheck {
 public:
  explicit PageCheck(Snapshot& snapshot) : snapshot_(snapshot), database_(snapshot.database()) {}

  absl::Status Run(const verbs::BackupOptions& options) {
    ASSIGN_OR_RETURN(const Catalog catalog, ReadCatalog(database_));
    ASSIGN_OR_RETURN(const Selection selection,
                     SelectForBackup(catalog, options, database_.operation()));
    ASSIGN_OR_RETURN(const bool at_once, FitsOneStep(snapshot_));
    if (at_once && !selection.partial && EvaluatesNothing(catalog)) {
      ASSIGN_OR_RETURN(const bool checked, Check("1"));
      if (checked) return absl::OkStatus();
    }
    for (const SelectedTable& selected : selection.tables) {
      if (!selected.rows) continue;
      if (selected.table->kind != Table::Kind::kVirtual) {
        RETURN_IF_ERROR(CheckTable(*selected.table, at_once));
        continue;
      }
      for (const std::string& name : selected.table->shadows) {
        const Table* const shadow = catalog.FindTable(name);
        if (shadow != nullptr) RETURN_IF_ERROR(CheckTable(*shadow, at_once));
      }
    }
    return absl::OkStatus();
  }

 private:
  // True if a check of the whole database runs no code of virtual tables and no expression of the
  // schema. They may come from somebody else, and run for hours.
  static bool EvaluatesNothing(const Catalog& catalog) {
    return std::none_of(catalog.tables.begin(), catalog.tables.end(), [](const Table& table) {
      return table.kind == Table::Kind::kVirtual || table.virtual_columns;
    });
  }

  absl::Status CheckTable(const Table& table, bool at_once) {
    if (table.virtual_columns) return absl::OkStatus();
    if (snapshot_.Due()) {
      // The next table may be read in another state: no consistent one is needed.
      RETURN_IF_ERROR(snapshot_.Pause());
      RETURN_IF_ERROR(snapshot_.Begin());
    }
    if (!at_once) {
      RowScan scan(&database_, &table, {});
      const absl::StatusOr<bool> row = scan.Next();
      if (errs::Is(row.status(), errs::kDatabase)) return absl::OkStatus();
      if (!row.ok() || *row) return row.status();
    }
    return Check(QuoteIdentifier(table.name)).status();
  }

  // Runs "PRAGMA quick_check" up to its first message. False if SQLite cannot run it: it does not
  // know something that the schema uses, or the table is gone.
  absl::StatusOr<bool> Check(std::string_view argument) {
    const absl::StatusOr<std::string> first =
        database_.QueryText(absl::StrCat("PRAGMA main.quick_check(", argument, ")"));
    if (errs::Is(first.status(), errs::kDatabase)) return false;
    if (errs::Is(first.status(), errs::kIntegrity)) return errs::WithHint(first.status(), kHint);
    RETURN_IF_ERROR(first.status());
    std::string_view message = *first;
    if (!absl::ConsumePrefix(&message, kTrees) && !absl::StartsWith(message, kCounts)) return true;
    return errs::IntegrityError(database_.operation(),
                                absl::StrCat(database_.path(), ": the pages are damaged: ",
                                             message.substr(0, message.find('\n'))),
                                kHint);
  }

  Snapshot& snapshot_;
  Database& database_;
};

}  // namespace

absl::Status CheckPages(Database& database, const verbs::BackupOptions& options,
                        const SnapshotLimits& limits) {
  // The check would evaluate the CHECK constraints.
  RETURN_IF_ERROR(database.Execute("PRAGMA ignore_check_constraints = ON"));
  absl::Status status;
  {
    Snapshot snapshot(&database, limits, 0);
    status = snapshot.Begin();
    if (status.ok()) status = PageCheck(snapshot).Run(options);
  }
  const absl::Status reset = database.Execute("PRAGMA ignore_check_constraints = OFF");
  return status.ok() ? reset : status;
}

}  // namespace siphon::sqlite
