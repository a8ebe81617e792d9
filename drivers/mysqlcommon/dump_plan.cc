// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/dump_plan.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/engines.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/sequences.h"
#include "drivers/mysqlcommon/strict_mode.h"
#include "drivers/mysqlcommon/visibility.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::mysqlcommon {
namespace {

void WarnOfTables(const base::Context& context, const Selection& chosen) {
  std::vector<std::string> names;
  for (const Table* const table : chosen.tables) {
    const std::string name = absl::StrCat(ToUtf8(table->name), " (", table->engine, ")");
    if (HasRowsElsewhere(table->engine)) {
      context.Message("backup", absl::StrCat("table ", name,
                                             " shows rows that are stored elsewhere: the dump"
                                             " contains its definition only"));
    } else if (!table->transactional && chosen.with_rows.at(table)) {
      names.push_back(name);
    }
  }
  if (names.empty()) return;
  context.Warn("backup", absl::StrCat("not part of the snapshot, because their engine has no"
                                      " transactions; dumped as they are when they are read: ",
                                      absl::StrJoin(names, ", ")));
}

// Of a choice of tables, and of rows alone, nobody expects libraries. Adds them to the kinds of
// objects that the dump lacks.
void WarnOfLibraries(const base::Context& context, const Catalog& catalog,
                     const driver::BackupOptions& options, std::string& not_seen) {
  if (catalog.libraries.empty() || !options.tables.empty() || options.data_only) return;
  absl::StrAppend(&not_seen, not_seen.empty() ? "" : ", ", "libraries");
  std::vector<std::string> names;
  for (const std::string& library : catalog.libraries) names.push_back(ToUtf8(library));
  context.Warn("backup",
               absl::StrCat("libraries are not dumped; copy them by SHOW CREATE LIBRARY: ",
                            base::ListSome(names)));
}

dumps::Contents ContentsOf(const Session& session, const Selection& chosen,
                           const Position& position) {
  dumps::Contents contents;
  contents.binlog_file = position.file;
  contents.binlog_end = position.offset;
  contents.engine_version = session.version_text();
  contents.rows_estimated = true;
  for (const Table* const table : chosen.tables) {
    const bool with_rows = chosen.with_rows.at(table);
    contents.tables.push_back({.name = table->name,
                               .rows = with_rows ? table->rows : 0,
                               .size_bytes = table->data_bytes});
    if (with_rows) contents.estimated_bytes += static_cast<uint64_t>(table->data_bytes);
  }
  return contents;
}

// Removes what the other fork does not have: sequences, and the history of versioned tables.
void LeaveOwnThings(Catalog& catalog) {
  std::erase_if(catalog.tables,
                [](const Table& table) { return table.kind == Table::Kind::kSequence; });
  for (Table& table : catalog.tables) table.versioned = false;
}

}  // namespace

absl::StatusOr<std::unique_ptr<const DumpPlan>> PlanDump(const base::Context& context,
                                                         Session& session,
                                                         const driver::BackupOptions& options,
                                                         const Position& position) {
  auto plan = std::make_unique<DumpPlan>();
  plan->options = options;
  plan->position = position;
  Catalog& catalog = plan->catalog;
  ASSIGN_OR_RETURN(catalog, ReadCatalog(context, session, session.settings().database, true));
  if (!options.crossing_to.empty()) LeaveOwnThings(catalog);
  Selection& chosen = plan->chosen;
  ASSIGN_OR_RETURN(chosen, Select(catalog, options));
  if (options.crossing_to.empty()) {
    RETURN_IF_ERROR(TakeSequences(context, session, catalog, options, chosen));
  }
  ASSIGN_OR_RETURN(std::string not_seen, WarnOfHidden(context, session, catalog, options));
  WarnOfTables(context, chosen);
  WarnOfLibraries(context, catalog, options, not_seen);
  if (!position.why_not.empty()) {
    context.Detail("backup",
                   absl::StrCat("no increments can start from this dump: ", position.why_not));
  }
  ASSIGN_OR_RETURN(const std::optional<std::string> collation,
                   session.Value(context, "SELECT @@collation_database"));
  plan->collation = collation.value_or("");
  plan->contents = ContentsOf(session, chosen, position);
  if (!not_seen.empty()) plan->contents.annotations[std::string(kNotSeen)] = not_seen;
  if (!options.data_only) {
    ASSIGN_OR_RETURN(const std::string too_wide, TooWide(context, session, chosen.tables));
    if (!too_wide.empty()) plan->contents.annotations[std::string(kTooWide)] = too_wide;
  }
  return plan;
}

}  // namespace siphon::mysqlcommon
