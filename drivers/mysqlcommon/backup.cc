// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/backup.h"

#include <mysqld_error.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/dump_plan.h"
#include "drivers/mysqlcommon/dumper.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/operation.h"
#include "drivers/mysqlcommon/selection.h"
#include "drivers/mysqlcommon/session_pool.h"
#include "drivers/mysqlcommon/shared_snapshot.h"
#include "drivers/mysqlcommon/snapshot.h"
#include "drivers/mysqlcommon/sql_error.h"
#include "drivers/mysqlcommon/table_dump.h"
#include "drivers/mysqlcommon/table_splitter.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/driver/copying.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.backup";
// How often a backup starts again because one of its tables was altered.
constexpr int kRetries = 3;
// How many objects a warning names.
constexpr size_t kShown = 20;

// True when a table was altered or dropped after the snapshot was opened. (A missing table that the
// user named is a user error.)
bool TablesChanged(const absl::Status& status) {
  return errs::Is(status, errs::kBusy) ||
         (errs::Is(status, errs::kNotFound) &&
          errs::ExitCode(status) == static_cast<int>(errs::Code::kSystem));
}

// Writes to a part.
class SinkWriter : public base::Writer {
 public:
  SinkWriter(const base::Context& context, frames::PartSink* sink)
      : context_(context), sink_(sink) {}
  absl::Status Write(std::string_view data) override {
    bytes_ += data.size();
    return sink_->Write(context_, data);
  }
  absl::Status Finish() override { return errs::InternalError(kOp, "a part was finished"); }
  uint64_t bytes() const { return bytes_; }

 private:
  const base::Context& context_;
  frames::PartSink* sink_;
  uint64_t bytes_ = 0;
};

class DumpSnapshot : public driver::Snapshot, public driver::CopySource {
 public:
  DumpSnapshot(Session* session, Connector connect, const driver::BackupOptions& options,
               int64_t part_bytes)
      : first_(session), connect_(std::move(connect)), options_(options), part_bytes_(part_bytes) {}

  ~DumpSnapshot() override {
    // Ends what a failed backup left open.
    if (begun_ && !finished_) first_->Abandon();
  }

  // Opens states until the tables of one do not change while it is opened.
  absl::Status Open(const base::Context& context) {
    while (true) {
      absl::Status status = Start(context);
      if (status.ok() || !Loses(status)) return status;
      AnnounceAnother(context, status);
    }
  }

  const dumps::Contents& contents() const override { return plan_->contents; }
  std::shared_ptr<const frames::BodyLayout> layout() const override { return layout_; }
  size_t tables() const override { return plan_->chosen.tables.size(); }
  std::vector<driver::SnapshotItem> items() const override;
  absl::Status ReadDefinition(const base::Context& context, const driver::SnapshotItem& item,
                              frames::PartSink& sink) override;

  bool lost() const override {
    const absl::MutexLock lock(&mutex_);
    return !loss_.ok();
  }

  absl::Status Reopen(const base::Context& context) override {
    absl::Status loss;
    {
      const absl::MutexLock lock(&mutex_);
      loss = std::exchange(loss_, absl::OkStatus());
    }
    AnnounceAnother(context, loss);
    return Open(context);
  }

  absl::StatusOr<std::optional<frames::Part>> NextPart(const base::Context& context) override;
  absl::Status Read(const base::Context& context, int worker, const frames::Part& part,
                    frames::PartSink& sink) override;
  absl::StatusOr<std::vector<dumps::TableInfo>> Finish(const base::Context& context) override;

 private:
  using PartNumber = std::pair<uint32_t, uint64_t>;
  // What a part contains.
  struct Task {
    Session* session = nullptr;  // Of the part, until it was read.
    bool split = false;          // A part of a table; the session has opened it before.
    RowRange range = {};
  };
  // What was written of a table.
  struct Written {
    DumpedTable sums;
    uint64_t bytes = 0;
  };

  // Item 0 is that of other formats; the head, the tables and the tail follow.
  uint32_t tail() const { return static_cast<uint32_t>(plan_->chosen.tables.size()) + 2; }
  const Table* TableOf(uint32_t item) const {
    return item > 1 && item < tail() ? plan_->chosen.tables[item - 2] : nullptr;
  }

  std::string NameOf(uint32_t item) const {
    const Table* const table = TableOf(item);
    return table != nullptr ? table->name : item == tail() ? "tail" : "head";
  }

