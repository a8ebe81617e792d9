// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/parts_restore.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "drivers/mysqlcommon/definition.h"
#include "drivers/mysqlcommon/dump_form.h"
#include "drivers/mysqlcommon/late_keys.h"
#include "drivers/mysqlcommon/loader.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/operation.h"
#include "drivers/mysqlcommon/restore_target.h"
#include "drivers/mysqlcommon/scratch.h"
#include "drivers/mysqlcommon/script.h"
#include "drivers/mysqlcommon/script_excerpt.h"
#include "drivers/mysqlcommon/set_statement.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/tokens.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/io.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/domain/sql/splitter.h"
#include "siphon/driver/copying.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.restore";
constexpr std::string_view kStage = "restore";
// Each session reads blocks of this size, in bytes; a statement of rows has about as many.
constexpr size_t kBlock = size_t{1} << 20;
// The most bytes that all statements that set variables may have. In a dump they have some hundred.
constexpr size_t kMostSettings = size_t{64} << 10;
// How much of a table is read at once to find its definition.
constexpr size_t kDefinitionBlock = size_t{64} << 10;

// The splitter looks ahead: after so many line feeds it has seen the end of a statement.
std::string Padding() { return std::string(128, '\n'); }

absl::Status Damaged(std::string_view what) {
  return errs::IntegrityError(kOp, absl::StrCat("the dump is damaged: ", what),
                              "make a new dump, or use another");
}

// The first two lines of a dump, which say how it is read.
std::string_view FirstLines(std::string_view head) {
  const size_t first = head.find('\n');
  if (first == std::string_view::npos) return "";
  const size_t second = head.find('\n', first + 1);
  return second == std::string_view::npos ? "" : head.substr(0, second + 1);
}

// The statements of a dump that is read in parts, for errors.
std::string SourceOf(std::string_view item, uint64_t part = 0, bool whole = true) {
  const std::string name = absl::StrCat("\"", ToUtf8(item), "\" of the dump");
  return whole ? name : absl::StrCat("part ", part + 1, " of ", name);
}

// A part of a dump, as the index describes it.
struct PartToLoad {
  std::string source;
  const uint64_t& rows;  // Known with the end of the part.
};

// Loads parts in a session of its own. For one thread at a time.
class PartLoader {
 public:
  // Called after each statement; `sets` if it sets variables.
  using AfterStatement = absl::FunctionRef<void(std::string_view sql, bool sets)>;

  PartLoader(std::unique_ptr<Session> session, const std::string& target,
             const driver::RestoreOptions& options, MadeTables* made)
      : session_(std::move(session)),
        rule_(RuleOf(*session_)),
        loader_(session_.get(), target, &options, nullptr, made) {}

  absl::Status Begin(const base::Context& context) {
    const Session::Watch watch(context, *session_);
    return loader_.Begin(context);
  }

  // Runs the statements of a part, which is read as if it followed `settings`: the first lines of
  // the dump and its statements that set variables, or nothing for the beginning of the dump.
  absl::StatusOr<ScriptEnds> Load(const base::Context& context, const PartToLoad& part,
                                  std::string_view settings, base::Reader& bytes,
                                  AfterStatement after);
  // Runs a statement that adds keys to a table.
  absl::Status AddKeys(const base::Context& context, const std::string& sql);

  // False if the session's variables are no longer those that parts begin with.
  bool reusable() const { return !changed_ && !session_->broken(); }
  void Abandon() { session_->Abandon(); }
  Loader& loader() { return loader_; }
  const CommentRule& rule() const { return rule_; }

 private:
  const std::unique_ptr<Session> session_;
  const CommentRule rule_;
  Loader loader_;
  bool set_ = false;      // The session has run the statements that set variables.
  bool changed_ = false;  // And others.
};

