// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/restore_target.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/new_database.h"
#include "drivers/mysqlcommon/preflight.h"
#include "drivers/mysqlcommon/recover.h"
#include "drivers/mysqlcommon/script.h"
#include "drivers/mysqlcommon/selection.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/staying.h"
#include "drivers/mysqlcommon/swap.h"
#include "drivers/mysqlcommon/target_lock.h"
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

}  // namespace

RestoreTarget::RestoreTarget(Session* session, const driver::RestoreOptions* options)
    : session_(session), options_(options), settings_(session->settings()) {
  if (!options->create.empty()) settings_.database = options->create;
}

absl::StatusOr<std::unique_ptr<Session>> RestoreTarget::Connect(const base::Context& context,
                                                                const std::string& database,
                                                                int attempts) const {
  Settings settings = settings_;
  settings.database = database;
  return Session::Connect(context, session_->server_fork(), settings, {.attempts = attempts});
}

absl::Status RestoreTarget::Check(const base::Context& context) {
  RETURN_IF_ERROR(CheckTarget(context, *session_, *options_));
  {
    const Session::Watch watch(context, *session_);
    RETURN_IF_ERROR(WarnOfUnknownDatabases(context, *session_));
  }
  return WarnOfObjectsNotSeen(context);
}

absl::Status RestoreTarget::Take(const base::Context& context, const std::string& database) {
  ASSIGN_OR_RETURN(holder_, Connect(context, database));
  const Session::Watch watch(context, *holder_);
  RETURN_IF_ERROR(LockTarget(context, *holder_, settings_.database));
  if (!options_->create.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(RecoverSwapsInto(context, *holder_, settings_.database));
  RETURN_IF_ERROR(CheckContent(context, *holder_, *options_));
  return ReadTarget(context, *holder_);
}

absl::Status RestoreTarget::Publish(const base::Context& context, ScratchDatabase& scratch,
                                    const Loaded& loaded) {
  census_ = loaded.census;
  const absl::Status status = PublishTo(context, scratch, loaded);
  LookAfter(context, status.ok());
  return status;
}

absl::Status RestoreTarget::PublishTo(const base::Context& context, ScratchDatabase& scratch,
                                      const Loaded& loaded) {
  WarnOfBodies(context, loaded);
  // Loading may have taken long: the server may have ended the idle connection.
  RETURN_IF_ERROR(Take(context, session_->settings().database));
  {
    const Session::Watch watch(context, *holder_);
    RETURN_IF_ERROR(options_->create.empty() ? CheckDropped(context, *holder_, loaded.census)
                                             : CheckContent(context, *holder_, *options_));
    RETURN_IF_ERROR(WarnOfCharacterSet(context, *holder_, loaded));
  }
  NewDatabase made(holder_.get(), settings_.database);
  std::unique_ptr<Session> fresh;
  if (!options_->create.empty()) {
    RETURN_IF_ERROR(made.Make(context));
    RETURN_IF_ERROR(SetCharacterSet(context, *holder_, loaded.head));
    ASSIGN_OR_RETURN(fresh, Connect(context, settings_.database));
  }
  const absl::Status replaced =
      Replace(context, fresh == nullptr ? *holder_ : *fresh, scratch.name(), loaded);
  // The next restore may be able to complete an exchange of tables. A new database is dropped
  // instead.
  const bool partial = errs::ExitCode(replaced) == static_cast<int>(errs::Code::kPartial);
  if (partial && fresh == nullptr && !options_->data_only) scratch.Keep();
  RETURN_IF_ERROR(replaced);
  made.Keep();
  const absl::Status dropped = scratch.Drop(context);
  if (dropped.ok()) return dropped;
  scratch.Keep();
  context.Warn(kStage,
               absl::StrCat("the restore is complete, but its scratch database ", scratch.name(),
                            " remains until the next restore drops it: ", dropped.message()));
  return absl::OkStatus();
}

// A part of the target stays.
bool RestoreTarget::partial() const {
  return options_->create.empty() &&
         (options_->data_only || ExtentOf(*options_) != Extent::kDatabase);
}
bool RestoreTarget::replaces_routines() const {
  return options_->clean && options_->create.empty() && !options_->data_only &&
         ExtentOf(*options_) != Extent::kTables;
}

// Notes what the restore must not end, or must report.
absl::Status RestoreTarget::ReadTarget(const base::Context& context, Session& session) {
  if (partial()) {
    ASSIGN_OR_RETURN(const Catalog there, ReadCatalog(context, session, settings_.database, false));
    ASSIGN_OR_RETURN(working_views_, WorkingViews(context, session, there));
  }
  if (!replaces_routines()) return absl::OkStatus();
  ASSIGN_OR_RETURN(grants_, ReadRoutineGrants(context, session));
  if (grants_.known) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Rows routines,
                   session.Query(context,
                                 "SELECT 1 FROM information_schema.routines"
                                 " WHERE routine_schema = DATABASE() LIMIT 1"));
  if (routines.empty()) return absl::OkStatus();
  context.Warn(kStage, absl::StrCat("rights on single routines of ", ToUtf8(settings_.database),
                                    " (GRANT EXECUTE ON PROCEDURE) end when --clean replaces the"
                                    " routines; the user may not read them: grant SELECT on"
                                    " mysql.procs_priv, or grant them again"));
  return absl::OkStatus();
}

