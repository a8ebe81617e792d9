// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/archive_snapshot.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/archive_layout.h"
#include "drivers/postgres/body_order.h"
#include "drivers/postgres/copy_readers.h"
#include "drivers/postgres/dump_run.h"
#include "drivers/postgres/names.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/parts.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.backup";
constexpr std::string_view kStage = "backup";
constexpr std::string_view kLargeObjects = "large objects";
// Tables in one statement.
constexpr size_t kLockBatch = 500;

bool IsRows(const ArchiveEntry& entry) { return entry.kind == "TABLE DATA"; }

// The entries with data, in the order of their blocks. Large objects must lie together.
absl::StatusOr<std::vector<const ArchiveEntry*>> ItemsOf(const Archive& archive) {
  std::vector<const ArchiveEntry*> items;
  for (const ArchiveEntry& entry : archive.entries) {
    if (!entry.has_data) continue;
    const bool objects = entry.kind == kLargeObjectContent;
    if (!objects && !IsRows(entry)) {
      return errs::InternalError(
          kOp, absl::StrCat("an archive with data of the unknown kind ", ToUtf8(entry.kind)));
    }
    if (objects && !items.empty() && items.back()->kind == kLargeObjectContent) continue;
    if (objects && std::any_of(items.begin(), items.end(), [](const ArchiveEntry* item) {
          return item->kind == kLargeObjectContent;
        })) {
      return errs::InternalError(kOp, "an archive whose large objects do not lie together");
    }
    items.push_back(&entry);
  }
  return items;
}

class ArchiveSnapshot : public driver::Snapshot {
 public:
  ArchiveSnapshot(Session& session, const profile::ConnectionProfile& profile,
                  const verbs::BackupOptions& options)
      : run_(session, profile, options) {}

  absl::Status Open(const base::Context& context, bool parts, const RangeLimits& limits) {
    RETURN_IF_ERROR(run_.Open(context, /*names_tables=*/!parts));
    contents_ = run_.contents();
    if (parts) RETURN_IF_ERROR(TakeParts(context, limits));
    if (layout_ == nullptr) run_.NameTables();
    return absl::OkStatus();
  }

  const dumps::Contents& contents() const override { return contents_; }
  std::shared_ptr<const frames::BodyLayout> layout() const override { return layout_; }

  absl::StatusOr<std::optional<frames::Part>> NextPart(const base::Context& context) override {
    RETURN_IF_ERROR(context.Check());
    frames::Part part;
    if (!head_given_) {
      head_given_ = true;
      order_.Give({0, 0});
      part.content = frames::Content::kDefinitions;
      part.stored = layout_ != nullptr;
      part.ends_item = true;
      return part;
    }
    if (layout_ == nullptr || next_item_ == items_.size()) return std::nullopt;
    const ArchiveEntry& entry = *items_[next_item_];
    part.item = static_cast<uint32_t>(entry.id);
    part.part = next_part_++;
    order_.Give({next_item_ + 1, part.part});
    if (IsRows(entry)) {
      const TableRows& rows = *rows_.find(entry.id)->second;
      part.name = EntryName(run_.archive(), entry);
      part.ends_item = next_part_ == rows.parts;
      part.range = RangeOf(rows, part.part);
    } else {
      part.name = std::string(kLargeObjects);
      part.content = frames::Content::kObjects;
      part.stored = part.ends_item = true;
    }
    if (part.ends_item) {
      ++next_item_;
      next_part_ = 0;
    }
    return part;
  }

  absl::Status Read(const base::Context& context, int worker, const frames::Part& part,
                    frames::PartSink& sink) override {
    const auto pass = [&](std::string_view bytes) { return sink.Write(context, bytes); };
    BodyOrder::Place place = {0, part.part};
    if (part.item == frames::kHeadItem) {
      RETURN_IF_ERROR(pass(run_.TakeHead()));
      if (layout_ == nullptr) RETURN_IF_ERROR(run_.CopyData(context, pass));
    } else {
      const auto found = places_.find(part.item);
      if (found == places_.end()) return errs::InternalError(kOp, "a part of an unknown item");
      place.first = found->second + 1;
      if (part.content == frames::Content::kObjects) {
        RETURN_IF_ERROR(run_.CopyLargeObjects(context, pass));
      } else {
        RETURN_IF_ERROR(ReadRows(context, worker, part, place, sink));
      }
    }
    order_.End(place);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<dumps::TableInfo>> Finish(const base::Context& context) override {
    if (layout_ == nullptr) return run_.CopiedTables(context);
    const absl::MutexLock lock(&mutex_);
    return run_.TablesWith(counts_);
  }

 private:
  absl::Status ReadRows(const base::Context& context, int worker, const frames::Part& part,
                        BodyOrder::Place place, frames::PartSink& sink) {
    const TableRows& rows = *rows_.find(static_cast<int32_t>(part.item))->second;
    if (part.part == 0) context.Message(kStage, absl::StrCat("reading the rows of ", part.name));
    ASSIGN_OR_RETURN(const int64_t count, readers_->Copy(context,
                                                         {.worker = worker,
                                                          .table = rows.table,
                                                          .sql = CopySql(rows, part.part),
                                                          .place = place},
                                                         order_, sink));
    if (part.ends_item) RETURN_IF_ERROR(sink.Write(context, kEndOfRows));
    const absl::MutexLock lock(&mutex_);
    counts_[std::string(rows.entry->oid)] += count;
    return absl::OkStatus();
  }

  // Ends pg_dump, and divides the rows into parts, if that is possible.
  absl::Status TakeParts(const base::Context& context, const RangeLimits& limits) {
    if (!run_.tool().builtin || run_.archive().header.compression != Compression::kZstd) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(items_, ItemsOf(run_.archive()));
    if (std::none_of(items_.begin(), items_.end(),
                     [](const ArchiveEntry* item) { return IsRows(*item); })) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const bool locked, LockTables(context));
    if (!locked) return absl::OkStatus();
    run_.StopTool();
    return Divide(context, limits);
  }

