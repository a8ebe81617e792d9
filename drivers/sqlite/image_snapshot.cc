// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/image_snapshot.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "drivers/sqlite/row_scan.h"
#include "drivers/sqlite/schema.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/parts.h"
#include "sqlite3.h"

namespace siphon::sqlite {
namespace {

constexpr std::string_view kOp = "sqlite.backup";
// The item of a body.
constexpr uint32_t kPagesItem = 1;
constexpr std::string_view kPagesName = "pages";

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

// Pages that follow one another.
struct Run {
  int64_t first = 0;
  int64_t pages = 0;
  std::string bytes;
};

class ImageSnapshot : public driver::Snapshot {
 public:
  ImageSnapshot(Database* database, const SnapshotLimits& limits)
      : database_(*database), limits_(limits), attempts_(database, limits) {}

  // Opens the first state that is not lost at once.
  absl::Status Open(const base::Context& context) {
    while (true) {
      absl::Status status = Start(context);
      if (!lost()) return status;
      RETURN_IF_ERROR(AwaitNext(context));
    }
  }

  const dumps::Contents& contents() const override { return contents_; }
  std::shared_ptr<const frames::BodyLayout> layout() const override { return layout_; }
  bool lost() const override { return snapshot_ != nullptr && snapshot_->lost(); }

  absl::Status Reopen(const base::Context& context) override {
    RETURN_IF_ERROR(AwaitNext(context));
    return Open(context);
  }

  absl::StatusOr<std::optional<frames::Part>> NextPart(const base::Context& context) override {
    const Database::Scope scope(database_, context, kOp);
    RETURN_IF_ERROR(database_.CheckContext());
    // Only whole runs are given, so that the frames do not depend on the length of the steps.
    while ((loaded_.empty() || loaded_.front().bytes.size() < kRunBytes) &&
           next_page_ <= size_.pages) {
      if (snapshot_->stepping()) RETURN_IF_ERROR(snapshot_->Resume());
      RETURN_IF_ERROR(Load());
    }
    if (loaded_.empty()) return std::nullopt;
    Run run = std::move(loaded_.front());
    loaded_.pop_front();
    frames::Part part = ImagePart(next_part_++, loaded_.empty() && next_page_ > size_.pages);
    part.range = absl::StrCat(run.first, "-", run.first + run.pages - 1);
    const absl::MutexLock lock(&mutex_);
    given_[part.part] = std::move(run.bytes);
    return part;
  }

