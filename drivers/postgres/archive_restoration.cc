// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/archive_restoration.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/archive_body.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/archive_reader.h"
#include "drivers/postgres/copy_target.h"
#include "drivers/postgres/kept_rights.h"
#include "drivers/postgres/load_object.h"
#include "drivers/postgres/load_sessions.h"
#include "drivers/postgres/lock_memory.h"
#include "drivers/postgres/monetary_locale.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/preflight.h"
#include "drivers/postgres/present_objects.h"
#include "drivers/postgres/relations.h"
#include "drivers/postgres/restore_plan.h"
#include "drivers/postgres/restorer.h"
#include "drivers/postgres/rows.h"
#include "drivers/postgres/session_settings.h"
#include "drivers/postgres/sql_error.h"
#include "drivers/postgres/swap_place.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/index.h"
#include "siphon/driver/copying.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.restore";
constexpr std::string_view kStage = "restore";
constexpr std::chrono::milliseconds kPause{20};
constexpr size_t kBlock = size_t{64} << 10;
constexpr std::string_view kDeadlock = "40P01";
constexpr int kRepeats = 10;

bool HasRows(const ArchiveEntry& entry) { return entry.has_data && entry.kind == "TABLE DATA"; }

// The entries whose blocks are items, or parts of one (kAllObjects).
std::vector<const ArchiveEntry*> EntriesWithItems(const Archive& archive) {
  std::vector<const ArchiveEntry*> items;
  for (const ArchiveEntry& entry : archive.entries) {
    if (entry.has_data) items.push_back(&entry);
  }
  return items;
}

// The large objects whose parts the workers load; none for an item of an earlier version, which has
// the blocks of all entries.
std::unordered_set<uint32_t> ObjectsToLoad(const Archive& archive, const ArchiveEntry& entry,
                                           const frames::Item& item) {
  if (entry.kind != kLargeObjectContent || item.name == kAllObjects) return {};
  const std::vector<uint32_t> objects = LargeObjectsIn(archive, entry);
  return {objects.begin(), objects.end()};
}

// The items whose blocks pg_restore reads: those of large objects that the workers do not load.
ArchiveItems ItemsForTool(const Archive& archive, const std::vector<const ArchiveEntry*>& planned,
                          const driver::FramedBody& body) {
  ArchiveItems items = ItemsOf(archive, planned, /*rows=*/false);
  std::unordered_map<uint32_t, const frames::Item*> named;
  for (const frames::Item& item : body.items()) named[item.id] = &item;
  for (const ArchiveEntry* const entry : planned) {
    const auto item = named.find(static_cast<uint32_t>(entry->id));
    if (item == named.end() || !items.read.contains(item->first)) continue;
    if (!ObjectsToLoad(archive, *entry, *item->second).empty()) items.read.erase(item->first);
  }
  return items;
}

// Of a table, its TOAST table, the index of that, and a primary key.
constexpr int64_t kLocksOfTable = 4;

// True for a definition that makes an index, so that the workers can build several at once.
bool MakesIndex(const ArchiveEntry& entry) {
  if (entry.section != Section::kPostData) return false;
  if (entry.kind == "INDEX") return true;
  return entry.kind == "CONSTRAINT" && (absl::StrContains(entry.definition, " PRIMARY KEY (") ||
                                        absl::StrContains(entry.definition, " UNIQUE ("));
}

// Why the options, or the archive, need a restore in one transaction; empty if they do not.
std::string FindObstacle(const Archive& archive, const RestorePlan& plan,
                         const verbs::RestoreOptions& options) {
  if (options.single_transaction.has_value()) return "the options say how many transactions it has";
  if (options.with_globals) return "roles and tablespaces are restored together with the rest";
  if (options.data_only) return "the rows go into tables that exist";
  if (options.schema_only) return "there are no rows";
  if (options.clean && !plan.whole) return "--clean replaces only a part of the database";
  const bool rows = std::any_of(plan.entries.begin(), plan.entries.end(),
                                [](const ArchiveEntry* entry) { return HasRows(*entry); });
  if (!rows) return "there are no rows";
  for (const ArchiveEntry& entry : archive.entries) {
    // A database with subscriptions cannot be dropped.
    if (entry.kind == "SUBSCRIPTION") return "the dump has subscriptions";
  }
  return "";
}

