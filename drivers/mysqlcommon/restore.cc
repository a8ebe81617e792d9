// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/restore.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/census.h"
#include "drivers/mysqlcommon/definition.h"
#include "drivers/mysqlcommon/loader.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/new_database.h"
#include "drivers/mysqlcommon/restore_target.h"
#include "drivers/mysqlcommon/scratch.h"
#include "drivers/mysqlcommon/script.h"
#include "drivers/mysqlcommon/selection.h"
#include "drivers/mysqlcommon/set_statement.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/swap.h"
#include "drivers/mysqlcommon/tools.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kStage = "restore";

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
  RETURN_IF_ERROR(loader.result().CheckAllFound());
  if (client != nullptr) RETURN_IF_ERROR(client->Finish());
  RETURN_IF_ERROR(session.Execute(context, "COMMIT"));
  // siphon's statements that follow quote names for its own settings, not for those of the dump.
  RETURN_IF_ERROR(session.Execute(context, kOwnSession));
  RETURN_IF_ERROR(context.Check());
  return Loaded{.deferred = std::move(loader.result().deferred),
                .census = std::move(loader.result().census),
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

// Restores a body from its beginning to its end, by one connection.
class Restorer {
 public:
  Restorer(const base::Context& context, Session& session, const driver::RestoreOptions& options,
           const Programs& programs, base::Reader& body)
      : context_(context),
        session_(session),
        options_(options),
        programs_(programs),
        body_(body),
        target_(&session, &options) {}

  absl::Status Run() {
    RETURN_IF_ERROR(target_.Check(context_));
    if (!options_.in_place) return RunBeside();
    const absl::Status status = RunInPlace();
    target_.LookAfter(context_, status.ok());
    return status;
  }

 private:
  // Restores through a scratch database.
  absl::Status RunBeside() {
    ASSIGN_OR_RETURN(
        const std::unique_ptr<ScratchDatabase> scratch,
        ScratchDatabase::Create(context_, session_.server_fork(), session_.settings()));
    Loaded loaded;
    {
      ASSIGN_OR_RETURN(const std::unique_ptr<Session> loading,
                       target_.Connect(context_, scratch->name()));
      absl::StatusOr<Loaded> done =
          Load(context_, *loading, target_.database(), options_, programs_, body_);
      if (!done.ok()) {
        // Its locks would prevent the scratch database from being dropped.
        loading->Abandon();
        return done.status();
      }
      loaded = *std::move(done);
    }
    return target_.Publish(context_, *scratch, loaded);
  }

  absl::Status RunInPlace() {
    NewDatabase made(&session_, target_.database());
    if (!options_.create.empty()) RETURN_IF_ERROR(made.Make(context_));
    context_.Warn(kStage,
                  absl::StrCat("in place: the dump is loaded into ", ToUtf8(target_.database()),
                               " itself; a failed or cancelled restore leaves a part of it"
                               " there"));
    RETURN_IF_ERROR(target_.Take(context_, target_.database()));
    const absl::Status status = LoadInPlace(target_.holder());
    if (status.ok()) {
      made.Keep();
      return status;
    }
    target_.holder().Abandon();
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
                     Load(context_, session, target_.database(), options_, programs_, body_));
    RETURN_IF_ERROR(target_.WarnOfDefinitions(context_, session, loaded));
    const Session::Watch watch(context_, session);
    return Complete(context_, session, loaded, options_);
  }

  const base::Context& context_;
  Session& session_;
  const driver::RestoreOptions& options_;
  const Programs& programs_;
  base::Reader& body_;
  RestoreTarget target_;
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