  // Locks the tables of the archive, which pg_dump has locked. False if that is not possible at
  // once.
  absl::StatusOr<bool> LockTables(const base::Context& context) {
    Session& session = run_.session();
    RETURN_IF_ERROR(session.Execute(
        context, absl::StrCat("SAVEPOINT tables; ",
                              ReadSettingsSql(ArchiveEncoding(run_.archive()), /*local=*/true))));
    const absl::Status status = LockAll(context);
    if (status.ok()) {
      RETURN_IF_ERROR(session.Execute(context, "RELEASE SAVEPOINT tables"));
      return true;
    }
    RETURN_IF_ERROR(context.Check());
    if (session.broken()) return status;
    // The settings are those before, too.
    RETURN_IF_ERROR(session.Execute(context, "ROLLBACK TO SAVEPOINT tables"));
    context.Message(kStage, absl::StrCat("pg_dump reads the tables, in one job, since no other "
                                         "session could lock them at once: ",
                                         status.message()));
    return false;
  }

  absl::Status LockAll(const base::Context& context) {
    std::vector<std::string> names;
    for (const ArchiveEntry* const item : items_) {
      if (!IsRows(*item)) continue;
      names.push_back(absl::StrCat("ONLY ", QuoteQualified(item->schema, item->tag)));
    }
    for (size_t begin = 0; begin < names.size(); begin += kLockBatch) {
      const auto first = names.begin() + static_cast<ptrdiff_t>(begin);
      const auto last = first + static_cast<ptrdiff_t>(std::min(kLockBatch, names.size() - begin));
      RETURN_IF_ERROR(run_.session().Execute(
          context, absl::StrCat("LOCK TABLE ", absl::StrJoin(first, last, ", "),
                                " IN ACCESS SHARE MODE NOWAIT")));
    }
    return absl::OkStatus();
  }

  absl::Status Divide(const base::Context& context, const RangeLimits& limits) {
    std::vector<std::string> whole;
    ASSIGN_OR_RETURN(tables_, DivideRows(context, run_.session(), run_.archive(), limits, whole));
    if (!whole.empty()) {
      context.Message(kStage,
                      absl::StrCat("tables that one job reads each, because a query for a part of "
                                   "them could run code of their owners with your rights: ",
                                   base::ListSome(whole)));
    }
    for (const TableRows& rows : tables_) rows_[rows.entry->id] = &rows;
    for (size_t i = 0; i < items_.size(); ++i) places_[static_cast<uint32_t>(items_[i]->id)] = i;
    layout_ = std::make_shared<ArchiveLayout>(run_.next_id());
    contents_.estimated_bytes = 0;
    for (const dumps::TableInfo& table : contents_.tables) {
      contents_.estimated_bytes += static_cast<uint64_t>(table.size_bytes);
    }
    readers_.emplace(&run_.session(),
                     CopyReaders::Options{.snapshot = run_.snapshot(),
                                          .encoding = ArchiveEncoding(run_.archive()),
                                          .application = run_.application()});
    return absl::OkStatus();
  }

  DumpRun run_;
  dumps::Contents contents_;
  std::shared_ptr<const frames::BodyLayout> layout_;  // Null for a stream.
  std::vector<const ArchiveEntry*> items_;
  std::vector<TableRows> tables_;
  std::unordered_map<int32_t, const TableRows*> rows_;  // By the id of the entry.
  std::unordered_map<uint32_t, size_t> places_;         // In items_, by the item.
  std::optional<CopyReaders> readers_;
  BodyOrder order_;
  bool head_given_ = false;
  size_t next_item_ = 0;
  uint64_t next_part_ = 0;
  absl::Mutex mutex_;
  DumpRun::RowsByOid counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<driver::Snapshot>> OpenArchiveSnapshot(
    const base::Context& context, Session& session, const profile::ConnectionProfile& profile,
    const verbs::BackupOptions& options, BodyForm form, const RangeLimits& limits) {
  const bool parts = form == BodyForm::kParts && options.compression > 0 && !options.schema_only;
  auto snapshot = std::make_unique<ArchiveSnapshot>(session, profile, options);
  RETURN_IF_ERROR(snapshot->Open(context, parts, limits));
  return std::unique_ptr<driver::Snapshot>(std::move(snapshot));
}

}  // namespace siphon::postgres