absl::Status RestoreTarget::TryLookAfter(const base::Context& context, bool restored) {
  const bool check = restored && partial();
  if (grants_.grants.empty() && !check) return absl::OkStatus();
  const base::Context always =
      context.WithStop({}).WithDeadline(std::chrono::steady_clock::now() + kLookAfterLimit);
  ASSIGN_OR_RETURN(const std::unique_ptr<Session> session,
                   Session::Connect(always, session_->server_fork(), settings_));
  const Session::Watch watch(always, *session);
  RETURN_IF_ERROR(RestoreRoutineGrants(always, *session, grants_));
  return check ? WarnOfStaying(always, *session, census_, working_views_) : absl::OkStatus();
}

absl::Status RestoreTarget::WarnOfObjectsNotSeen(const base::Context& context) {
  if (!options_->clean || !options_->create.empty()) return absl::OkStatus();
  const Session::Watch watch(context, *session_);
  ASSIGN_OR_RETURN(const Catalog there, ReadCatalog(context, *session_, settings_.database, false));
  return WarnOfKept(context, *session_, *options_, there);
}

absl::Status RestoreTarget::CheckDropped(const base::Context& context, Session& target,
                                         const Census& incoming) const {
  if (!options_->clean || !options_->annotations.contains(std::string(kNotSeen))) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Catalog there, ReadCatalog(context, target, settings_.database, false));
  return CheckNotSeen(*options_, there, &incoming);
}

// A statement of a body that names the source's database means that one, in every database.
void RestoreTarget::WarnOfBodies(const base::Context& context, const Loaded& loaded) const {
  const std::string source = HeadDatabase(loaded.head);
  if (source.empty() || source == settings_.database) return;
  std::vector<std::string> names;
  for (const Definition& definition : loaded.deferred) {
    const Syntax syntax = SyntaxOf(definition);
    const Statement statement = Classify(definition.create, syntax);
    if (!QualifiesBy(definition.create, source, syntax)) continue;
    const std::string_view word = WordOf(statement.kind);
    if (!word.empty()) names.push_back(absl::StrCat(word, " ", ToUtf8(statement.name)));
  }
  if (names.empty()) return;
  context.Warn(kStage, absl::StrCat("definitions in ", ToUtf8(settings_.database),
                                    " still refer to the dumped database ", ToUtf8(source),
                                    " by its name: ", base::ListSome(names, kShown)));
}

// Parameters and variables of routines without a character set get that of their database.
absl::Status RestoreTarget::WarnOfCharacterSet(const base::Context& context, Session& server,
                                               const Loaded& loaded) const {
  const std::string collation = HeadCollation(loaded.head);
  const bool has_bodies =
      std::any_of(loaded.deferred.begin(), loaded.deferred.end(), [](const Definition& definition) {
        const Statement::Kind kind = Classify(definition.create, SyntaxOf(definition)).kind;
        return kind != Statement::Kind::kView && !WordOf(kind).empty();
      });
  if (collation.empty() || !has_bodies || !options_->create.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::optional<std::string> there,
                   server.Value(context, absl::StrCat("SELECT default_collation_name"
                                                      " FROM information_schema.schemata"
                                                      " WHERE schema_name = ",
                                                      QuoteText(settings_.database))));
  const std::string has = CharacterSetOf(there.value_or(collation));
  if (has == CharacterSetOf(collation)) return absl::OkStatus();
  context.Warn(
      kStage,
      absl::StrCat("parameters and variables of routines, triggers and events get the"
                   " character set ",
                   has, " of ", ToUtf8(settings_.database), ", not ", CharacterSetOf(collation),
                   " as in the dumped database, unless they name their own; to keep"
                   " it, ALTER DATABASE ... COLLATE ",
                   collation, " before the restore"));
  return absl::OkStatus();
}

absl::Status RestoreTarget::Replace(const base::Context& context, Session& target,
                                    const std::string& scratch, const Loaded& loaded) const {
  if (options_->data_only) {
    RETURN_IF_ERROR(ReplaceRows(context, target, scratch, loaded.census));
    // The values of sequences. The rows are there: a stop comes too late.
    const base::Context always =
        context.WithStop({}).WithDeadline(base::Context::SteadyTime::max());
    return MakeDefinitions(always, target, loaded.deferred);
  }
  return Swap(context, target, scratch, loaded.deferred, loaded.census, ExtentOf(*options_),
              options_->trust);
}

// Sets the default character set, which routines without one of their own use.
absl::Status RestoreTarget::SetCharacterSet(const base::Context& context, Session& server,
                                            std::string_view head) const {
  const std::string collation = HeadCollation(head);
  if (collation.empty()) return absl::OkStatus();
  return server.Execute(context, absl::StrCat("ALTER DATABASE ", QuoteName(settings_.database),
                                              " COLLATE ", collation));
}

absl::Status RestoreTarget::WarnOfDefinitions(const base::Context& context, Session& session,
                                              const Loaded& loaded) {
  census_ = loaded.census;
  WarnOfBodies(context, loaded);
  const Session::Watch watch(context, session);
  RETURN_IF_ERROR(WarnOfCharacterSet(context, session, loaded));
  return options_->create.empty() ? absl::OkStatus()
                                  : SetCharacterSet(context, session, loaded.head);
}

void RestoreTarget::LookAfter(const base::Context& context, bool restored) {
  const absl::Status done = TryLookAfter(context, restored);
  if (done.ok()) return;
  context.Warn(kStage, absl::StrCat("what stays in ", ToUtf8(settings_.database),
                                    " was not checked: ", done.message()));
}

}  // namespace siphon::mysqlcommon