  bool Loses(const absl::Status& status) const {
    return again_ < kRetries && TablesChanged(status);
  }
  // Keeps an error that a new state may not have.
  absl::Status Note(absl::Status status) {
    if (Loses(status)) {
      const absl::MutexLock lock(&mutex_);
      if (loss_.ok()) loss_ = status;
    }
    return NameOperation(first_->server_fork(), status);
  }
  void AnnounceAnother(const base::Context& context, const absl::Status& loss) {
    ++again_;
    context.Message("backup", absl::StrCat("starts again: ", loss.message()));
  }

  absl::Status Start(const base::Context& context);
  absl::Status Connect(const base::Context& context);
  absl::Status Prepare(const base::Context& context, Session& session);
  absl::Status OpenSessions(const base::Context& context);
  absl::Status CheckLocked() const;
  absl::StatusOr<Session*> TakeForSplit(const base::Context& context, const Table& table);
  absl::Status EndSplit(const base::Context& context, uint32_t item);
  absl::Status Free(const base::Context& context, uint32_t item, const Task& task);
  absl::Status Write(const base::Context& context, const frames::Part& part, const Task& task,
                     frames::PartSink& sink);
  // The bytes of a row of the table, as far as they are known.
  TableSplitter::Seen SeenOf(uint32_t item) const {
    const absl::MutexLock lock(&mutex_);
    const auto written = written_.find(item);
    if (written == written_.end()) return {};
    return {.rows = written->second.sums.rows, .bytes = written->second.bytes};
  }

  Session* first_;
  const Connector connect_;
  const driver::BackupOptions options_;
  const int64_t part_bytes_;
  const std::shared_ptr<const frames::BodyLayout> layout_ = std::make_shared<frames::BodyLayout>();
  std::unique_ptr<Session> replacement_;          // Of the first, if that was lost.
  std::vector<std::unique_ptr<Session>> others_;  // That read, too.
  std::unique_ptr<Session> helper_;  // Takes the locks, and looks for the ranges of tables.
  bool shared_ = false;              // All sessions see one state.
  std::optional<std::set<std::string>> locked_;  // The tables of the state; else all.
  Position position_;
  std::unique_ptr<const DumpPlan> plan_;
  std::optional<TableSplitter> splitter_;
  SessionPool pool_;
  int again_ = 0;  // How often another state was opened.
  bool begun_ = false, finished_ = false;
  PartNumber next_ = {1, 0};  // The part that NextPart() returns next.
  bool splitting_ = false;    // It is of a table that is split.
  // The sessions that have opened this table, and whether no other one can: somebody waits for them
  // to alter it.
  std::set<Session*> holders_;
  bool contended_ = false;

  mutable absl::Mutex mutex_;
  absl::Status loss_ ABSL_GUARDED_BY(mutex_);
  std::map<PartNumber, Task> tasks_ ABSL_GUARDED_BY(mutex_);  // Parts that are not read yet.
  std::map<uint32_t, Written> written_ ABSL_GUARDED_BY(mutex_);
  std::set<uint32_t> given_ ABSL_GUARDED_BY(mutex_);  // Split items whose last part was given.
  std::map<PartNumber, std::vector<std::string>> refused_ ABSL_GUARDED_BY(mutex_);
};

absl::Status DumpSnapshot::Prepare(const base::Context& context, Session& session) {
  RETURN_IF_ERROR(session.Execute(context, "ROLLBACK"));
  RETURN_IF_ERROR(session.Execute(context, "SET SESSION sql_mode='', time_zone='+00:00'"));
  // Definitions and rows come as the stored bytes.
  return session.Execute(context, "SET character_set_results=NULL");
}

// Opens the sessions that are missing; as many as the server gives.
absl::Status DumpSnapshot::Connect(const base::Context& context) {
  if (!first_->Recover()) {
    ASSIGN_OR_RETURN(std::unique_ptr<Session> session, connect_(context, 3));
    first_ = session.get();
    replacement_ = std::move(session);
  }
  std::erase_if(others_, [](const auto& session) { return !session->Recover(); });
  if (helper_ != nullptr && !helper_->Recover()) helper_.reset();
  const auto missing = [&] {
    return helper_ == nullptr || static_cast<int>(others_.size()) + 1 < options_.jobs;
  };
  while (options_.jobs > 1 && missing()) {
    absl::StatusOr<std::unique_ptr<Session>> session = connect_(context, 1);
    RETURN_IF_ERROR(context.Check());
    if (!session.ok()) {
      context.Detail("backup", absl::StrCat("no connection more than ", others_.size() + 1, ": ",
                                            session.status().message()));
      break;
    }
    if (helper_ == nullptr) {
      helper_ = *std::move(session);
    } else {
      others_.push_back(*std::move(session));
    }
  }
  if (helper_ == nullptr) others_.clear();
  return absl::OkStatus();
}

