// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/dumps.h"

#include "errs/status_macros.h"
#include "siphon/domain/profile/url.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/registry.h"

namespace siphon::app {

absl::StatusOr<dumps::Listing> ListDumps(const base::Context& context, Session& session) {
  // A catalogue that may only be read is listed all the same.
  if (const absl::Status recovered = session.catalog().Recover(context); !recovered.ok()) {
    RETURN_IF_ERROR(context.Check());
    context.Warn("dumps", recovered.message());
  }
  return session.catalog().List(context);
}

absl::StatusOr<DumpDetails> InspectDump(const base::Context& context, Session& session,
                                        const std::string& id) {
  ASSIGN_OR_RETURN(dumps::OpenDump dump, session.catalog().Open(context, id));
  return DumpDetails{.sidecar = std::move(dump.sidecar), .envelope = std::move(dump.envelope)};
}

absl::Status RemoveDump(const base::Context& context, Session& session, const std::string& id) {
  return session.catalog().Remove(context, id);
}

absl::StatusOr<dumps::RebuildResult> RebuildDumps(const base::Context& context, Session& session,
                                                  const std::string& profile, bool all) {
  RETURN_IF_ERROR(session.catalog().Recover(context));
  const auto check = [&context](const dumps::Envelope& envelope,
                                base::Reader& body) -> absl::Status {
    ASSIGN_OR_RETURN(driver::Driver * driver, driver::Get(envelope.driver));
    return driver->VerifyBody(context, body).status();
  };
  // A URL names a profile as a backup from it does: without its password.
  return session.catalog().Rebuild(context, profile::RedactUrl(profile), all, check);
}

}  // namespace siphon::app
