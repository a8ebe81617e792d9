// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/inspect.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/registry.h"

namespace siphon::app {
namespace {

absl::StatusOr<std::unique_ptr<driver::Connection>> Connect(const base::Context& context,
                                                            Session& session,
                                                            const profile::Profile& profile) {
  ASSIGN_OR_RETURN(driver::Driver * driver, driver::Get(profile.driver));
  ASSIGN_OR_RETURN(const profile::ConnectionProfile resolved, session.Resolve(profile));
  return driver->Connect(context, resolved, driver::Driver::Access::kRead);
}

}  // namespace

absl::StatusOr<InspectResult> Inspect(const base::Context& context, Session& session,
                                      const std::string& source,
                                      const verbs::InspectOptions& options) {
  ASSIGN_OR_RETURN(const profile::Profile profile, session.FindProfile(source));
  ASSIGN_OR_RETURN(auto connection, Connect(context, session, profile));
  InspectResult result{.profile = profile.name, .schema = {}};
  ASSIGN_OR_RETURN(result.schema, connection->Inspect(context, options));
  RETURN_IF_ERROR(connection->Close());
  return result;
}

absl::StatusOr<std::string> TestConnection(const base::Context& context, Session& session,
                                           const std::string& source) {
  ASSIGN_OR_RETURN(const InspectResult result, Inspect(context, session, source, {}));
  return absl::StrCat(result.schema.engine, " ", result.schema.engine_version);
}

}  // namespace siphon::app
