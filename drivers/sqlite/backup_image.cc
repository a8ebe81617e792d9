// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/backup_image.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "drivers/sqlite/row_scan.h"
#include "drivers/sqlite/schema.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/dumps/contents.h"

namespace siphon::sqlite {
namespace {

struct Size {
  int64_t page_size = 0;
  int64_t pages = 0;
};

absl::StatusOr<Size> ReadSize(Database& database) {
  Size size;
  ASSIGN_OR_RETURN(size.page_size, database.QueryInt("PRAGMA main.page_size"));
  ASSIGN_OR_RETURN(size.pages, database.QueryInt("PRAGMA main.page_count"));
  return size;
}

absl::StatusOr<dumps::Contents> Describe(Snapshot& snapshot) {
  Database& database = snapshot.database();
  dumps::Contents contents;
  contents.engine_version = sqlite3_libversion();
  ASSIGN_OR_RETURN(const Size size, ReadSize(database));
  contents.estimated_bytes = static_cast<uint64_t>(size.page_size * size.pages);
  ASSIGN_OR_RETURN(const Catalog catalog, ReadCatalog(database));
  for (const Table& table : catalog.tables) {
    if (table.kind != Table::Kind::kOrdinary && table.kind != Table::Kind::kVirtual) continue;
    const Table* const source = catalog.FindTable(RowSource(catalog, table));
    if (source == nullptr) continue;
    const absl::StatusOr<int64_t> rows = CountRows(snapshot, *source);
    if (!rows.ok()) {
      // A database with features of its own program can still be copied.
      if (!snapshot.lost() && errs::Is(rows.status(), errs::kDatabase)) continue;
      return rows.status();
    }
    contents.tables.push_back({table.name, *rows, 0});
  }
  return contents;
}

// A file of zero bytes is an empty database. As a dump it could not be distinguished from one that
// was cut off, so it is written as one header page, as SQLite does with the first transaction.
absl::StatusOr<std::string> EmptyImage(int64_t page_size) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Database> memory,
                   Database::Open("(memory)", {.mode = Database::Mode::kMemory}));
  RETURN_IF_ERROR(
      memory->Execute(absl::StrCat("PRAGMA page_size = ", page_size, "; BEGIN IMMEDIATE; COMMIT")));
  sqlite3_int64 bytes = 0;
  unsigned char* const image = sqlite3_serialize(memory->handle(), "main", &bytes, 0);
  if (image == nullptr) return memory->Error(SQLITE_NOMEM);
  std::string out(reinterpret_cast<const char*>(image), static_cast<size_t>(bytes));
  sqlite3_free(image);
  if (out.empty()) return errs::InternalError("sqlite.backup", "an empty database has no page");
  return out;
}

absl::Status WritePages(Snapshot& snapshot, BodyWriter& body) {
  Database& database = snapshot.database();
  ASSIGN_OR_RETURN(const Size size, ReadSize(database));
  if (size.pages == 0) {
    ASSIGN_OR_RETURN(const std::string image, EmptyImage(size.page_size));
    return body.Append(image);
  }
  ASSIGN_OR_RETURN(Statement page,
                   database.Prepare("SELECT data FROM sqlite_dbpage('main') WHERE pgno = ?1"));
  for (int64_t number = 1; number <= size.pages; ++number) {
    page.BindInt(1, number);
    ASSIGN_OR_RETURN(const bool found, page.Step());
    const std::string_view data = found ? page.Bytes(0) : std::string_view();
    if (data.size() != static_cast<size_t>(size.page_size)) {
      return errs::IntegrityError(
          database.operation(),
          absl::StrCat(database.path(), ": page ", number, " of ", size.pages, " cannot be read"));
    }
    body.buffer().append(data);
    page.Reset();
    RETURN_IF_ERROR(body.FlushIfFree());
    if (body.Due()) RETURN_IF_ERROR(body.Yield());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status BackupImage(Database& database, const base::Context& context,
                         const SnapshotLimits& limits, driver::BackupTarget& target) {
  return WithSnapshot(database, context, limits, [&](Snapshot& snapshot) -> absl::Status {
    RETURN_IF_ERROR(snapshot.Begin());
    BodyWriter body(&snapshot, &target);
    ASSIGN_OR_RETURN(dumps::Contents contents, Describe(snapshot));
    body.SetContents(std::move(contents));
    RETURN_IF_ERROR(WritePages(snapshot, body));
    return body.Finish();
  });
}

}  // namespace siphon::sqlite
