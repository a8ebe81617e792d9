// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/restore.h"

#include <mysqld_error.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/census.h"
#include "drivers/mysqlcommon/definition.h"
#include "drivers/mysqlcommon/loader.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/preflight.h"
#include "drivers/mysqlcommon/recover.h"
#include "drivers/mysqlcommon/routine_grants.h"
#include "drivers/mysqlcommon/scratch.h"
#include "drivers/mysqlcommon/script.h"
#include "drivers/mysqlcommon/selection.h"
#include "drivers/mysqlcommon/set_statement.h"
#include "drivers/mysqlcommon/sql_error.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/staying.h"
#include "drivers/mysqlcommon/swap.h"
#include "drivers/mysqlcommon/target_lock.h"
#include "drivers/mysqlcommon/tools.h"
#include "drivers/mysqlcommon/visibility.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kStage = "restore";

// How many objects a warning names.
constexpr size_t kShown = 20;
// How long the work after a restore may take.
constexpr std::chrono::minutes kLookAfterLimit{10};

std::string_view WordOf(Statement::Kind kind) {
  switch (kind) {
    case Statement::Kind::kView:
      return "view";
    case Statement::Kind::kRoutine:
      return "routine";
    case Statement::Kind::kTrigger:
      return "trigger";
    case Statement::Kind::kEvent:
      return "event";
    default:
      return "";
  }
}

// "utf8mb4" of "utf8mb4_bin".
std::string CharacterSetOf(std::string_view collation) {
  const std::string_view name = collation.substr(0, collation.find('_'));
  return std::string(name == "utf8" ? "utf8mb3" : name);
}

// The rest of a body that was loaded: definitions to create later, its objects, and its head.
struct Loaded {
  std::vector<Definition> deferred;
  Census census;
  std::string head;
};

absl::StatusOr<Loaded> Load(const base::Context& context, Session& session,
                            const std::string& target, const driver::RestoreOptions& options,
                            const Programs& programs, base::Reader& body) {
  const Session::Watch watch(context, session);
  std::unique_ptr<ClientPipe> client;
  if (programs.system) {
    ASSIGN_OR_RETURN(client, ClientPipe::Start(context, session, session.settings().database,
                                               programs.environment));
  }
  Loader loader(&session, target, &options, client.get());
  RETURN_IF_ERROR(loader.Begin(context));
  ASSIGN_OR_RETURN(ScriptReport report,
                   ReadScript(context, body, RuleOf(session),
                              [&](const sql::Piece& piece, const ScriptSettings& settings) {
                                return loader.Run(context, piece, settings);
                              }));
  RETURN_IF_ERROR(loader.CheckAllFound());
  if (client != nullptr) RETURN_IF_ERROR(client->Finish());
  RETURN_IF_ERROR(session.Execute(context, "COMMIT"));
  // siphon's statements that follow quote names for its own settings, not for those of the dump.
  RETURN_IF_ERROR(session.Execute(context, kOwnSession));
  RETURN_IF_ERROR(context.Check());
  return Loaded{.deferred = std::move(loader.deferred()),
                .census = std::move(loader.census()),
                .head = std::move(report.head)};
}

// Creates the deferred definitions of a body that was loaded into the session's database itself,
// and compares the objects there with those of the body.
absl::Status Complete(const base::Context& context, Session& session, const Loaded& loaded,
                      const driver::RestoreOptions& options) {
  const Extent extent = ExtentOf(options);
  if (extent == Extent::kDump && !options.data_only) {
    RETURN_IF_ERROR(DropHeld(context, session, loaded.census));
  }
  RETURN_IF_ERROR(MakeDefinitions(context, session, loaded.deferred, {.trust = options.trust}));
  if (options.data_only) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Catalog there,
                   ReadCatalog(context, session, session.settings().database, false));
  return loaded.census.Check(context, session, there, ScopeOf(extent));
}

// A database created for a restore; dropped again unless the restore succeeds.
class NewDatabase {
 public:
  NewDatabase(Session* server, std::string name) : server_(server), name_(std::move(name)) {}
  ~NewDatabase() {
    if (!made_ || kept_) return;
    // The verb's context may have stopped, and its connections may be lost.
    const base::Context always;
    std::unique_ptr<Session> again;
    if (server_->broken()) {
      again =
          Session::Connect(always, server_->server_fork(), server_->settings()).value_or(nullptr);
      if (again == nullptr) return;
      server_ = again.get();
    }
    server_->Execute(always, absl::StrCat("DROP DATABASE IF EXISTS ", QuoteName(name_)))
        .IgnoreError();
  }
  NewDatabase(const NewDatabase&) = delete;
  NewDatabase& operator=(const NewDatabase&) = delete;

