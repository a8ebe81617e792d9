// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_DROP_SCHEMA_H_
#define DRIVERS_POSTGRES_DROP_SCHEMA_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// Drops every object of a schema (not the schema itself), and `tables`, which are quoted and
// qualified; all in one transaction. Members of extensions stay. errs::kDatabase, before anything
// is dropped, with the names of the objects outside the schema that CASCADE would take. Warns of
// the objects of the database that belong to no schema or to another one. May be called in a
// session of ConnectForUser().
absl::Status DropContent(const base::Context& context, Session& session, const std::string& schema,
                         const std::vector<std::string>& tables);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_DROP_SCHEMA_H_
