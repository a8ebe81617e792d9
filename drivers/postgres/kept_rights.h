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

// SQL that resets the objects that WipeSql() keeps: their owners, grants, comments and security
// labels become those of a new database, as far as the user may change them. With no_owner the
// owners stay, with no_acl the grants. The labels of `providers` stay.
std::string ResetRightsSql(const verbs::RestoreOptions& options,
                           const std::vector<std::string>& providers);

// The rights, comments and labels that differ from those of a new database and that the user may
// not change, each by its object: "SCHEMA public", "ALTER DEFAULT PRIVILEGES FOR ROLE a TABLES",
// "the comment on SCHEMA public". With no_acl, rights are not compared.
absl::StatusOr<std::vector<std::string>> RightsOfOthers(const base::Context& context,
                                                        Session& session,
                                                        const verbs::RestoreOptions& options);

// The providers of security labels on kept schemas that the server has not loaded: nobody can
// change their labels.
absl::StatusOr<std::vector<std::string>> AbsentProviders(const base::Context& context,
                                                         Session& session);

// SQL that revokes the user's own default privileges, so that they add nothing to the grants of
// restored objects, and SQL that grants them again afterwards.
absl::StatusOr<Frame> SetDefaultPrivilegesAside(const base::Context& context, Session& session);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_KEPT_RIGHTS_H_