  absl::Status Make(const base::Context& context) {
    const absl::Status made =
        server_->Execute(context, absl::StrCat("CREATE DATABASE ", QuoteName(name_)));
    if (IsDenied(made)) return errs::WithHint(made, "grant the user the right to create it");
    if (IsSqlError(made, {ER_OPTION_PREVENTS_STATEMENT, ER_READ_ONLY_MODE})) {
      return errs::WithHint(made, kReadOnlyHint);
    }
    RETURN_IF_ERROR(made);
    made_ = true;
    return absl::OkStatus();
  }
  void Keep() { kept_ = true; }

 private:
  Session* server_;
  const std::string name_;
  bool made_ = false, kept_ = false;
};

// One restore into a database of a server.
class Restorer {
 public:
  Restorer(const base::Context& context, Session& session, const driver::RestoreOptions& options,
           const Programs& programs, base::Reader& body)
      : context_(context),
        session_(session),
        options_(options),
        programs_(programs),
        body_(body),
        target_(session.settings()) {
    if (!options.create.empty()) target_.database = options.create;
  }

  absl::Status Run() {
    RETURN_IF_ERROR(CheckTarget(context_, session_, options_));
    RETURN_IF_ERROR(WarnOfDatabases());
    RETURN_IF_ERROR(WarnOfObjectsNotSeen());
    const absl::Status status = options_.in_place ? RunInPlace() : RunBeside();
    const absl::Status looked_after = LookAfter(status.ok());
    if (!looked_after.ok()) {
      context_.Warn(kStage, absl::StrCat("what stays in ", ToUtf8(target_.database),
                                         " was not checked: ", looked_after.message()));
    }
    return status;
  }

 private:
  absl::StatusOr<std::unique_ptr<Session>> Connect(const std::string& database) {
    Settings settings = target_;
    settings.database = database;
    return Session::Connect(context_, session_.server_fork(), settings);
  }

  // Waits until no other restore into the target runs, and keeps others out until the end of this
  // one. Others may have changed the target since it was checked, and one may have been killed.
  absl::Status TakeTarget(const std::string& database) {
    ASSIGN_OR_RETURN(holder_, Connect(database));
    const Session::Watch watch(context_, *holder_);
    RETURN_IF_ERROR(LockTarget(context_, *holder_, target_.database));
    if (!options_.create.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(RecoverSwapsInto(context_, *holder_, target_.database));
    RETURN_IF_ERROR(CheckContent(context_, *holder_, options_));
    return ReadTarget(*holder_);
  }

  // Restores through a scratch database.
  absl::Status RunBeside() {
    ASSIGN_OR_RETURN(
        const std::unique_ptr<ScratchDatabase> scratch,
        ScratchDatabase::Create(context_, session_.server_fork(), session_.settings()));
    Loaded loaded;
    {
      ASSIGN_OR_RETURN(const std::unique_ptr<Session> loading, Connect(scratch->name()));
      absl::StatusOr<Loaded> done =
          Load(context_, *loading, target_.database, options_, programs_, body_);
      if (!done.ok()) {
        // Its locks would prevent the scratch database from being dropped.
        loading->Abandon();
        return done.status();
      }
      loaded = *std::move(done);
    }
    census_ = loaded.census;
    WarnOfBodies(loaded);
    // Loading may have taken long: the server may have ended the idle connection.
    RETURN_IF_ERROR(TakeTarget(session_.settings().database));
    {
      const Session::Watch watch(context_, *holder_);
      RETURN_IF_ERROR(options_.create.empty() ? CheckDropped(*holder_, loaded.census)
                                              : CheckContent(context_, *holder_, options_));
      RETURN_IF_ERROR(WarnOfCharacterSet(*holder_, loaded));
    }
    NewDatabase made(holder_.get(), target_.database);
    std::unique_ptr<Session> fresh;
    if (!options_.create.empty()) {
      RETURN_IF_ERROR(made.Make(context_));
      RETURN_IF_ERROR(SetCharacterSet(*holder_, loaded.head));
      ASSIGN_OR_RETURN(fresh, Connect(target_.database));
    }
    const absl::Status replaced =
        Replace(fresh == nullptr ? *holder_ : *fresh, scratch->name(), loaded);
    // The next restore may be able to complete the exchange. A new database is dropped instead.
    if (errs::ExitCode(replaced) == static_cast<int>(errs::Code::kPartial) && fresh == nullptr) {
      scratch->Keep();
    }
    RETURN_IF_ERROR(replaced);
    made.Keep();
    const absl::Status dropped = scratch->Drop(context_);
    if (dropped.ok()) return dropped;
    scratch->Keep();
    context_.Warn(
        kStage, absl::StrCat("the restore is complete, but its scratch database ", scratch->name(),
                             " remains until the next restore drops it: ", dropped.message()));
    return absl::OkStatus();
  }

  // A part of the target stays.
  bool partial() const {
    return options_.create.empty() &&
           (options_.data_only || ExtentOf(options_) != Extent::kDatabase);
  }
  bool replaces_routines() const {
    return options_.clean && options_.create.empty() && !options_.data_only &&
           ExtentOf(options_) != Extent::kTables;
  }

  // Notes what the restore must not end, or must report.
  absl::Status ReadTarget(Session& session) {
    if (partial()) {
      ASSIGN_OR_RETURN(const Catalog there,
                       ReadCatalog(context_, session, target_.database, false));
      ASSIGN_OR_RETURN(working_views_, WorkingViews(context_, session, there));
    }
    if (!replaces_routines()) return absl::OkStatus();
    ASSIGN_OR_RETURN(grants_, ReadRoutineGrants(context_, session));
    if (grants_.known) return absl::OkStatus();
    ASSIGN_OR_RETURN(const Rows routines,
                     session.Query(context_,
                                   "SELECT 1 FROM information_schema.routines"
                                   " WHERE routine_schema = DATABASE() LIMIT 1"));
    if (routines.empty()) return absl::OkStatus();
    context_.Warn(kStage, absl::StrCat("rights on single routines of ", ToUtf8(target_.database),
                                       " (GRANT EXECUTE ON PROCEDURE) end when --clean replaces the"
                                       " routines; the user may not read them: grant SELECT on"
                                       " mysql.procs_priv, or grant them again"));
    return absl::OkStatus();
  }

  // Gives rights back, also after a failure, and warns of what no longer fits.
  absl::Status LookAfter(bool restored) {
    const bool check = restored && partial();
    if (grants_.grants.empty() && !check) return absl::OkStatus();
    const base::Context always =
        context_.WithStop({}).WithDeadline(std::chrono::steady_clock::now() + kLookAfterLimit);
    ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                     Session::Connect(always, session_.server_fork(), target_));
    const Session::Watch watch(always, *session);
    RETURN_IF_ERROR(RestoreRoutineGrants(always, *session, grants_));
    return check ? WarnOfStaying(always, *session, census_, working_views_) : absl::OkStatus();
  }

