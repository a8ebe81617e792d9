// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/preflight.h"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/name_patterns.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/recover.h"
#include "drivers/mysqlcommon/scratch.h"
#include "drivers/mysqlcommon/selection.h"
#include "drivers/mysqlcommon/sql_error.h"
#include "drivers/mysqlcommon/strict_mode.h"
#include "drivers/mysqlcommon/visibility.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.restore";
// No table has this name: renaming it changes nothing, and the error shows whether the user has the
// right.
constexpr std::string_view kNoTable = "siphon: no such table";

absl::Status NotEmpty(std::string_view what) {
  return errs::UserError(kOp, errs::kTargetNotEmpty, what, "use --clean to replace it");
}

// An error for the first selected table that has a row.
absl::Status CheckNoRows(const base::Context& context, Session& session, const Catalog& catalog,
                         NamePatterns& chosen, NamePatterns& excluded) {
  for (const Table& table : catalog.tables) {
    if (table.kind != Table::Kind::kTable || excluded.Has(table.name)) continue;
    if (!chosen.empty() && !chosen.Has(table.name)) continue;
    ASSIGN_OR_RETURN(
        const Rows rows,
        session.Query(context, absl::StrCat("SELECT 1 FROM ", QuoteName(table.name), " LIMIT 1")));
    if (!rows.empty()) {
      return NotEmpty(absl::StrCat("table \"", ToUtf8(table.name), "\" has rows"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckEmpty(const base::Context& context, Session& session, const Catalog& catalog,
                        const driver::RestoreOptions& options) {
  NamePatterns chosen(options.tables), excluded(options.exclude_tables);
  if (options.data_only) return CheckNoRows(context, session, catalog, chosen, excluded);
  if (options.tables.empty()) {
    if (catalog.empty()) return absl::OkStatus();
    return NotEmpty(absl::StrCat("database ", ToUtf8(catalog.database), " contains ",
                                 catalog.tables.size(), " tables and views, ",
                                 catalog.objects.size(), " other objects"));
  }
  for (const Table& table : catalog.tables) {
    if (chosen.Has(table.name) && !excluded.Has(table.name)) {
      return NotEmpty(absl::StrCat("table \"", ToUtf8(table.name), "\" exists"));
    }
  }
  return absl::OkStatus();
}

// Foreign keys of other databases would follow the tables that move out of this one.
absl::Status CheckReferences(const base::Context& context, Session& session,
                             const driver::RestoreOptions& options) {
  if (options.data_only || ExtentOf(options) != Extent::kDatabase) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context,
                                                  "SELECT constraint_schema, table_name"
                                                  " FROM information_schema.referential_constraints"
                                                  " WHERE unique_constraint_schema = DATABASE()"
                                                  " AND constraint_schema <> DATABASE() LIMIT 3"));
  if (rows.empty()) return absl::OkStatus();
  std::vector<std::string> names;
  for (const Row& row : rows) {
    names.push_back(absl::StrCat(ToUtf8(Text(row, 0)), ".", ToUtf8(Text(row, 1))));
  }
  return errs::UserError(kOp, errs::kDriverUnsupported,
                         absl::StrCat("tables of other databases have foreign keys into this one: ",
                                      absl::StrJoin(names, ", ")),
                         "drop these foreign keys first, or use --in-place");
}

absl::Status Contradiction(std::string_view a, std::string_view b, std::string_view why) {
  return errs::UserError(kOp, errs::kInvalidArgument,
                         absl::StrCat(a, " and ", b, " contradict each other"), why);
}

absl::Status CheckCreate(const base::Context& context, Session& session, const std::string& name) {
  ASSIGN_OR_RETURN(
      const std::optional<std::string> there,
      session.Value(context, absl::StrCat("SELECT schema_name FROM information_schema.schemata"
                                          " WHERE schema_name = ",
                                          QuoteText(name))));
  if (!there.has_value()) return absl::OkStatus();
  return errs::UserError(kOp, errs::kAlreadyExists, absl::StrCat("the database ", name),
                         "choose another name for --create, or restore into it with --clean");
}

// An error unless the user may create a scratch database and move tables between it and the target.
absl::Status CheckMaySwap(const base::Context& context, Session& session,
                          const driver::RestoreOptions& options) {
  const std::string database =
      options.create.empty() ? session.settings().database : options.create;
  absl::StatusOr<std::unique_ptr<ScratchDatabase>> made =
      ScratchDatabase::Create(context, session.server_fork(), session.settings());
  if (IsDenied(made.status())) {
    return errs::SystemError(
        kOp, errs::kDatabase,
        absl::StrCat("the user may not create a scratch database for ", ToUtf8(database), ": ",
                     errs::GetError(made.status())->detail),
        "a dump is first loaded into a scratch database: grant the user ALL on"
        " `siphon\\_%`.*, or use --in-place");
  }
  RETURN_IF_ERROR(made.status());
  const std::unique_ptr<ScratchDatabase> scratch = *std::move(made);
  if (!options.data_only) {
    RETURN_IF_ERROR(scratch->recorded());
    const std::string here = absl::StrCat(QuoteName(database), ".", QuoteName(kNoTable));
    const std::string there = absl::StrCat(QuoteName(scratch->name()), ".", QuoteName(kNoTable));
    for (const auto& [from, to] : {std::pair(here, there), std::pair(there, here)}) {
      const absl::Status moved =
          session.Execute(context, absl::StrCat("RENAME TABLE ", from, " TO ", to));
      RETURN_IF_ERROR(errs::WithOp(context.Check(), kOp));
      if (!IsDenied(moved)) continue;
      const std::optional<errs::Error> error = errs::GetError(moved);
      return errs::SystemError(
          kOp, errs::kDatabase,
          absl::StrCat("the user may not move tables into and out of ", ToUtf8(database), ": ",
                       error->detail),
          "grant the user ALTER, DROP, CREATE and INSERT on it, or use --in-place");
    }
  }
  return scratch->Drop(context);
}

}  // namespace

absl::Status CheckContent(const base::Context& context, Session& session,
                          const driver::RestoreOptions& options) {
  if (!options.create.empty()) return CheckCreate(context, session, options.create);
  ASSIGN_OR_RETURN(const Catalog catalog,
                   ReadCatalog(context, session, session.settings().database, false));
  if (!options.clean) return CheckEmpty(context, session, catalog, options);
  RETURN_IF_ERROR(CheckNotSeen(options, catalog, nullptr));
  if (options.in_place) return absl::OkStatus();
  return CheckReferences(context, session, options);
}

absl::Status CheckTarget(const base::Context& context, Session& session,
                         const driver::RestoreOptions& options) {
  RETURN_IF_ERROR(context.Check());
  if (!options.create.empty() && options.data_only) {
    return Contradiction("--create", "--data-only", "a new database has no tables for the rows");
  }
  const Session::Watch watch(context, session);
  RETURN_IF_ERROR(RecoverSwaps(context, session));
  RETURN_IF_ERROR(CheckContent(context, session, options));
  RETURN_IF_ERROR(CheckMayRelax(context, session, options));
  return options.in_place ? absl::OkStatus() : CheckMaySwap(context, session, options);
}

}  // namespace siphon::mysqlcommon
