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
#include "drivers/postgres/load_object.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/relations.h"
#include "drivers/postgres/rows.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/driver/copying.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.backup";
constexpr std::string_view kStage = "backup";
// Tables in one statement.
constexpr size_t kLockBatch = 500;
constexpr char kObjectsSizeQuery[] =
    "SELECT pg_catalog.pg_relation_size('pg_catalog.pg_largeobject'::pg_catalog.regclass)";

bool IsRows(const ArchiveEntry& entry) { return entry.kind == "TABLE DATA"; }

// An entry with data.
struct Item {
  const ArchiveEntry* entry = nullptr;
  std::vector<uint32_t> objects;  // The large objects in its block; empty for a table.
  uint64_t part_bytes = 0;        // Of each part, on the server's disk.
};

// The items of an archive, in the order of their blocks. Empty if some cannot be read in parts.
absl::StatusOr<std::vector<Item>> ItemsOf(const Archive& archive) {
  std::vector<Item> items;
  for (const ArchiveEntry& entry : archive.entries) {
    if (!entry.has_data) continue;
    Item& item = items.emplace_back(Item{.entry = &entry, .objects = {}});
    if (IsRows(entry)) continue;
    if (entry.kind != kLargeObjectContent) {
      return errs::InternalError(
          kOp, absl::StrCat("an archive with data of the unknown kind ", ToUtf8(entry.kind)));
    }
    item.objects = LargeObjectsIn(archive, entry);
    if (item.objects.empty()) return std::vector<Item>();
  }
  return items;
}

class ArchiveSnapshot : public driver::Snapshot, public driver::CopySource {
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

  size_t tables() const override {
    if (layout_ == nullptr) return 0;
    return static_cast<size_t>(std::count_if(
        items_.begin(), items_.end(), [](const Item& item) { return item.objects.empty(); }));
  }

  std::vector<driver::SnapshotItem> items() const override {
    std::vector<driver::SnapshotItem> items;
    if (layout_ == nullptr) return items;
    items.push_back({});
    for (const Item& item : items_) {
      const bool rows = item.objects.empty();
      const uint64_t parts = rows ? rows_.find(item.entry->id)->second->parts : item.objects.size();
      items.push_back({.id = static_cast<uint32_t>(item.entry->id),
                       .name = NameOf(item),
                       .estimated_bytes = item.part_bytes * parts});
    }
    return items;
  }