// Opens the transactions of all sessions; of the first alone, if they cannot share a state.
absl::Status DumpSnapshot::OpenSessions(const base::Context& context) {
  std::vector<Session*> sessions = {first_};
  for (const std::unique_ptr<Session>& other : others_) sessions.push_back(other.get());
  std::vector<std::unique_ptr<Session::Watch>> watches;
  for (Session* const session : sessions) {
    watches.push_back(std::make_unique<Session::Watch>(context, *session));
    RETURN_IF_ERROR(Prepare(context, *session));
  }
  shared_ = sessions.size() > 1;
  if (!shared_) {
    ASSIGN_OR_RETURN(position_, OpenSnapshot(context, *first_));
    return absl::OkStatus();
  }
  watches.push_back(std::make_unique<Session::Watch>(context, *helper_));
  RETURN_IF_ERROR(Prepare(context, *helper_));
  const auto tables = [&]() -> absl::StatusOr<std::vector<std::string>> {
    ASSIGN_OR_RETURN(const Catalog catalog,
                     ReadCatalog(context, *helper_, helper_->settings().database, false));
    ASSIGN_OR_RETURN(const Selection chosen, Select(catalog, options_));
    std::vector<std::string> names;
    for (const Table* const table : chosen.tables) {
      if (chosen.with_rows.at(table)) names.push_back(table->name);
    }
    locked_.emplace(names.begin(), names.end());
    return names;
  };
  ASSIGN_OR_RETURN(SharedSnapshot snapshot,
                   OpenSharedSnapshot(context, *helper_, sessions, tables));
  shared_ = snapshot.shared;
  position_ = std::move(snapshot.position);
  context.Detail("backup",
                 shared_ ? absl::StrCat(sessions.size(), " connections read one snapshot")
                         : "one connection reads the database, because others cannot share its"
                           " snapshot");
  return absl::OkStatus();
}

// errs::kBusy for a table that is not part of a snapshot of some tables.
absl::Status DumpSnapshot::CheckLocked() const {
  if (!shared_ || !locked_.has_value()) return absl::OkStatus();
  for (const Table* const table : plan_->chosen.tables) {
    if (!plan_->chosen.with_rows.at(table) || locked_->contains(table->name)) continue;
    return errs::SystemError(
        kOp, errs::kBusy,
        absl::StrCat("table ", ToUtf8(table->name), " was created while the snapshot was opened"),
        "try again when no tables are being created");
  }
  return absl::OkStatus();
}

absl::Status DumpSnapshot::Start(const base::Context& context) {
  RETURN_IF_ERROR(context.Check());
  pool_.Clear();
  splitter_.reset();
  locked_.reset();
  holders_.clear();
  contended_ = false;
  next_ = {1, 0};
  {
    const absl::MutexLock lock(&mutex_);
    loss_ = absl::OkStatus();
    tasks_.clear();
    written_.clear();
    given_.clear();
    refused_.clear();
  }
  RETURN_IF_ERROR(Connect(context));
  begun_ = true;
  RETURN_IF_ERROR(OpenSessions(context));
  if (!shared_) {
    others_.clear();
    helper_.reset();
  }
  const Session::Watch watch(context, *first_);
  ASSIGN_OR_RETURN(plan_, PlanDump(context, *first_, options_, position_));
  RETURN_IF_ERROR(CheckLocked());
  if (shared_) splitter_.emplace(helper_.get(), plan_->catalog.database, part_bytes_);
  pool_.Add(first_);
  for (const std::unique_ptr<Session>& other : others_) pool_.Add(other.get());
  return absl::OkStatus();
}

std::vector<driver::SnapshotItem> DumpSnapshot::items() const {
  std::vector<driver::SnapshotItem> items;
  for (uint32_t item = 1; item <= tail(); ++item) {
    const Table* const table = TableOf(item);
    const bool rows = table != nullptr && plan_->chosen.with_rows.at(table);
    items.push_back({.id = item,
                     .name = NameOf(item),
                     .estimated_bytes = rows ? static_cast<uint64_t>(table->data_bytes) : 0});
  }
  return items;
}

