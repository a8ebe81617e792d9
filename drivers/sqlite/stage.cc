// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/stage.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/sqlite/schema.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/signals.h"
#include "siphon/base/space.h"
#include "siphon/domain/sql/dialect.h"
#include "siphon/domain/sql/secrets.h"

namespace siphon::sqlite {
namespace {

constexpr std::string_view kOp = "sqlite.restore";
// Only the owner may read a staged dump, and the database that it becomes: the dump does not say
// who else may.
constexpr mode_t kStagedMode = 0600;

// The pragmas that a script may set on the staged database. Others are skipped: a script must not
// control how siphon writes files.
constexpr std::array<std::string_view, 10> kScriptPragmas = {
    "application_id", "auto_vacuum",       "defer_foreign_keys",       "encoding",
    "foreign_keys",   "foreign_key_check", "ignore_check_constraints", "page_size",
    "user_version",   "writable_schema"};

// The module through which SQL writes pages of the file, whatever name the virtual table has.
constexpr char kRawPages[] = "sqlite_dbpage";

// A statement of a script makes no value that is longer than this, or than some times the longest
// statement so far: values come from its text.
constexpr size_t kShortestLimit = size_t{64} << 20;
constexpr size_t kLongestValue = 1'000'000'000;  // SQLITE_MAX_LENGTH.

// What a script says and does, see Authorize().
struct Actions {
  std::set<std::string> written;  // The tables that it writes to.
  // The definitions of virtual tables in the source, by their names (kDefinitionPragma).
  std::map<std::string, std::string> definitions;
  std::string virtual_table;  // Whose definition is next.
};

void NoteDefinition(std::string_view pragma, const char* value, Actions& actions) {
  if (value == nullptr) return;
  if (pragma == kVirtualTablePragma) actions.virtual_table = value;
  if (pragma == kDefinitionPragma) actions.definitions[actions.virtual_table] = value;
}

// Keeps a script inside its database (https://www.sqlite.org/c3ref/set_authorizer.html), and notes
// its `actions`. VACUUM INTO attaches, too.
int Authorize(void* actions, int action, const char* first, const char* second, const char*,
              const char*) {
  switch (action) {
    case SQLITE_INSERT:
    case SQLITE_DELETE:
      static_cast<Actions*>(actions)->written.insert(first);
      return SQLITE_OK;
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
      return SQLITE_DENY;
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      // The staged file has no journal for a rollback.
      return absl::EqualsIgnoreCase(first, "ROLLBACK") ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_FUNCTION:
      return IsForbiddenFunction(second) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA:
      NoteDefinition(first, second, *static_cast<Actions*>(actions));
      for (const std::string_view known : kScriptPragmas) {
        if (absl::EqualsIgnoreCase(first, known)) return SQLITE_OK;
      }
      return SQLITE_IGNORE;
    default:
      return SQLITE_OK;
  }
}

// An INSERT of a script that leaves conflicts to the table's constraints, which may drop rows: the
// rest of it after "INSERT INTO". Scripts of earlier versions have it, and those of other programs.
std::optional<std::string_view> AfterInsertInto(std::string_view statement) {
  constexpr std::string_view kInsertInto = "INSERT INTO ";
  if (!absl::StartsWithIgnoreCase(statement, kInsertInto)) return std::nullopt;
  return statement.substr(kInsertInto.size());
}

// Remembers whether the body itself failed.
class WatchedReader : public base::Reader {
 public:
  explicit WatchedReader(base::Reader* next) : next_(next) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    absl::StatusOr<size_t> size = next_->Read(out);
    ended_ = !size.ok() || *size == 0;
    if (!size.ok()) error_ = size.status();
    return size;
  }
  bool ended() const { return ended_; }
  const absl::Status& error() const { return error_; }

 private:
  base::Reader* next_;
  bool ended_ = false;
  absl::Status error_;
};

// The status for `failure`, which the content of a body caused. If reading the rest of the body
// fails, because its checksum differs for example, that error is returned instead: it explains the
// failure.
absl::Status Explain(const base::Context& context, WatchedReader& body, absl::Status failure) {
  if (!body.error().ok() || context.Stopped()) return failure;
  std::string buffer(base::kCopyBufferSize, '\0');
  while (!body.ended()) {
    if (context.Stopped()) return failure;
    body.Read(absl::MakeSpan(buffer.data(), buffer.size())).status().IgnoreError();
  }
  return body.error().ok() ? failure : body.error();
}

}  // namespace