// Extensions that --clean keeps: name, schema and version of each, and whether it has rows of the
// user's in tables of its own.
constexpr char kExtensionsQuery[] = R"sql(
SELECT x.extname, n.nspname, x.extversion, x.extconfig IS NOT NULL
FROM pg_catalog.pg_extension x JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace
WHERE x.extname <> 'plpgsql' ORDER BY x.oid)sql";

// SQL that creates the extensions of a database again; sets `why` if that would lose their rows.
absl::StatusOr<std::string> ExtensionsSql(const base::Context& context, Session& session,
                                          std::string& why) {
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context, {"tttb"}, kExtensionsQuery));
  std::string sql;
  for (int row = 0; row < rows.size(); ++row) {
    const std::string name = QuoteIdentifier(rows.Text(row, 0));
    const std::string_view schema = rows.Text(row, 1);
    if (rows.Bool(row, 3)) {
      why = absl::StrCat("--clean keeps the rows of the extension ", ToUtf8(rows.Text(row, 0)));
      return "";
    }
    if (schema != "pg_catalog" && schema != "public") {
      absl::StrAppend(&sql, "CREATE SCHEMA IF NOT EXISTS ", QuoteIdentifier(schema), "; ");
    }
    absl::StrAppend(&sql, "CREATE EXTENSION IF NOT EXISTS ", name, " SCHEMA ",
                    QuoteIdentifier(schema), " VERSION ", QuoteLiteral(rows.Text(row, 2)), "; ");
  }
  return sql;
}

// Why a database whose content goes needs WipeSql(): it keeps some objects.
absl::StatusOr<std::string> FindKept(const base::Context& context, Session& session,
                                     const verbs::RestoreOptions& options) {
  ASSIGN_OR_RETURN(
      const std::string kept,
      session.QueryText(
          context,
          "SELECT CASE"
          " WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_default_acl) THEN 'default privileges'"
          " WHEN NOT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'public')"
          " THEN 'a database without the schema public'"
          " WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_extension x"
          " JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace"
          " JOIN pg_catalog.pg_roles r ON r.rolname = current_user"
          " WHERE x.extname <> 'plpgsql' AND (x.extowner <> r.oid"
          " OR n.nspname NOT IN ('pg_catalog', 'public') AND n.nspowner <> r.oid))"
          " THEN 'extensions of other roles' ELSE '' END"));
  if (!kept.empty()) return absl::StrCat("--clean keeps ", kept);
  if (options.no_owner || options.no_acl) return "--clean keeps owners and rights of the target";
  ASSIGN_OR_RETURN(const std::vector<std::string> rights,
                   RightsOfOthers(context, session, options));
  ASSIGN_OR_RETURN(const std::vector<std::string> providers, AbsentProviders(context, session));
  return rights.empty() && providers.empty() ? "" : "--clean keeps rights that others have given";
}

// Passes bytes on and keeps the error of their reader.
class Remembering : public base::Reader {
 public:
  Remembering(base::Reader* next, absl::Status* failure) : next_(*next), failure_(*failure) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    absl::StatusOr<size_t> count = next_.Read(out);
    failure_ = count.status();
    return count;
  }

 private:
  base::Reader& next_;
  absl::Status& failure_;
};

absl::Status ReadToEnd(base::Reader& bytes) {
  std::string block(kBlock, '\0');
  while (true) {
    ASSIGN_OR_RETURN(const size_t count, bytes.Read(absl::MakeSpan(block)));
    if (count == 0) return absl::OkStatus();
  }
}

