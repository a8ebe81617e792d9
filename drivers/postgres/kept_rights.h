// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_KEPT_RIGHTS_H_
#define DRIVERS_POSTGRES_KEPT_RIGHTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/postgres/clean.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/verbs/verbs.h"

// Rights that a database has apart from the objects that --clean replaces: those on the schema
// "public", on the schemas and objects of extensions and of the system, and default privileges.
// pg_dump writes them as differences from those of a new database.
namespace siphon::postgres {

// SQL that gives what WipeSql() keeps the rights, comments and security labels of a new database,
// as far as the user may. Options that leave owners or grants out keep them. The labels of
// `providers` stay.
std::string ResetRightsSql(const verbs::RestoreOptions& options,
                           const std::vector<std::string>& providers);

// The kept objects whose rights differ from those of a new database and that the user does not own:
// "SCHEMA public". Options that leave grants out keep them.
absl::StatusOr<std::vector<std::string>> RightsOfOthers(const base::Context& context,
                                                        Session& session,
                                                        const verbs::RestoreOptions& options);

// The providers of security labels on kept schemas that the server has not loaded: nobody can
// change their labels.
absl::StatusOr<std::vector<std::string>> AbsentProviders(const base::Context& context,
                                                         Session& session);

// SQL that takes the user's own default privileges away, so that they add nothing to the grants of
// restored objects, and that gives them back.
absl::StatusOr<Frame> SetDefaultPrivilegesAside(const base::Context& context, Session& session);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_KEPT_RIGHTS_H_