  absl::Status ReadDefinition(const base::Context&, const driver::SnapshotItem&,
                              frames::PartSink&) override {
    return errs::InternalError(kOp, "the first item has all definitions");
  }

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
    const Item& item = items_[next_item_];
    const ArchiveEntry& entry = *item.entry;
    part.item = static_cast<uint32_t>(entry.id);
    part.part = next_part_++;
    part.estimated_bytes = item.part_bytes;
    order_.Give({next_item_ + 1, part.part});
    part.name = NameOf(item);
    if (item.objects.empty()) {
      const TableRows& rows = *rows_.find(entry.id)->second;
      part.ends_item = next_part_ == rows.parts;
      part.range = RangeOf(rows, part.part);
    } else {
      part.content = frames::Content::kObjects;
      part.ends_item = next_part_ == item.objects.size();
      part.range = absl::StrCat(item.objects[part.part]);
    }
    if (part.ends_item) {
      ++next_item_;
      next_part_ = 0;
    }
    return part;
  }

  absl::Status Read(const base::Context& context, int worker, const frames::Part& part,
                    frames::PartSink& sink) override {
    BodyOrder::Place place = {0, part.part};
    if (part.item == frames::kHeadItem) {
      RETURN_IF_ERROR(ReadHead(context, sink));
    } else {
      const auto found = places_.find(part.item);
      if (found == places_.end()) return errs::InternalError(kOp, "a part of an unknown item");
      place.first = found->second + 1;
      RETURN_IF_ERROR(ReadItem(context, items_[found->second],
                               {.worker = worker, .table = "", .name = part.name, .place = place},
                               part, sink));
    }
    order_.End(place);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<dumps::TableInfo>> Finish(const base::Context& context) override {
    if (layout_ == nullptr) return run_.CopiedTables(context);
    RETURN_IF_ERROR(readers_->CheckLeader(context));
    const absl::MutexLock lock(&mutex_);
    return run_.TablesWith(counts_);
  }

 private:
  std::string NameOf(const Item& item) const {
    return item.objects.empty() ? EntryName(run_.archive(), *item.entry)
                                : absl::StrCat("large objects ", ToUtf8(item.entry->tag));
  }

  absl::Status ReadHead(const base::Context& context, frames::PartSink& sink) {
    const auto pass = [&](std::string_view bytes) { return sink.Write(context, bytes); };
    RETURN_IF_ERROR(pass(run_.TakeHead()));
    return layout_ == nullptr ? run_.CopyData(context, pass) : absl::OkStatus();
  }

  absl::Status ReadItem(const base::Context& context, const Item& item,
                        CopyReaders::Request request, const frames::Part& part,
                        frames::PartSink& sink) {
    if (part.part == 0) {
      context.Detail(kStage, item.objects.empty() ? absl::StrCat("reading the rows of ", part.name)
                                                  : absl::StrCat("reading ", part.name));
    }
    if (!item.objects.empty()) {
      return readers_->ReadObject(context, request, item.objects[part.part], order_, sink);
    }
    const TableRows& rows = *rows_.find(item.entry->id)->second;
    request.table = rows.table;
    ASSIGN_OR_RETURN(const int64_t count,
                     readers_->Copy(context, request, CopySql(rows, part.part), order_, sink));
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
    if (items_.empty()) return absl::OkStatus();
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
    context.Detail(kStage, absl::StrCat("pg_dump reads the tables, in one job, since no other "
                                        "session could lock them at once: ",
                                        status.message()));
    return false;
  }

  absl::Status LockAll(const base::Context& context) {
    std::vector<std::string> names;
    for (const Item& item : items_) {
      if (!item.objects.empty()) continue;
      names.push_back(absl::StrCat("ONLY ", QuoteQualified(item.entry->schema, item.entry->tag)));
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
      context.Detail(kStage,
                     absl::StrCat("tables that one job reads each, because a query for a part of "
                                  "them could run code of their owners with your rights: ",
                                  base::ListSome(whole)));
    }
    for (const TableRows& rows : tables_) rows_[rows.entry->id] = &rows;
    for (size_t i = 0; i < items_.size(); ++i) {
      places_[static_cast<uint32_t>(items_[i].entry->id)] = i;
    }
    RETURN_IF_ERROR(Estimate(context));
    layout_ = std::make_shared<ArchiveLayout>(run_.next_id());
    readers_.emplace(&run_.session(),
                     CopyReaders::Options{.snapshot = run_.snapshot(),
                                          .encoding = ArchiveEncoding(run_.archive()),
                                          .application = run_.application()});
    return absl::OkStatus();
  }

  // Estimates the bytes of each part by those on the server's disk.
  absl::Status Estimate(const base::Context& context) {
    std::unordered_map<std::string_view, int64_t> sizes;  // By oid.
    for (const Relation& relation : run_.choice().tables) sizes[relation.oid] = relation.bytes;
    size_t objects = 0;
    for (const Item& item : items_) objects += item.objects.size();
    uint64_t object_bytes = 0;
    if (objects > 0) {
      ASSIGN_OR_RETURN(const Rows size, run_.session().QueryRow(context, {"i"}, kObjectsSizeQuery));
      object_bytes = static_cast<uint64_t>(std::max<int64_t>(0, size.Int(0, 0))) / objects;
    }
    contents_.estimated_bytes = 0;
    for (Item& item : items_) {
      uint64_t parts = item.objects.size();
      item.part_bytes = object_bytes;
      if (item.objects.empty()) {
        const auto size = sizes.find(item.entry->oid);
        parts = rows_.find(item.entry->id)->second->parts;
        item.part_bytes =
            size == sizes.end() ? 0 : static_cast<uint64_t>(std::max<int64_t>(0, size->second));
        item.part_bytes /= parts;
      }
      contents_.estimated_bytes += item.part_bytes * parts;
    }
    return absl::OkStatus();
  }

  DumpRun run_;
  dumps::Contents contents_;
  std::shared_ptr<const frames::BodyLayout> layout_;  // Null for a stream.
  std::vector<Item> items_;
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