class ArchiveRestoration : public driver::Restoration, public driver::CopyDestination {
 public:
  ArchiveRestoration(const base::Context& context, const profile::ConnectionProfile& profile,
                     verbs::RestoreOptions options, const driver::FramedBody& body,
                     ArchiveItems items, std::vector<Relation> previous)
      : context_(context),
        profile_(profile),
        jobs_(options.jobs),
        options_(std::move(options)),
        body_(body),
        archive_body_(&context_, &body),
        previous_(std::move(previous)) {
    archive_body_.SetItems(std::move(items));
  }
  ~ArchiveRestoration() override { Clear(); }

  // The name of the scratch database is known.
  void Begin(std::unique_ptr<SwapPlace> place) {
    place_ = std::move(place);
    Session* session = place_->inside();
    if (session == nullptr) {
      options_.create = place_->name();
      session = &place_->admin();
    }
    // The scratch database is empty, and only siphon knows it.
    options_.clean = false;
    options_.jobs = 1;
    restorer_ =
        std::make_unique<Restorer>(context_, *session, profile_, options_, nullptr, archive_body_);
  }

  absl::Status Define(const base::Context& context) override {
    RETURN_IF_ERROR(restorer_->Prepare());
    restorer_->WarnOfLost(previous_);
    RETURN_IF_ERROR(PlanItems());
    PlanIndexes();
    Settings settings = restorer_->target();
    settings["application_name"] = restorer_->application();
    sessions_ = std::make_unique<LoadSessions>(
        std::move(settings),
        // The exchange of the databases, which comes last, is on the disk with all before.
        absl::StrCat("SET client_encoding = ", QuoteLiteral(ArchiveEncoding(restorer_->archive())),
                     "; SET synchronous_commit = off; ",
                     RestoreSettingsSql(place_->admin().server_major()),
                     SetMonetarySql(restorer_->monetary())));
    RETURN_IF_ERROR(restorer_->BeforeRows());
    if (!driver::IsLive(body_)) return absl::OkStatus();
    // A job that waited for a connection would keep the snapshot from giving one to another.
    ASSIGN_OR_RETURN(workers_, sessions_->Open(context, jobs_));
    return absl::OkStatus();
  }

  bool Loads(const frames::Item& item) const override {
    return tables_.contains(item.id) || objects_.contains(item.id);
  }

  int workers() const override { return workers_; }

  absl::Status Load(const base::Context& context, int /*worker*/, const driver::StoredPart& part,
                    base::Reader& bytes) override {
    if (part.part.content == frames::Content::kObjects) return LoadObject(context, part, bytes);
    const auto table = tables_.find(part.part.item);
    if (table == tables_.end()) return errs::InternalError(kOp, "a part of an unknown item");
    const ArchiveEntry& entry = *table->second.entry;
    PartRows rows(&bytes, part.part.ends_item);
    return sessions_->With(context, [&](Session& session) -> absl::Status {
      absl::Status failure;
      const absl::StatusOr<int64_t> count =
          session.CopyIn(context, table->second.sql, [&]() -> absl::StatusOr<std::string_view> {
            absl::StatusOr<std::string_view> next = rows.Next();
            failure = next.status();
            return next;
          });
      RETURN_IF_ERROR(failure);
      RETURN_IF_ERROR(context.Check());
      if (!count.ok()) return Named(restorer_->Explain(count.status(), entry), "rows", entry);
      if (*count == static_cast<int64_t>(part.rows)) return absl::OkStatus();
      return errs::IntegrityError(
          kOp, absl::StrCat(EntryName(restorer_->archive(), entry), ": the server has stored ",
                            *count, " rows of a part that has ", part.rows));
    });
  }

  absl::Status Complete(const base::Context& context, int worker) override {
    while (const ArchiveEntry* const entry = TakeIndex()) {
      RETURN_IF_ERROR(sessions_->With(
          context, [&](Session& session) { return BuildIndex(context, session, *entry); }));
      const absl::MutexLock lock(&mutex_);
      ++built_;
    }
    if (worker != 0) return absl::OkStatus();
    RETURN_IF_ERROR(CheckObjects());
    while (!AllBuilt()) RETURN_IF_ERROR(context.Sleep(kPause));
    return restorer_->AfterRows(done_);
  }

