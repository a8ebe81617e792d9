// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/restore.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/progress.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/registry.h"

namespace siphon::app {
namespace {

absl::Status CheckEngines(const dumps::Sidecar& sidecar, const profile::Profile& target) {
  if (sidecar.driver == target.driver) return absl::OkStatus();
  return errs::UserError("restore", errs::kDriverUnsupported,
                         absl::StrCat("dump ", sidecar.id, " is of ", sidecar.driver,
                                      " and profile \"", target.name, "\" is of ", target.driver),
                         "restore into a profile of the same engine");
}

// This version restores full dumps only.
absl::Status CheckFull(const dumps::Sidecar& sidecar) {
  if (sidecar.dump_format == "custom") return absl::OkStatus();
  return errs::UserError(
      "restore", errs::kDriverUnsupported,
      absl::StrCat("dump ", sidecar.id, " is an incremental (", sidecar.dump_format, ")"),
      absl::StrCat("restore its base ", sidecar.base_id));
}

// Checks a target on a server before the dump is verified. It does not open a database file,
// because that may change it. It uses a connection of its own, because a server may close an idle
// connection while the dump is verified.
absl::Status CheckTarget(const base::Context& context, driver::Driver& driver,
                         const profile::ConnectionProfile& target,
                         const verbs::RestoreOptions& options) {
  if (!driver.features().connects_without_trace) return absl::OkStatus();
  ASSIGN_OR_RETURN(auto connection,
                   driver.Connect(context, target, driver::Driver::Access::kCreate));
  RETURN_IF_ERROR(connection->CheckTarget(context, options));
  return connection->Close();
}

// Checks that the dump contains globals if they are requested.
absl::Status CheckGlobals(const dumps::Sidecar& sidecar, const dumps::Envelope& envelope,
                          const verbs::RestoreOptions& options) {
  if (!options.with_globals) return absl::OkStatus();
  for (const dumps::Attachment& attachment : envelope.attachments) {
    if (attachment.name == dumps::kGlobals) return absl::OkStatus();
  }
  return errs::UserError("restore", errs::kInvalidArgument,
                         absl::StrCat("dump ", sidecar.id, " was made without --with-globals"),
                         "leave --with-globals out, or choose another dump");
}

absl::StatusOr<RestoreResult> RunRestore(const base::Context& context, Session& session,
                                         const RestoreRequest& request, base::Stage& stage) {
  const absl::Time started = session.clock().Now();
  RestoreResult result;
  dumps::Envelope envelope;
  {
    // Open() compares the sidecar with the envelope; the sidecar is not trusted before.
    ASSIGN_OR_RETURN(dumps::OpenDump dump, session.catalog().Open(context, request.id));
    result.sidecar = std::move(dump.sidecar);
    envelope = std::move(dump.envelope);
  }
  ASSIGN_OR_RETURN(
      const profile::Profile target,
      session.FindProfile(request.target.empty() ? result.sidecar.profile : request.target));
  result.target = target.name;
  result.created = request.options.create;
  RETURN_IF_ERROR(CheckEngines(result.sidecar, target));
  RETURN_IF_ERROR(CheckFull(result.sidecar));
  ASSIGN_OR_RETURN(driver::Driver * driver, driver::Get(target.driver));
  RETURN_IF_ERROR(driver::RequireFor(*driver, request.options));
  RETURN_IF_ERROR(driver::RequireFeature(*driver, request.tools.has_value(),
                                         &driver::Features::tools, "--tools"));
  RETURN_IF_ERROR(CheckGlobals(result.sidecar, envelope, request.options));
  RETURN_IF_ERROR(session.ConfirmDestructive(target, "restore", request.assume_yes));
  ASSIGN_OR_RETURN(const profile::ConnectionProfile resolved,
                   session.Resolve(target, request.tools));
  verbs::RestoreOptions options = request.options;
  options.annotations = result.sidecar.annotations;
  RETURN_IF_ERROR(CheckTarget(context, *driver, resolved, options));

  {
    base::Stage verify(context, "verify");
    RETURN_IF_ERROR(verify.Finish(session.catalog().Verify(context, request.id, &verify).status()));
  }
  ASSIGN_OR_RETURN(auto connection,
                   driver->Connect(context, resolved, driver::Driver::Access::kCreate));
  ASSIGN_OR_RETURN(dumps::OpenDump dump, session.catalog().Open(context, request.id));
  ASSIGN_OR_RETURN(options.attachments, session.catalog().Attachments(context, dump));
  ProgressReader body(dump.body.get(), &stage);
  RETURN_IF_ERROR(connection->Restore(context, options, body));
  for (verbs::LeftOut& one : connection->left_out()) {
    result.left_out.push_back(std::move(one.object));
  }
  RETURN_IF_ERROR(connection->Close());
  result.elapsed = session.clock().Now() - started;
  return result;
}

}  // namespace

absl::StatusOr<RestoreResult> Restore(const base::Context& context, Session& session,
                                      const RestoreRequest& request) {
  base::Stage stage(context, "restore");
  absl::StatusOr<RestoreResult> result = RunRestore(context, session, request, stage);
  RETURN_IF_ERROR(stage.Finish(result.status()));
  return result;
}

}  // namespace siphon::app