absl::Status DumpSnapshot::ReadDefinition(const base::Context& context,
                                          const driver::SnapshotItem& item,
                                          frames::PartSink& sink) {
  const Table* const table = TableOf(item.id);
  if (table == nullptr) return errs::InternalError(kOp, "an item without a definition");
  const Session::Watch watch(context, *first_);
  SinkWriter writer(context, &sink);
  Dumper dumper(context, *first_, *plan_, &writer, [](uint64_t) {});
  RETURN_IF_ERROR(dumper.ReplayHead());
  RETURN_IF_ERROR(OpenTable(context, *first_, *table));
  absl::Status status = dumper.WriteTableDefinition(*table);
  if (status.ok()) status = dumper.Finish();
  if (status.ok()) status = CloseTable(context, *first_);
  return Note(std::move(status));
}

absl::StatusOr<std::optional<frames::Part>> DumpSnapshot::NextPart(const base::Context& context) {
  RETURN_IF_ERROR(context.Check());
  const auto [item, number] = next_;
  if (item > tail()) return std::nullopt;
  const Table* const table = TableOf(item);
  frames::Part part;
  part.item = item;
  part.part = number;
  part.name = NameOf(item);
  part.content = table != nullptr ? frames::Content::kRows : frames::Content::kDefinitions;
  // Who wants to alter the table waits no longer.
  const auto fail = [&](absl::Status status) {
    if (splitting_) splitter_->End(context).IgnoreError();
    return Note(std::move(status));
  };
  Task task;
  if (table != nullptr && number == 0) {
    splitting_ = false;
    if (splitter_.has_value() && plan_->chosen.with_rows.at(table)) {
      absl::StatusOr<bool> splits = splitter_->Begin(context, *table);
      if (!splits.ok()) return Note(splits.status());
      splitting_ = *splits;
    }
  }
  if (table != nullptr && splitting_) {
    absl::StatusOr<TableSplitter::Piece> piece = splitter_->Next(context, SeenOf(item));
    if (!piece.ok()) return fail(piece.status());
    task.range = std::move(piece->range);
    part.range = std::move(piece->description);
  }
  part.ends_item = task.range.last;
  task.split = table != nullptr && splitting_;
  // A session in the order of the parts: the part that the body waits for always has one.
  absl::StatusOr<Session*> session =
      task.split ? TakeForSplit(context, *table) : pool_.Take(context);
  if (!session.ok()) return fail(session.status());
  task.session = *session;
  if (task.split && part.ends_item) {
    absl::Status ended = EndSplit(context, item);
    if (!ended.ok()) return Note(std::move(ended));
  }
  next_ = part.ends_item ? PartNumber(item + 1, 0) : PartNumber(item, number + 1);
  const absl::MutexLock lock(&mutex_);
  tasks_[{item, number}] = std::move(task);
  return part;
}

// A session that has opened the table. Sessions keep it open until its last part was given, and the
// splitter does until then, so that nobody alters it meanwhile. Who wants to alter it waits for
// them, and a session that has not opened it yet would wait for him: it gives up after a second,
// and the others read what is left.
absl::StatusOr<Session*> DumpSnapshot::TakeForSplit(const base::Context& context,
                                                    const Table& table) {
  if (!contended_) {
    ASSIGN_OR_RETURN(Session* const session, pool_.Take(context));
    if (holders_.contains(session)) return session;
    absl::Status opened;
    {
      const Session::Watch watch(context, *session);
      opened = session->Execute(context, "SET SESSION lock_wait_timeout=1");
      if (opened.ok()) opened = OpenTable(context, *session, table);
      if (!session->broken()) RETURN_IF_ERROR(session->Execute(context, kUsualWait));
    }
    if (opened.ok()) {
      holders_.insert(session);
      return session;
    }
    pool_.Free(session);
    if (!IsSqlError(opened, {ER_LOCK_WAIT_TIMEOUT}) || holders_.empty()) return opened;
    contended_ = true;
    context.Detail("backup",
                   absl::StrCat("table ", ToUtf8(table.name), " is read by ", holders_.size(),
                                " connections only: somebody waits to alter it"));
  }
  return pool_.Take(context, &holders_);
}

// The last part of the table was given. Sessions that read other parts close it themselves.
absl::Status DumpSnapshot::EndSplit(const base::Context& context, uint32_t item) {
  std::vector<Session*> idle;
  {
    const absl::MutexLock lock(&mutex_);
    given_.insert(item);
    idle = pool_.TakeFree(holders_);
  }
  holders_.clear();
  contended_ = false;
  absl::Status status = splitter_->End(context);
  for (Session* const session : idle) {
    {
      const Session::Watch watch(context, *session);
      if (status.ok()) status = CloseTable(context, *session);
    }
    pool_.Free(session);
  }
  return status;
}