  absl::Status Publish(const base::Context& context) override {
    left_out_ = restorer_->TakeLeftOut();
    // The exchange needs a database without sessions.
    Clear();
    return place_->Publish(context);
  }

  absl::Status Abandon(absl::Status why) override {
    Clear();
    if (place_ == nullptr) return why;
    const absl::Status dropped = place_->Drop();
    if (dropped.ok()) return why;
    const std::optional<errs::Error> error = errs::GetError(why);
    const std::string remains =
        absl::StrCat("the scratch database ", place_->name(),
                     " remains; the next restore with several jobs removes it");
    return errs::WithHint(why, !error.has_value() || error->hint.empty()
                                   ? remains
                                   : absl::StrCat(error->hint, "; ", remains));
  }

  std::vector<verbs::LeftOut> left_out() const override { return left_out_; }

 private:
  struct Table {
    const ArchiveEntry* entry = nullptr;
    std::string sql;
  };

  // Closes the sessions in the scratch database, except that of the place.
  void Clear() {
    sessions_.reset();
    restorer_.reset();
  }

  static absl::Status Named(const absl::Status& status, std::string_view what,
                            const ArchiveEntry& entry) {
    std::optional<errs::Error> error = errs::GetError(status);
    if (!error.has_value()) return status;
    error->detail = absl::StrCat("the ", what, " of ", ToUtf8(entry.tag), ": ", error->detail);
    return errs::MakeStatus(*std::move(error));
  }

  // Compares the items of the index with the table of contents, and finds the tables of the plan.
  absl::Status PlanItems() {
    const Archive& archive = restorer_->archive();
    std::unordered_map<uint32_t, const ArchiveEntry*> awaited;
    for (const ArchiveEntry* entry : EntriesWithItems(archive)) {
      awaited.emplace(static_cast<uint32_t>(entry->id), entry);
    }
    const std::vector<const ArchiveEntry*>& entries = restorer_->plan().entries;
    const std::unordered_set<const ArchiveEntry*> wanted(entries.begin(), entries.end());
    for (const frames::Item& item : body_.items()) {
      if (item.id == frames::kHeadItem) continue;
      const auto found = awaited.find(item.id);
      if (found == awaited.end()) {
        return errs::IntegrityError(kOp,
                                    absl::StrCat("the index has an item ", item.id, " (", item.name,
                                                 "), which the table of contents does not name"));
      }
      const ArchiveEntry& entry = *found->second;
      awaited.erase(found);
      if (entry.kind == kLargeObjectContent && item.name == kAllObjects) {
        std::erase_if(awaited,
                      [](const auto& one) { return one.second->kind == kLargeObjectContent; });
      }
      if (!wanted.contains(&entry)) continue;
      if (entry.kind == kLargeObjectContent) {
        PlanObjects(entry, item);
        continue;
      }
      ASSIGN_OR_RETURN(Table table, PlanTable(entry));
      tables_.emplace(item.id, std::move(table));
      done_.insert(&entry);
    }
    if (awaited.empty()) return absl::OkStatus();
    return errs::IntegrityError(
        kOp, absl::StrCat("the index lacks ", EntryName(archive, *awaited.begin()->second)));
  }

  void PlanObjects(const ArchiveEntry& entry, const frames::Item& item) {
    std::unordered_set<uint32_t> objects = ObjectsToLoad(restorer_->archive(), entry, item);
    if (objects.empty()) return;
    objects_[item.id] = &entry;
    done_.insert(&entry);
    const absl::MutexLock lock(&mutex_);
    awaited_[item.id] = std::move(objects);
  }