  absl::Status WarnOfObjectsNotSeen() {
    if (!options_.clean || !options_.create.empty()) return absl::OkStatus();
    const Session::Watch watch(context_, session_);
    ASSIGN_OR_RETURN(const Catalog there, ReadCatalog(context_, session_, target_.database, false));
    return WarnOfKept(context_, session_, options_, there);
  }

  absl::Status WarnOfDatabases() {
    const Session::Watch watch(context_, session_);
    return WarnOfUnknownDatabases(context_, session_);
  }

  absl::Status CheckDropped(Session& target, const Census& incoming) {
    if (!options_.clean || !options_.annotations.contains(std::string(kNotSeen))) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const Catalog there, ReadCatalog(context_, target, target_.database, false));
    return CheckNotSeen(options_, there, &incoming);
  }

  // A statement of a body that names the source's database means that one, in every database.
  void WarnOfBodies(const Loaded& loaded) {
    const std::string source = HeadDatabase(loaded.head);
    if (source.empty() || source == target_.database) return;
    std::vector<std::string> names;
    for (const Definition& definition : loaded.deferred) {
      const Syntax syntax = SyntaxOf(definition);
      const Statement statement = Classify(definition.create, syntax);
      if (!QualifiesBy(definition.create, source, syntax)) continue;
      const std::string_view word = WordOf(statement.kind);
      if (!word.empty()) names.push_back(absl::StrCat(word, " ", ToUtf8(statement.name)));
    }
    if (names.empty()) return;
    context_.Warn(kStage, absl::StrCat("definitions in ", ToUtf8(target_.database),
                                       " still refer to the dumped database ", ToUtf8(source),
                                       " by its name: ", base::ListSome(names, kShown)));
  }

  // Parameters and variables of routines without a character set get that of their database.
  absl::Status WarnOfCharacterSet(Session& server, const Loaded& loaded) {
    const std::string collation = HeadCollation(loaded.head);
    const bool has_bodies = std::any_of(
        loaded.deferred.begin(), loaded.deferred.end(), [](const Definition& definition) {
          const Statement::Kind kind = Classify(definition.create, SyntaxOf(definition)).kind;
          return kind != Statement::Kind::kView && !WordOf(kind).empty();
        });
    if (collation.empty() || !has_bodies || !options_.create.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::optional<std::string> there,
                     server.Value(context_, absl::StrCat("SELECT default_collation_name"
                                                         " FROM information_schema.schemata"
                                                         " WHERE schema_name = ",
                                                         QuoteText(target_.database))));
    const std::string has = CharacterSetOf(there.value_or(collation));
    if (has == CharacterSetOf(collation)) return absl::OkStatus();
    context_.Warn(
        kStage,
        absl::StrCat("parameters and variables of routines, triggers and events get the"
                     " character set ",
                     has, " of ", ToUtf8(target_.database), ", not ", CharacterSetOf(collation),
                     " as in the dumped database, unless they name their own; to keep"
                     " it, ALTER DATABASE ... COLLATE ",
                     collation, " before the restore"));
    return absl::OkStatus();
  }

  absl::Status Replace(Session& target, const std::string& scratch, const Loaded& loaded) {
    if (options_.data_only) {
      const Session::Watch watch(context_, target);
      RETURN_IF_ERROR(ReplaceRows(context_, target, scratch, loaded.census));
      return MakeDefinitions(context_, target, loaded.deferred);
    }
    return Swap(context_, target, scratch, loaded.deferred, loaded.census, ExtentOf(options_),
                options_.trust);
  }

  // Sets the default character set, which routines without one of their own use.
  absl::Status SetCharacterSet(Session& server, std::string_view head) {
    const std::string collation = HeadCollation(head);
    if (collation.empty()) return absl::OkStatus();
    return server.Execute(context_, absl::StrCat("ALTER DATABASE ", QuoteName(target_.database),
                                                 " COLLATE ", collation));
  }

  absl::Status RunInPlace() {
    NewDatabase made(&session_, target_.database);
    if (!options_.create.empty()) RETURN_IF_ERROR(made.Make(context_));
    context_.Warn(kStage,
                  absl::StrCat("in place: the dump is loaded into ", ToUtf8(target_.database),
                               " itself; a failed or cancelled restore leaves a part of it"
                               " there"));
    RETURN_IF_ERROR(TakeTarget(target_.database));
    const absl::Status status = LoadInPlace(*holder_);
    if (status.ok()) {
      made.Keep();
      return status;
    }
    holder_->Abandon();
    if (!options_.create.empty()) return status;
    std::optional<errs::Error> error = errs::GetError(status);
    // A stop keeps its own exit code.
    if (!error.has_value() || !context_.Check().ok()) return status;
    error->code = errs::Code::kPartial;
    error->hint = absl::StrCat(
        "the target may contain a part of the dump: restore it again with"
        " --clean",
        error->hint.empty() ? "" : "; ", error->hint);
    return errs::MakeStatus(*std::move(error));
  }

  absl::Status LoadInPlace(Session& session) {
    if (options_.clean && ExtentOf(options_) == Extent::kDatabase && !options_.data_only) {
      const Session::Watch watch(context_, session);
      RETURN_IF_ERROR(DropAll(context_, session));
    }
    ASSIGN_OR_RETURN(const Loaded loaded,
                     Load(context_, session, target_.database, options_, programs_, body_));
    census_ = loaded.census;
    WarnOfBodies(loaded);
    const Session::Watch watch(context_, session);
    RETURN_IF_ERROR(WarnOfCharacterSet(session, loaded));
    if (!options_.create.empty()) RETURN_IF_ERROR(SetCharacterSet(session, loaded.head));
    return Complete(context_, session, loaded, options_);
  }

  const base::Context& context_;
  Session& session_;
  const driver::RestoreOptions& options_;
  const Programs& programs_;
  base::Reader& body_;
  Settings target_;
  std::unique_ptr<Session> holder_;      // Of the lock on the target; also exchanges the tables.
  RoutineGrants grants_;                 // Of the target before the restore.
  std::set<std::string> working_views_;  // The same; read if a part of the target stays.
  Census census_;                        // The objects of the dump.
};

}  // namespace

absl::Status Restore(const base::Context& context, Session& session,
                     const driver::RestoreOptions& options, const Programs& programs,
                     base::Reader& body) {
  return Restorer(context, session, options, programs, body).Run();
}

absl::Status FillScratch(const base::Context& context, Session& session,
                         const driver::RestoreOptions& options, const Programs& programs,
                         base::Reader& body) {
  ASSIGN_OR_RETURN(Loaded loaded,
                   Load(context, session, session.settings().database, options, programs, body));
  const Session::Watch watch(context, session);
  for (Definition& definition : loaded.deferred) {
    const Syntax syntax = SyntaxOf(definition);
    if (Classify(definition.create, syntax).kind != Statement::Kind::kEvent) continue;
    definition.create = DisabledEvent(definition.create, syntax);
  }
  return Complete(context, session, loaded, options);
}

}  // namespace siphon::mysqlcommon