// Writes a body into the staged file.
class Stage::Filler : public BodySink {
 public:
  Filler(Stage* stage, const base::Context& context, const TableMaker& make_tables)
      : stage_(stage), context_(context), make_tables_(make_tables) {}

  absl::Status OnImage(const ImageHeader& header) override {
    stage_->format_ = Format::kImage;
    return base::RequireSpace(kOp, base::SplitPath(stage_->path()).first,
                              uint64_t{header.pages} * header.page_size, "the restored database");
  }

  absl::Status OnImageBytes(std::string_view bytes) override { return stage_->file_->Write(bytes); }

  absl::Status OnScript(const ScriptHeader& header) override {
    stage_->format_ = Format::kSql;
    stage_->header_ = header;
    ASSIGN_OR_RETURN(database_, stage_->OpenPrivate());
    deaf_.emplace();
    scope_.emplace(*database_, context_, kOp);
    tables_made_ = header.schema;
    RETURN_IF_ERROR(database_->Execute("PRAGMA ignore_check_constraints = ON"));
    // A script inserts virtual tables into sqlite_schema and fills their shadow tables.
    database_->SetDefensive(false);
    sqlite3_create_module_v2(database_->handle(), kRawPages, nullptr, nullptr, nullptr);
    sqlite3_set_authorizer(database_->handle(), &Authorize, &actions_);
    return absl::OkStatus();
  }

  absl::Status OnStatement(const ScriptSplitter::Piece& piece) override {
    // After the pragmas, which set properties of the new database.
    const bool sets_properties = absl::StartsWithIgnoreCase(piece.text, "pragma");
    if (!sets_properties && !limited_) RETURN_IF_ERROR(LimitSize());
    if (!tables_made_ && !sets_properties) {
      RETURN_IF_ERROR(make_tables_(*database_));
      tables_made_ = true;
      actions_.written.clear();
      RETURN_IF_ERROR(CheckDefinitions());
    }
    longest_ = std::clamp(4 * piece.text.size(), longest_, kLongestValue);
    sqlite3_limit(database_->handle(), SQLITE_LIMIT_LENGTH, static_cast<int>(longest_));
    const std::optional<std::string_view> inserted = AfterInsertInto(piece.text);
    absl::StatusOr<Statement> statement =
        inserted.has_value() ? database_->Prepare(absl::StrCat("INSERT OR ABORT INTO ", *inserted))
                             : database_->Prepare(piece.text);
    const absl::Status status = statement.ok() ? statement->Run() : statement.status();
    if (status.ok()) return status;
    const std::optional<errs::Error> error = errs::GetError(status);
    if (!error.has_value() || error->cause != errs::kDatabase) return status;
    const std::string message = sqlite3_errmsg(database_->handle());
    const bool conflict = (sqlite3_errcode(database_->handle()) & 0xff) == SQLITE_CONSTRAINT;
    return errs::SystemError(
        kOp, errs::kDatabase,
        absl::StrCat("the statement in line ", piece.line,
                     " of the script: ", sql::HideSecrets(sql::Dialect::kSqlite, message)),
        conflict ? "the table has a constraint that its rows in the script break"
        : NeedsOtherProgram(message)
            ? "only the program that owns the database has it: run the script in that program"
              " (siphon dumps extract), or back the whole database up as an image (--format image)"
            : "the script may need a newer SQLite or an extension that this siphon does not have");
  }

  // Refuses a script of rows alone for virtual tables that are defined in another way.
  absl::Status CheckDefinitions() {
    for (const auto& [name, sql] : actions_.definitions) {
      ASSIGN_OR_RETURN(Statement read,
                       database_->Prepare("SELECT sql FROM main.sqlite_schema WHERE type = 'table'"
                                          " AND name = ?1 COLLATE NOCASE"));
      read.BindText(1, name);
      ASSIGN_OR_RETURN(const bool found, read.Step());
      if (!found || ModuleAndArguments(read.Text(0)) != ModuleAndArguments(sql)) {
        return RefuseOtherDefinition(kOp, name);
      }
    }
    return absl::OkStatus();
  }

  // A few statements can make any number of rows: SQLite stops before the disk is full.
  absl::Status LimitSize() {
    limited_ = true;
    const std::optional<uint64_t> left = base::SpaceLeft(base::SplitPath(stage_->path()).first);
    if (!left.has_value()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const int64_t page_size, database_->QueryInt("PRAGMA page_size"));
    const int64_t pages = static_cast<int64_t>(*left) / page_size + 1;
    sqlite3_set_authorizer(database_->handle(), nullptr, nullptr);
    const absl::Status status = database_->Execute(absl::StrCat("PRAGMA max_page_count = ", pages));
    sqlite3_set_authorizer(database_->handle(), &Authorize, &actions_);
    return status;
  }