  // The part is one large object, whose range is its oid.
  absl::Status LoadObject(const base::Context& context, const driver::StoredPart& part,
                          base::Reader& bytes) {
    const auto item = objects_.find(part.part.item);
    if (item == objects_.end()) return errs::InternalError(kOp, "a part of an unknown item");
    uint32_t oid = 0;
    bool awaited = absl::SimpleAtoi(part.part.range, &oid);
    if (awaited) {
      const absl::MutexLock lock(&mutex_);
      awaited = awaited_[part.part.item].erase(oid) > 0;
    }
    if (!awaited) {
      return errs::IntegrityError(
          kOp, absl::StrCat("a part of ", part.part.name, " is of the large object ",
                            ToUtf8(part.part.range),
                            ", which the table of contents does not name, or which came before"));
    }
    if (restorer_->plan().left_out_large_objects.contains(oid)) {
      return ReadToEnd(bytes);
    }
    return sessions_->With(context, [&](Session& session) -> absl::Status {
      absl::Status failure;
      Remembering reader(&bytes, &failure);
      const absl::Status status = LoadLargeObject(context, session, oid, reader);
      RETURN_IF_ERROR(failure);
      RETURN_IF_ERROR(context.Check());
      if (status.ok()) return status;
      return Named(restorer_->Explain(status, *item->second), "content", *item->second);
    });
  }

