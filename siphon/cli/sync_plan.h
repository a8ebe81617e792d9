// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_SYNC_PLAN_H_
#define SIPHON_CLI_SYNC_PLAN_H_

#include <ostream>

#include "siphon/app/copy_tables.h"
#include "siphon/cli/json.h"

namespace siphon::cli {

// The plan of a copy between engines: every table and column with its type there, and what is lost,
// refused or left out; with `sql` also the statements. `width` as in FormatTable().
void PrintPlan(const app::CopyTablesResult& result, bool sql, int width, std::ostream& out);
// The same for programs; docs/json.md describes the keys.
Json PlanToJson(const app::CopyTablesResult& result, bool sql);

}  // namespace siphon::cli

#endif  // SIPHON_CLI_SYNC_PLAN_H_
