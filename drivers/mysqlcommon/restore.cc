// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/restore.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/loader.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/scratch.h"
#include "drivers/mysqlcommon/script.h"
#include "drivers/mysqlcommon/selection.h"
#include "drivers/mysqlcommon/swap.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.restore";

absl::Status NotEmpty(std::string_view what) {
  return errs::UserError(kOp, errs::kTargetNotEmpty, what, "--clean replaces what is there");
}

// The first chosen table with a row in it.
absl::Status CheckNoRows(const base::Context& context, Session& session, const Catalog& catalog,
                         Selection& chosen) {
  for (const Table& table : catalog.tables) {
    if (table.kind != Table::Kind::kTable) continue;
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
  Selection chosen(options.tables);
  if (options.data_only) return CheckNoRows(context, session, catalog, chosen);
  if (options.tables.empty()) {
    if (catalog.empty()) return absl::OkStatus();
    return NotEmpty(absl::StrCat("database ", ToUtf8(catalog.database), " holds ",
                                 catalog.tables.size(), " tables and views, ",
                                 catalog.objects.size(), " other objects"));
  }
  for (const Table& table : catalog.tables) {
    if (chosen.Has(table.name)) {
      return NotEmpty(absl::StrCat("table \"", ToUtf8(table.name), "\" is there"));
    }
  }
  return absl::OkStatus();
}

// Tables of other databases that refer to tables here would follow these when they are moved away.
absl::Status CheckReferences(const base::Context& context, Session& session,
                             const driver::RestoreOptions& options) {
  if (options.data_only || !options.tables.empty()) return absl::OkStatus();
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
                         "drop these foreign keys first");
}

absl::Status Check(const base::Context& context, Session& session,
                   const driver::RestoreOptions& options) {
  ASSIGN_OR_RETURN(const Catalog catalog,
                   ReadCatalog(context, session, session.settings().database, false));
  if (!options.clean) return CheckEmpty(context, session, catalog, options);
  return CheckReferences(context, session, options);
}

absl::Status Load(const base::Context& context, Session& session, const std::string& target,
                  const driver::RestoreOptions& options, base::Reader& body,
                  std::vector<Deferred>& deferred) {
  const Session::Watch watch(context, session);
  Loader loader(&session, target, &options);
  RETURN_IF_ERROR(loader.Begin(context));
  RETURN_IF_ERROR(ReadScript(context, body, [&](const sql::Piece& piece) {
                    return loader.Run(context, piece);
                  }).status());
  RETURN_IF_ERROR(loader.CheckAllFound());
  RETURN_IF_ERROR(session.Execute(context, "COMMIT"));
  deferred = std::move(loader.deferred());
  return context.Check();
}

absl::Status RunDeferred(const base::Context& context, Session& session,
                         const std::vector<Deferred>& deferred) {
  for (const Deferred& object : deferred) {
    RETURN_IF_ERROR(session.Execute(context, SessionFor(object.definition)));
    RETURN_IF_ERROR(session.Execute(context, object.definition.create,
                                    absl::StrCat("line ", object.line, " of the dump")));
  }
  return session.Execute(context, "SET NAMES utf8mb4, sql_mode='', time_zone='+00:00'");
}

}  // namespace

absl::Status CheckTarget(const base::Context& context, Session& session,
                         const driver::RestoreOptions& options) {
  RETURN_IF_ERROR(context.Check());
  const Session::Watch watch(context, session);
  return Check(context, session, options);
}

absl::Status Restore(const base::Context& context, Session& session,
                     const driver::RestoreOptions& options, base::Reader& body) {
  RETURN_IF_ERROR(CheckTarget(context, session, options));
  ASSIGN_OR_RETURN(const std::unique_ptr<ScratchDatabase> scratch,
                   ScratchDatabase::Create(context, session.flavour(), session.settings()));
  std::vector<Deferred> deferred;
  {
    Settings settings = session.settings();
    settings.database = scratch->name();
    ASSIGN_OR_RETURN(const std::unique_ptr<Session> loading,
                     Session::Connect(context, session.flavour(), settings));
    const absl::Status loaded =
        Load(context, *loading, session.settings().database, options, body, deferred);
    if (!loaded.ok()) {
      // What it holds open would keep the scratch database from being dropped.
      loading->Abandon();
      return loaded;
    }
  }
  // Loading took its time: somebody else may have been here, and the server may have ended what was
  // idle.
  std::unique_ptr<Session> fresh;
  ASSIGN_OR_RETURN(fresh, Session::Connect(context, session.flavour(), session.settings()));
  RETURN_IF_ERROR(CheckTarget(context, *fresh, options));
  if (options.data_only) {
    const Session::Watch watch(context, *fresh);
    RETURN_IF_ERROR(ReplaceRows(context, *fresh, scratch->name()));
    RETURN_IF_ERROR(RunDeferred(context, *fresh, deferred));
  } else if (options.tables.empty()) {
    RETURN_IF_ERROR(SwapAll(context, *fresh, scratch->name(), deferred));
  } else {
    RETURN_IF_ERROR(SwapTables(context, *fresh, scratch->name(), deferred));
  }
  return scratch->Drop();
}

absl::Status RestoreInPlace(const base::Context& context, Session& session,
                            const driver::RestoreOptions& options, base::Reader& body) {
  std::vector<Deferred> deferred;
  RETURN_IF_ERROR(Load(context, session, session.settings().database, options, body, deferred));
  const Session::Watch watch(context, session);
  return RunDeferred(context, session, deferred);
}

}  // namespace siphon::mysqlcommon