  absl::Status CheckObjects() {
    const absl::MutexLock lock(&mutex_);
    for (const auto& [item, objects] : awaited_) {
      if (objects.empty()) continue;
      return errs::IntegrityError(
          kOp, absl::StrCat("the index lacks the large object ", *objects.begin()));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Table> PlanTable(const ArchiveEntry& entry) const {
    ASSIGN_OR_RETURN(const CopyTarget target, ParseCopyTarget(entry));
    // pg_dump writes the rows of some partitions for their partitioned table.
    const std::vector<const ArchiveEntry*>& relations = restorer_->plan().relations;
    const bool own = target.schema == entry.schema && target.name == entry.tag;
    const bool known =
        own || std::any_of(relations.begin(), relations.end(), [&](const ArchiveEntry* relation) {
          return relation->schema == target.schema && relation->tag == target.name;
        });
    if (!known) {
      return errs::IntegrityError(
          kOp, absl::StrCat("the rows of ", EntryName(restorer_->archive(), entry), " are for ",
                            DisplayName(target.schema, target.name)));
    }
    return Table{&entry, CopyInSql(target)};
  }

  // The indexes that need nothing that pg_restore has not created before the rows.
  void PlanIndexes() {
    const std::vector<const ArchiveEntry*>& entries = restorer_->plan().entries;
    EntryIds later;
    for (const ArchiveEntry* entry : entries) {
      if (entry->section == Section::kPostData) later.insert(entry->id);
    }
    for (const ArchiveEntry* entry : entries) {
      if (!MakesIndex(*entry) || DependsOn(*entry, later)) continue;
      indexes_.push_back(entry);
      done_.insert(entry);
    }
  }

  const ArchiveEntry* TakeIndex() {
    const absl::MutexLock lock(&mutex_);
    return next_index_ < indexes_.size() ? indexes_[next_index_++] : nullptr;
  }

  bool AllBuilt() {
    const absl::MutexLock lock(&mutex_);
    return built_ == indexes_.size();
  }

  absl::Status BuildIndex(const base::Context& context, Session& session,
                          const ArchiveEntry& entry) const {
    const std::string_view tablespace =
        restorer_->without_tablespaces() ? std::string_view() : entry.tablespace;
    // As the second statement of several, it cannot be one that must stand alone (DROP DATABASE).
    const std::string sql = absl::StrCat(
        "SET default_tablespace = ", tablespace.empty() ? "''" : QuoteIdentifier(tablespace), "; ",
        entry.definition);
    // Definitions that also change their table (CLUSTER ON, REPLICA IDENTITY) can wait for each
    // other. The server ends one of them, and undoes it.
    absl::Status status = session.Execute(context, sql);
    for (int again = 0; again < kRepeats && SqlState(status) == kDeadlock; ++again) {
      status = session.Execute(context, sql);
    }
    RETURN_IF_ERROR(context.Check());
    return status.ok() ? status : Named(restorer_->Explain(status, entry), "definition", entry);
  }

  const base::Context context_;
  const profile::ConnectionProfile& profile_;
  const int jobs_;
  verbs::RestoreOptions options_;
  const driver::FramedBody& body_;
  ArchiveBody archive_body_;
  std::vector<Relation> previous_;  // Of the target, where --clean replaces them.
  std::unique_ptr<SwapPlace> place_;
  std::unique_ptr<Restorer> restorer_;
  std::unique_ptr<LoadSessions> sessions_;
  int workers_ = 1;
  std::unordered_map<uint32_t, Table> tables_;                 // By item.
  std::unordered_map<uint32_t, const ArchiveEntry*> objects_;  // Items of large objects.
  std::unordered_set<const ArchiveEntry*> done_;
  std::vector<const ArchiveEntry*> indexes_;
  std::vector<verbs::LeftOut> left_out_;
  absl::Mutex mutex_;
  // The large objects that are still to be loaded, by item.
  std::unordered_map<uint32_t, std::unordered_set<uint32_t>> awaited_ ABSL_GUARDED_BY(mutex_);
  size_t next_index_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t built_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The place for the content. Null if there is none; `why` tells the reason.
absl::StatusOr<std::unique_ptr<SwapPlace>> FindPlace(const base::Context& context, Session& session,
                                                     absl::FunctionRef<void()> close,
                                                     const verbs::RestoreOptions& options,
                                                     std::vector<Relation>& previous,
                                                     std::string& why) {
  SwapPlace::Target target;
  target.name = options.create;
  target.settings = session.settings();
  if (options.create.empty()) {
    target.role = options.clean ? SwapPlace::Role::kReplaced : SwapPlace::Role::kEmpty;
    if (options.clean) {
      ASSIGN_OR_RETURN(why, FindKept(context, session, options));
      if (!why.empty()) return nullptr;
      ASSIGN_OR_RETURN(target.kept, ExtensionsSql(context, session, why));
      ASSIGN_OR_RETURN(previous, ReadRelations(context, session));
    } else {
      ASSIGN_OR_RETURN(const std::vector<std::string> content, SomeContent(context, session));
      if (!content.empty()) why = "the database holds other tables";
    }
    if (!why.empty()) return nullptr;
    ASSIGN_OR_RETURN(target.name,
                     session.QueryText(context, "SELECT pg_catalog.current_database()"));
    target.closed_pid = session.backend_pid();
    close();
  }
  return SwapPlace::Create(context, std::move(target), why);
}

}  // namespace

absl::StatusOr<uint64_t> MostTablesInTransaction(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(const int64_t locks, LockMemory(context, session));
  return static_cast<uint64_t>(std::max<int64_t>(1, locks / kLocksOfTable));
}

absl::StatusOr<std::unique_ptr<driver::Restoration>> OpenArchiveRestoration(
    const base::Context& context, Session& session, absl::FunctionRef<void()> close,
    const profile::ConnectionProfile& profile, const verbs::RestoreOptions& options,
    const driver::FramedBody& body, std::string& why) {
  RETURN_IF_ERROR(CheckTarget(context, session, options));
  ArchiveItems items;
  {
    ASSIGN_OR_RETURN(const std::string contents, ReadContents(context, body));
    base::StringReader head(contents);
    ArchiveReader reader(&head);
    ASSIGN_OR_RETURN(const Archive* const archive, reader.ReadHead(context));
    ASSIGN_OR_RETURN(const RestorePlan plan, PlanRestore(*archive, options));
    why = FindObstacle(*archive, plan, options);
    if (!why.empty()) return nullptr;
    items = ItemsForTool(*archive, plan.entries, body);
  }
  std::vector<Relation> previous;
  ASSIGN_OR_RETURN(std::unique_ptr<SwapPlace> place,
                   FindPlace(context, session, close, options, previous, why));
  if (place == nullptr) return nullptr;
  auto restoration = std::make_unique<ArchiveRestoration>(context, profile, options, body,
                                                          std::move(items), std::move(previous));
  restoration->Begin(std::move(place));
  return std::unique_ptr<driver::Restoration>(std::move(restoration));
}

}  // namespace siphon::postgres