// Ends the use of a session for a part that was read.
absl::Status DumpSnapshot::Free(const base::Context& context, uint32_t item, const Task& task) {
  if (task.split) {
    const absl::MutexLock lock(&mutex_);
    if (!given_.contains(item)) {
      pool_.Free(task.session);
      return absl::OkStatus();
    }
  }
  absl::Status status;
  if (TableOf(item) != nullptr) {
    const Session::Watch watch(context, *task.session);
    status = CloseTable(context, *task.session);
  }
  pool_.Free(task.session);
  return status;
}

absl::Status DumpSnapshot::Read(const base::Context& context, int /*worker*/,
                                const frames::Part& part, frames::PartSink& sink) {
  Task task;
  {
    const absl::MutexLock lock(&mutex_);
    const auto found = tasks_.find({part.item, part.part});
    if (found == tasks_.end()) {
      return errs::InternalError(
          kOp, absl::StrCat("part ", part.part, " of item ", part.item, " is read twice"));
    }
    task = std::move(found->second);
    tasks_.erase(found);
  }
  absl::Status status;
  {
    const Session::Watch watch(context, *task.session);
    status = Write(context, part, task, sink);
  }
  if (status.ok()) status = Free(context, part.item, task);
  return Note(std::move(status));
}

absl::Status DumpSnapshot::Write(const base::Context& context, const frames::Part& part,
                                 const Task& task, frames::PartSink& sink) {
  SinkWriter writer(context, &sink);
  Dumper dumper(context, *task.session, *plan_, &writer, [&](uint64_t rows) { sink.Cut(rows); });
  const Table* const table = TableOf(part.item);
  DumpedTable dumped;
  if (part.item == 1) {
    RETURN_IF_ERROR(dumper.WriteHead());
  } else {
    RETURN_IF_ERROR(dumper.ReplayHead());
  }
  if (table != nullptr) {
    if (!task.split) RETURN_IF_ERROR(OpenTable(context, *task.session, *table));
    ASSIGN_OR_RETURN(dumped, dumper.WriteTable(*table, task.range));
  } else if (part.item == tail()) {
    RETURN_IF_ERROR(dumper.WriteTail());
  }
  RETURN_IF_ERROR(dumper.Finish());
  const absl::MutexLock lock(&mutex_);
  Written& written = written_[part.item];
  written.sums.rows += dumped.rows;
  written.sums.longest = std::max(written.sums.longest, dumped.longest);
  if (!dumped.checksum.empty()) written.sums.checksum = std::move(dumped.checksum);
  if (!dumped.unfit.empty()) written.sums.unfit = std::move(dumped.unfit);
  written.bytes += writer.bytes();
  if (!dumper.refused().empty()) refused_[{part.item, part.part}] = dumper.refused();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<dumps::TableInfo>> DumpSnapshot::Finish(const base::Context& context) {
  {
    const Session::Watch watch(context, *first_);
    RETURN_IF_ERROR(first_->Execute(context, "ROLLBACK"));
    RETURN_IF_ERROR(first_->Execute(context, "SET NAMES utf8mb4"));
  }
  finished_ = true;
  others_.clear();
  helper_.reset();
  std::vector<dumps::TableInfo> tables;
  std::vector<std::string> refused;
  const absl::MutexLock lock(&mutex_);
  for (const auto& [item, written] : written_) {
    const Table* const table = TableOf(item);
    if (table == nullptr) continue;
    tables.push_back({.name = table->name,
                      .rows = written.sums.rows,
                      .size_bytes = table->data_bytes,
                      .checksum = written.sums.checksum});
    for (const std::string& trouble :
         {TooLongFor(written.sums.longest, first_->max_packet()), UnfitIn(written.sums.unfit)}) {
      if (trouble.empty()) continue;
      context.Warn("backup", absl::StrCat("table ", ToUtf8(table->name), ": ", trouble));
    }
  }
  for (const auto& [part, names] : refused_) {
    refused.insert(refused.end(), names.begin(), names.end());
  }
  if (!refused.empty()) {
    context.Warn("backup", absl::StrCat("a restore runs these definitions only with --trust: ",
                                        base::ListSome(refused, kShown)));
  }
  return tables;
}

}  // namespace

absl::StatusOr<std::unique_ptr<driver::Snapshot>> OpenBackup(const base::Context& context,
                                                             Session& session, Connector connect,
                                                             const driver::BackupOptions& options,
                                                             int64_t part_bytes) {
  auto snapshot = std::make_unique<DumpSnapshot>(&session, std::move(connect), options, part_bytes);
  RETURN_IF_ERROR(snapshot->Open(context));
  return std::unique_ptr<driver::Snapshot>(std::move(snapshot));
}

}  // namespace siphon::mysqlcommon