  absl::Status Read(const base::Context& context, int /*worker*/, const frames::Part& part,
                    frames::PartSink& sink) override {
    std::string bytes;
    {
      const absl::MutexLock lock(&mutex_);
      const auto found = given_.find(part.part);
      if (found == given_.end()) {
        return errs::InternalError(kOp, absl::StrCat("part ", part.part, " is read twice"));
      }
      bytes = std::move(found->second);
      given_.erase(found);
    }
    RETURN_IF_ERROR(sink.Write(context, bytes));
    sink.Cut(0);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<dumps::TableInfo>> Finish(const base::Context& context) override {
    const Database::Scope scope(database_, context, kOp);
    page_.reset();
    RETURN_IF_ERROR(snapshot_->Pause());
    RETURN_IF_ERROR(unlocked_->Check());
    return contents_.tables;
  }

 private:
  absl::Status AwaitNext(const base::Context& context) {
    const Database::Scope scope(database_, context, kOp);
    return attempts_.Again(context);
  }

  // Opens a state, and reads its first pages with the same lock. An error, with lost() true, when
  // the database changes meanwhile.
  absl::Status Start(const base::Context& context) {
    const Database::Scope scope(database_, context, kOp);
    RETURN_IF_ERROR(database_.CheckContext());
    page_.reset();
    loaded_.clear();
    next_page_ = 1;
    next_part_ = 0;
    {
      const absl::MutexLock lock(&mutex_);
      given_.clear();
    }
    snapshot_.reset();  // It ends its transaction before the next one begins.
    snapshot_ = std::make_unique<sqlite::Snapshot>(&database_, limits_, attempts_.number());
    unlocked_.emplace(&database_);
    RETURN_IF_ERROR(snapshot_->Begin());
    ASSIGN_OR_RETURN(contents_, Describe(*snapshot_));
    ASSIGN_OR_RETURN(size_, ReadSize(database_));
    if (size_.pages == 0) {
      ASSIGN_OR_RETURN(std::string image, EmptyImage(size_.page_size));
      loaded_.push_back({1, 1, std::move(image)});
      return snapshot_->Pause();
    }
    return Load();
  }

  // Reads pages from next_page_ on: a run, or as many as a step may have, and ends the step.
  absl::Status Load() {
    if (!page_.has_value()) {
      ASSIGN_OR_RETURN(page_,
                       database_.Prepare("SELECT data FROM sqlite_dbpage('main') WHERE pgno = ?1"));
    }
    const size_t most = snapshot_->stepping() ? snapshot_->step_bytes() : kRunBytes;
    size_t bytes = 0;
    do {
      if (loaded_.empty() || loaded_.back().bytes.size() >= kRunBytes) {
        loaded_.push_back({next_page_, 0, ""});
        const auto left = static_cast<uint64_t>(size_.pages - next_page_ + 1) *
                          static_cast<uint64_t>(size_.page_size);
        loaded_.back().bytes.reserve(
            std::min<uint64_t>(left, kRunBytes + static_cast<uint64_t>(size_.page_size)));
      }
      RETURN_IF_ERROR(ReadPage(loaded_.back()));
      bytes += static_cast<size_t>(size_.page_size);
    } while (next_page_ <= size_.pages && bytes < most && !snapshot_->Due());
    return snapshot_->stepping() ? snapshot_->Pause() : absl::OkStatus();
  }

  absl::Status ReadPage(Run& run) {
    page_->BindInt(1, next_page_);
    ASSIGN_OR_RETURN(const bool found, page_->Step());
    const std::string_view data = found ? page_->Bytes(0) : std::string_view();
    if (data.size() != static_cast<size_t>(size_.page_size)) {
      return errs::IntegrityError(kOp, absl::StrCat(database_.path(), ": page ", next_page_, " of ",
                                                    size_.pages, " cannot be read"));
    }
    run.bytes.append(data);
    page_->Reset();
    ++run.pages;
    ++next_page_;
    return absl::OkStatus();
  }

  Database& database_;
  const SnapshotLimits limits_;
  const std::shared_ptr<const frames::BodyLayout> layout_ = std::make_shared<frames::BodyLayout>();
  Attempts attempts_;
  std::optional<UnlockedCheck> unlocked_;
  std::unique_ptr<sqlite::Snapshot> snapshot_;
  dumps::Contents contents_;
  Size size_;
  std::optional<Statement> page_;
  int64_t next_page_ = 1;  // The next page to read.
  uint64_t next_part_ = 0;
  std::deque<Run> loaded_;  // Read and not given yet.
  absl::Mutex mutex_;
  std::map<uint64_t, std::string> given_ ABSL_GUARDED_BY(mutex_);  // Parts that are not read yet.
};

}  // namespace

frames::Part ImagePart(uint64_t number, bool is_last) {
  frames::Part part;
  part.item = kPagesItem;
  part.name = std::string(kPagesName);
  part.part = number;
  part.content = frames::Content::kPages;
  part.ends_item = is_last;
  return part;
}

absl::StatusOr<std::unique_ptr<driver::Snapshot>> OpenImageSnapshot(const base::Context& context,
                                                                    Database& database,
                                                                    const SnapshotLimits& limits) {
  auto snapshot = std::make_unique<ImageSnapshot>(&database, limits);
  RETURN_IF_ERROR(snapshot->Open(context));
  return std::unique_ptr<driver::Snapshot>(std::move(snapshot));
}

}  // namespace siphon::sqlite