absl::StatusOr<ScriptEnds> PartLoader::Load(const base::Context& context, const PartToLoad& part,
                                            std::string_view settings, base::Reader& bytes,
                                            AfterStatement after) {
  const Session::Watch watch(context, *session_);
  loader_.SetSource(part.source);
  StatementReader statements(rule_);
  if (!settings.empty()) {
    const auto set = [&](const sql::Piece& piece, const ScriptSettings& now) {
      return set_ ? absl::OkStatus() : loader_.Run(context, piece, now);
    };
    RETURN_IF_ERROR(statements.Feed(context, settings, set));
  }
  const auto lines = static_cast<uint64_t>(std::count(settings.begin(), settings.end(), '\n'));
  const uint64_t rows = loader_.rows();
  bool changed = false, history = false;
  const auto run = [&](const sql::Piece& piece, const ScriptSettings& now) -> absl::Status {
    sql::Piece in_part = piece;
    in_part.line -= lines;
    RETURN_IF_ERROR(loader_.Run(context, in_part, now));
    const bool sets = TokenReader(piece.text, now.syntax(), rule_).Next().Is("SET");
    // Parts with historical rows of a versioned table set this variable, and set it back.
    const bool of_history = piece.text == kHistoryOn || piece.text == kHistoryOff;
    if (of_history) history = piece.text == kHistoryOn;
    if (sets && !of_history) changed = true;
    after(piece.text, sets);
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(ScriptEnds ends, ReadStatements(context, bytes, kBlock, statements, run));
  // The settings at the beginning of the dump are those of all parts.
  changed_ = changed_ || history || (changed && !settings.empty());
  set_ = true;
  RETURN_IF_ERROR(session_->Execute(context, "COMMIT"));
  if (loader_.rows() - rows == part.rows) return ends;
  return Damaged(absl::StrCat(part.source, " has ", loader_.rows() - rows,
                              " rows, and its index says ", part.rows));
}

absl::Status PartLoader::AddKeys(const base::Context& context, const std::string& sql) {
  const Session::Watch watch(context, *session_);
  // Where the table needed innodb_strict_mode=OFF, so do its keys.
  const absl::Status added = CreateTable(context, *session_, sql).status();
  std::optional<errs::Error> error = errs::GetError(added);
  if (!error.has_value() || !context.Check().ok()) return added;
  error->op = kOp;
  error->detail = absl::StrCat("cannot add the secondary keys of a table: ", error->detail);
  return errs::MakeStatus(*std::move(error));
}

class PartsRestore : public driver::Restoration, public driver::CopyDestination {
 public:
  PartsRestore(Session* session, const driver::RestoreOptions* options,
               const driver::FramedBody* body, uint64_t large)
      : session_(*session),
        options_(*options),
        body_(*body),
        large_(large),
        target_(session, options) {}
  ~PartsRestore() override { Remove().IgnoreError(); }

  absl::Status Check(const base::Context& context) { return target_.Check(context); }

  absl::Status Define(const base::Context& context) override;
  bool Loads(const frames::Item& item) const override { return wanted_.contains(item.id); }
  int workers() const override { return loaders_; }
  absl::Status Load(const base::Context& context, int worker, const driver::StoredPart& part,
                    base::Reader& bytes) override;
  absl::Status Complete(const base::Context& context, int worker) override;
  absl::Status Publish(const base::Context& context) override;
  absl::Status Abandon(absl::Status why) override;

 private:
  // The place of a part in the order of the body.
  using Place = std::pair<uint32_t, uint64_t>;

  absl::StatusOr<std::unique_ptr<PartLoader>> NewLoader(const base::Context& context, int attempts);
  absl::Status LoadHead(const base::Context& context, PartLoader& loader);
  absl::Status LoadTail(const base::Context& context, PartLoader& loader, const uint64_t& rows,
                        base::Reader& bytes);
  bool IsTail(uint32_t item) const { return item == body_.items().back().id; }
  void Choose();
  absl::Status ChooseLateKeys(const base::Context& context, const CommentRule& rule);
  absl::Status FindReferences(const base::Context& context, const frames::Item& item,
                              const CommentRule& rule, std::set<std::string>& tables) const;
  absl::Status OpenLoaders(const base::Context& context);
  // Waits for a loader, and until the table of the part exists, so that a loader never waits.
  absl::StatusOr<std::unique_ptr<PartLoader>> Claim(const base::Context& context, Place part);
  void Release(std::unique_ptr<PartLoader> loader);
  void NoteBegun(uint32_t item);
  // Takes what the loader has found in a part.
  void Collect(PartLoader& loader, Place part);
  absl::Status Remove();

  Session& session_;
  const driver::RestoreOptions& options_;
  const driver::FramedBody& body_;
  const uint64_t large_;
  RestoreTarget target_;
  std::unique_ptr<ScratchDatabase> scratch_;
  MadeTables made_;
  std::string head_;            // The first bytes of the dump.
  std::string settings_;        // What precedes each part, see PartLoader::Load().
  std::set<uint32_t> wanted_;   // The items that are loaded in parts.
  std::set<std::string> late_;  // The tables whose secondary keys come after their rows.
  int loaders_ = 1;             // Their number.

  absl::Mutex mutex_;
  absl::CondVar changed_;
  std::vector<std::unique_ptr<PartLoader>> free_ ABSL_GUARDED_BY(mutex_);
  std::set<uint32_t> begun_ ABSL_GUARDED_BY(mutex_);  // Items whose tables exist.
  LoadResult found_ ABSL_GUARDED_BY(mutex_) = LoadResult(options_);
  std::map<Place, std::vector<Definition>> deferred_ ABSL_GUARDED_BY(mutex_);
  // The statements that add secondary keys, by the size of the table.
  std::multimap<uint64_t, std::string> late_keys_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::unique_ptr<PartLoader>> PartsRestore::NewLoader(const base::Context& context,
                                                                    int attempts) {
  ASSIGN_OR_RETURN(std::unique_ptr<Session> session,
                   target_.Connect(context, scratch_->name(), attempts));
  auto loader =
      std::make_unique<PartLoader>(std::move(session), target_.database(), options_, &made_);
  loader->loader().CreateKeysLater(&late_);
  RETURN_IF_ERROR(loader->Begin(context));
  return loader;
}

absl::Status PartsRestore::Define(const base::Context& context) {
  RETURN_IF_ERROR(CheckItems(body_));
  ASSIGN_OR_RETURN(scratch_,
                   ScratchDatabase::Create(context, session_.server_fork(), session_.settings()));
  Choose();
  CommentRule rule;
  {
    ASSIGN_OR_RETURN(const std::unique_ptr<PartLoader> first, NewLoader(context, 3));
    absl::Status status = LoadHead(context, *first);
    const frames::Item& tail = body_.items().back();
    if (status.ok() && !driver::IsLive(body_)) {
      const absl::StatusOr<std::unique_ptr<base::Reader>> bytes = body_.Open(context, tail);
      status = bytes.ok() ? LoadTail(context, *first, tail.rows, **bytes) : bytes.status();
    }
    // Its locks would prevent the scratch database from being dropped.
    if (!status.ok()) first->Abandon();
    RETURN_IF_ERROR(status);
    rule = first->rule();
  }
  if (!driver::IsLive(body_)) {
    const absl::MutexLock lock(&mutex_);
    RETURN_IF_ERROR(found_.CheckAllFound());
  }
  RETURN_IF_ERROR(ChooseLateKeys(context, rule));
  // The last item of a snapshot comes last.
  if (driver::IsLive(body_)) wanted_.insert(body_.items().back().id);
  return OpenLoaders(context);
}

absl::Status PartsRestore::LoadHead(const base::Context& context, PartLoader& loader) {
  const frames::Item& item = body_.items().front();
  std::string settings;
  const auto note = [&](std::string_view sql, bool sets) {
    if (sets) absl::StrAppend(&settings, sql, ";\n");
  };
  ASSIGN_OR_RETURN(const std::unique_ptr<base::Reader> bytes, body_.Open(context, item));
  ASSIGN_OR_RETURN(
      ScriptEnds ends,
      loader.Load(context, {.source = SourceOf(item.name), .rows = item.rows}, "", *bytes, note));
  if (settings.size() > kMostSettings) return Damaged("its first item sets too many variables");
  head_ = std::move(ends.head);
  settings_ = absl::StrCat(FirstLines(head_), settings, Padding());
  Collect(loader, {0, 0});
  return absl::OkStatus();
}

absl::Status PartsRestore::LoadTail(const base::Context& context, PartLoader& loader,
                                    const uint64_t& rows, base::Reader& bytes) {
  const std::string source = SourceOf(body_.items().back().name);
  ASSIGN_OR_RETURN(ScriptEnds ends, loader.Load(context, {.source = source, .rows = rows},
                                                settings_, bytes, [](std::string_view, bool) {}));
  ends.head = head_;
  RETURN_IF_ERROR(CheckScriptEnds(ends));
  Collect(loader, {std::numeric_limits<uint32_t>::max(), 0});
  return absl::OkStatus();
}

// Chooses the tables that the options want.
void PartsRestore::Choose() {
  const std::vector<frames::Item>& items = body_.items();
  const absl::MutexLock lock(&mutex_);
  for (size_t i = 1; i + 1 < items.size(); ++i) {
    const bool excluded = found_.exclude_tables.Has(items[i].name);
    const bool chosen = found_.tables.empty() || found_.tables.Has(items[i].name);
    if (chosen && !excluded) wanted_.insert(items[i].id);
  }
}

// Chooses the large tables to which no foreign key of the dump refers: it may need a key that is
// not unique.
absl::Status PartsRestore::ChooseLateKeys(const base::Context& context, const CommentRule& rule) {
  std::vector<std::string> large;
  for (const frames::Item& item : body_.items()) {
    if (Loads(item) && item.raw > large_) large.push_back(item.name);
  }
  if (large.empty() || options_.data_only || options_.schema_only) return absl::OkStatus();
  std::set<std::string> referenced;
  for (const frames::Item& item : body_.items()) {
    if (Loads(item)) RETURN_IF_ERROR(FindReferences(context, item, rule, referenced));
  }
  for (std::string& name : large) {
    if (!referenced.contains(absl::AsciiStrToLower(name))) late_.insert(std::move(name));
  }
  return absl::OkStatus();
}

// Reads the definition of a table; adds the tables to which its foreign keys refer, in lower case.
absl::Status PartsRestore::FindReferences(const base::Context& context, const frames::Item& item,
                                          const CommentRule& rule,
                                          std::set<std::string>& tables) const {
  StatementReader statements(rule);
  const auto skip = [](const sql::Piece&, const ScriptSettings&) { return absl::OkStatus(); };
  RETURN_IF_ERROR(statements.Feed(context, settings_, skip));
  bool found = false;
  const auto look = [&](const sql::Piece& piece, const ScriptSettings& settings) {
    const bool table = Classify(piece.text, settings.syntax()).kind == Statement::Kind::kTable;
    for (const std::string& name :
         table ? ReferencedTables(piece.text, settings.syntax()) : std::vector<std::string>()) {
      tables.insert(absl::AsciiStrToLower(name));
    }
    found = found || table;
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(const std::unique_ptr<base::Reader> bytes, body_.Open(context, item));
  std::string block(kDefinitionBlock, '\0');
  while (!found) {
    ASSIGN_OR_RETURN(const size_t size, base::ReadFull(*bytes, absl::MakeSpan(block)));
    if (size == 0) return absl::OkStatus();
    // The load reports an error of the statements.
    if (!statements.Feed(context, std::string_view(block).substr(0, size), look).ok()) break;
  }
  return context.Check();
}

// Opens as many sessions as the server gives.
absl::Status PartsRestore::OpenLoaders(const base::Context& context) {
  int opened = 0;
  for (; opened < options_.jobs; ++opened) {
    absl::StatusOr<std::unique_ptr<PartLoader>> loader = NewLoader(context, opened == 0 ? 3 : 1);
    if (opened == 0) RETURN_IF_ERROR(loader.status());
    RETURN_IF_ERROR(context.Check());
    if (!loader.ok()) {
      context.Detail(kStage, absl::StrCat("no connection more than ", opened, ": ",
                                          loader.status().message()));
      break;
    }
    Release(*std::move(loader));
  }
  loaders_ = opened;
  context.Detail(
      kStage,
      absl::StrCat(opened, opened == 1 ? " connection loads" : " connections load", " the tables"));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<PartLoader>> PartsRestore::Claim(const base::Context& context,
                                                                Place part) {
  // Before the lock, and so destroyed after it: the callback takes the lock.
  const std::stop_callback wake(context.stop_token(), [this] {
    const absl::MutexLock lock(&mutex_);
    changed_.SignalAll();
  });
  std::unique_ptr<PartLoader> loader;
  {
    const absl::MutexLock lock(&mutex_);
    while (free_.empty() || (part.second > 0 && !begun_.contains(part.first))) {
      RETURN_IF_ERROR(context.Check());
      if (context.deadline().has_value()) {
        const auto left = *context.deadline() - std::chrono::steady_clock::now();
        changed_.WaitWithTimeout(&mutex_, std::max(absl::FromChrono(left), absl::ZeroDuration()));
      } else {
        changed_.Wait(&mutex_);
      }
    }
    loader = std::move(free_.back());
    free_.pop_back();
  }
  if (loader->reusable()) return loader;
  loader.reset();
  return NewLoader(context, 3);
}

void PartsRestore::Release(std::unique_ptr<PartLoader> loader) {
  const absl::MutexLock lock(&mutex_);
  free_.push_back(std::move(loader));
  changed_.SignalAll();
}

void PartsRestore::NoteBegun(uint32_t item) {
  const absl::MutexLock lock(&mutex_);
  if (begun_.insert(item).second) changed_.SignalAll();
}

void PartsRestore::Collect(PartLoader& loader, Place part) {
  LoadResult result = std::exchange(loader.loader().result(), LoadResult(options_));
  const absl::MutexLock lock(&mutex_);
  if (!result.deferred.empty()) deferred_[part] = std::exchange(result.deferred, {});
  for (std::string& statement : std::exchange(result.late_keys, {})) {
    const auto item = std::find_if(body_.items().begin(), body_.items().end(),
                                   [&](const frames::Item& one) { return one.id == part.first; });
    late_keys_.emplace(item == body_.items().end() ? 0 : item->raw, std::move(statement));
  }
  found_.Add(std::move(result));
}

absl::Status PartsRestore::Load(const base::Context& context, int /*worker*/,
                                const driver::StoredPart& part, base::Reader& bytes) {
  const uint32_t item = part.part.item;
  const Place place(item, part.part.part);
  ASSIGN_OR_RETURN(std::unique_ptr<PartLoader> loader, Claim(context, place));
  if (IsTail(item)) {
    const absl::Status status = LoadTail(context, *loader, part.rows, bytes);
    if (!status.ok()) {
      loader->Abandon();
      return status;
    }
    Release(std::move(loader));
    return absl::OkStatus();
  }
  const bool first = part.part.part == 0;
  bool begun = !first;
  // The rows follow the definition.
  const auto note = [&](std::string_view, bool) {
    const Statement::Kind kind = loader->loader().last();
    if (begun || (kind != Statement::Kind::kRows && kind != Statement::Kind::kKeys)) return;
    begun = true;
    NoteBegun(item);
  };
  const PartToLoad to_load = {
      .source = SourceOf(part.part.name, part.part.part, first && part.part.ends_item),
      .rows = part.rows};
  const absl::Status status = loader->Load(context, to_load, settings_, bytes, note).status();
  if (!status.ok()) {
    // Its locks would prevent the scratch database from being dropped.
    loader->Abandon();
    return status;
  }
  Collect(*loader, place);
  NoteBegun(item);
  Release(std::move(loader));
  return absl::OkStatus();
}

absl::Status PartsRestore::Complete(const base::Context& context, int worker) {
  if (driver::IsLive(body_) && worker == 0) {
    const absl::MutexLock lock(&mutex_);
    RETURN_IF_ERROR(found_.CheckAllFound());
  }
  while (true) {
    std::string sql;
    {
      const absl::MutexLock lock(&mutex_);
      if (late_keys_.empty()) return absl::OkStatus();
      // The largest table first.
      const auto last = std::prev(late_keys_.end());
      sql = std::move(last->second);
      late_keys_.erase(last);
    }
    ASSIGN_OR_RETURN(std::unique_ptr<PartLoader> loader, Claim(context, {0, 0}));
    const absl::Status status = loader->AddKeys(context, sql);
    if (!status.ok()) {
      loader->Abandon();
      return status;
    }
    Release(std::move(loader));
  }
}

absl::Status PartsRestore::Publish(const base::Context& context) {
  Loaded loaded;
  loaded.head = head_;
  {
    const absl::MutexLock lock(&mutex_);
    free_.clear();
    loaded.census = found_.census;
    for (auto& [place, definitions] : deferred_) {
      for (Definition& definition : definitions) loaded.deferred.push_back(std::move(definition));
    }
    deferred_.clear();
  }
  return target_.Publish(context, *scratch_, loaded);
}

absl::Status PartsRestore::Remove() {
  {
    const absl::MutexLock lock(&mutex_);
    free_.clear();
  }
  return scratch_ == nullptr ? absl::OkStatus() : scratch_->DropSoon();
}

absl::Status PartsRestore::Abandon(absl::Status why) {
  const absl::Status removed = Remove();
  why = NameOperation(session_.server_fork(), why);
  if (removed.ok()) return why;
  const std::optional<errs::Error> error = errs::GetError(why);
  const std::string hint =
      error.has_value() && !error->hint.empty() ? absl::StrCat(error->hint, "; ") : std::string();
  return errs::WithHint(
      why, absl::StrCat(hint, "the scratch database ", scratch_->name(),
                        " remains until the next restore drops it: ", removed.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<driver::Restoration>> OpenPartsRestore(
    const base::Context& context, Session& session, const driver::RestoreOptions& options,
    const driver::FramedBody& body, uint64_t large) {
  auto restore = std::make_unique<PartsRestore>(&session, &options, &body, large);
  RETURN_IF_ERROR(restore->Check(context));
  return std::unique_ptr<driver::Restoration>(std::move(restore));
}

}  // namespace siphon::mysqlcommon
