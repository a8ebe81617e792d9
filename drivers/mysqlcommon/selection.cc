// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/selection.h"

#include <string>
#include <string_view>

#include "drivers/mysqlcommon/engines.h"
#include "drivers/mysqlcommon/name_patterns.h"
#include "errs/status_macros.h"
#include "siphon/domain/dumps/scope.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.backup";

}  // namespace

absl::StatusOr<Selection> Select(const Catalog& catalog, const driver::BackupOptions& options) {
  NamePatterns tables(options.tables), without(options.exclude_tables), empty(options.exclude_data);
  Selection chosen;
  std::map<std::string_view, bool> taken;
  for (const Table& table : catalog.tables) {
    const bool excluded = without.Has(table.name);
    if ((!tables.empty() && !tables.Has(table.name)) || excluded) continue;
    taken[table.name] = true;
    const bool no_rows = empty.Has(table.name);
    chosen.with_rows[&table] = !no_rows && !options.schema_only && !HasRowsElsewhere(table.engine);
    (table.kind == Table::Kind::kView       ? chosen.views
     : table.kind == Table::Kind::kSequence ? chosen.sequences
                                            : chosen.tables)
        .push_back(&table);
  }
  RETURN_IF_ERROR(tables.CheckAllUsed(kOp, "the database"));
  RETURN_IF_ERROR(without.CheckAllUsed(kOp, "the database"));
  RETURN_IF_ERROR(empty.CheckAllUsed(kOp, "the database"));
  for (const StoredObject& object : catalog.objects) {
    const bool trigger = object.kind == StoredObject::Kind::kTrigger;
    if (trigger ? !taken.contains(object.table) : !tables.empty()) continue;
    chosen.objects.push_back(&object);
  }
  return chosen;
}

Extent ExtentOf(const driver::RestoreOptions& options) {
  if (!options.tables.empty()) return Extent::kTables;
  const auto scope = options.annotations.find(std::string(dumps::kScopeAnnotation));
  const bool partial = scope != options.annotations.end() && scope->second == dumps::kSomeTables;
  return partial && options.clean && options.create.empty() ? Extent::kDump : Extent::kDatabase;
}

}  // namespace siphon::mysqlcommon