  absl::Status Finish() {
    if (database_ == nullptr) return absl::OkStatus();
    if (sqlite3_get_autocommit(database_->handle()) == 0) {
      return errs::IntegrityError(kOp, "the script ends inside a transaction");
    }
    if (!stage_->header_.schema) {
      stage_->row_tables_ = std::move(actions_.written);
      for (const auto& [name, sql] : actions_.definitions) stage_->defined_tables_.push_back(name);
    }
    scope_.reset();
    deaf_.reset();
    return database_->Close();
  }

 private:
  Stage* stage_;
  const base::Context& context_;
  const TableMaker& make_tables_;
  bool tables_made_ = true;
  bool limited_ = false;
  size_t longest_ = kShortestLimit;
  Actions actions_;
  std::unique_ptr<Database> database_;
  // One function call of a script can take hours, and SQLite does not look at the stop within it.
  std::optional<base::DeafWork> deaf_;
  std::optional<Database::Scope> scope_;
};

Stage::~Stage() {
  const base::ActingAs owner(rights_);
  file_.reset();
}

absl::StatusOr<std::unique_ptr<Stage>> Stage::Empty(const Place& place) {
  const base::ActingAs owner(place.rights);
  ASSIGN_OR_RETURN(std::unique_ptr<base::AtomicFile> file,
                   base::AtomicFile::Create(place.directory, place.prefix, kStagedMode));
  return std::unique_ptr<Stage>(new Stage(std::move(file), place.rights));
}

absl::StatusOr<std::unique_ptr<Stage>> Stage::FromBody(const base::Context& context,
                                                       base::Reader& body, const Place& place,
                                                       const TableMaker& make_tables) {
  ASSIGN_OR_RETURN(std::unique_ptr<Stage> stage, Empty(place));
  {
    Filler filler(stage.get(), context, make_tables);
    WatchedReader watched(&body);
    absl::Status status = ReadBody(context, watched, &filler).status();
    if (status.ok()) status = filler.Finish();
    if (!status.ok()) return errs::WithOp(Explain(context, watched, std::move(status)), kOp);
  }
  // Checks that the database opens and that all definitions can be read.
  const base::DeafWork deaf;
  ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, stage->Open());
  Database::Scope scope(*database, context, kOp);
  RETURN_IF_ERROR(CheckSchema(*database));
  if (!stage->header_.schema) RETURN_IF_ERROR(stage->WarnOfUnknownDefinitions(context, *database));
  return stage;
}

absl::Status Stage::WarnOfUnknownDefinitions(const base::Context& context,
                                             Database& database) const {
  ASSIGN_OR_RETURN(const Catalog catalog, ReadCatalog(database));
  for (const Table& table : catalog.tables) {
    const bool known =
        std::any_of(defined_tables_.begin(), defined_tables_.end(),
                    [&](const std::string& name) { return SameName(name, table.name); });
    const bool filled =
        std::any_of(table.shadows.begin(), table.shadows.end(),
                    [&](const std::string& shadow) { return row_tables_.contains(shadow); });
    if (known || !filled) continue;
    context.Warn("restore", absl::StrCat("the dump does not have the definition of the virtual"
                                         " table \"",
                                         table.name,
                                         "\": if the target defines it"
                                         " in another way, its rows are unusable"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Database>> Stage::OpenAs(Database::Options options) const {
  if (rights_.user != 0) options.rules = GuardedVfs::Rules{.path = path(), .rights = rights_};
  return Database::Open(path(), options);
}

absl::StatusOr<std::unique_ptr<Database>> Stage::OpenPrivate() const {
  // A stale file with this name is removed like a staged file.
  return OpenAs(
      {.mode = Database::Mode::kPrivate, .temporary_prefix = absl::StrCat(path(), "-sort-")});
}

absl::StatusOr<std::unique_ptr<Database>> Stage::Open() const {
  return OpenAs({.mode = Database::Mode::kImmutable});
}

absl::Status Stage::Publish(const std::string& name) {
  RETURN_IF_ERROR(file_->Finish());
  const base::ActingAs owner(rights_);
  return file_->Publish(name, base::AtomicFile::IfExists::kFail);
}

}  // namespace siphon::sqlite
