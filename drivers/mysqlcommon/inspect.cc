// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/inspect.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/checksum.h"
#include "drivers/mysqlcommon/engines.h"
#include "drivers/mysqlcommon/identity.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/visibility.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

std::string KindOf(const Table& table) {
  if (table.kind == Table::Kind::kView) return "view";
  if (table.kind == Table::Kind::kSequence) return "sequence";
  return "table";
}

absl::Status CountRows(const base::Context& context, Session& session, const Table& table,
                       verbs::TableSchema& schema) {
  schema.rows_exact = true;
  schema.rows = 0;
  if (HasRowsElsewhere(table.engine)) return absl::OkStatus();
  // All rows that a dump contains.
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(context, absl::StrCat("SELECT COUNT(*) FROM ", QuoteName(table.name),
                                          table.versioned ? " FOR SYSTEM_TIME ALL" : "")));
  if (!rows.empty()) schema.rows = Int(rows[0], 0);
  return absl::OkStatus();
}

absl::Status AddProperties(const base::Context& context, Session& session, const Catalog& catalog,
                           driver::Schema& schema) {
  ASSIGN_OR_RETURN(const Rows rows,
                   session.Query(context,
                                 "SELECT @@character_set_database, @@collation_database,"
                                 " @@log_bin, @@version_comment"));
  if (rows.empty()) return absl::OkStatus();
  int routines = 0, triggers = 0, events = 0;
  for (const StoredObject& object : catalog.objects) {
    (object.kind == StoredObject::Kind::kTrigger ? triggers
     : object.kind == StoredObject::Kind::kEvent ? events
                                                 : routines)++;
  }
  schema.properties = {
      {"fork", std::string(session.server_fork().display_name)},
      {"version comment", std::string(Text(rows[0], 3))},
      {"character set", std::string(Text(rows[0], 0))},
      {"collation", std::string(Text(rows[0], 1))},
      {"binary log", Text(rows[0], 2) == "1" ? "on" : "off"},
      {"routines", absl::StrCat(routines)},
      {"triggers", absl::StrCat(triggers)},
      {"events", absl::StrCat(events)},
  };
  ASSIGN_OR_RETURN(const std::vector<Hidden> hidden, FindHidden(context, session, catalog));
  if (!hidden.empty()) schema.properties.emplace_back("not seen by this user", Kinds(hidden));
  std::vector<std::string> engines;
  for (const Table& table : catalog.tables) {
    if (table.kind != Table::Kind::kTable || table.engine == "InnoDB") continue;
    engines.push_back(absl::StrCat(ToUtf8(table.name), " (", table.engine, ")"));
  }
  if (!engines.empty()) {
    schema.properties.emplace_back("other engines", absl::StrJoin(engines, ", "));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<driver::Schema> Inspect(const base::Context& context, Session& session,
                                       const driver::InspectOptions& options) {
  RETURN_IF_ERROR(context.Check());
  const Session::Watch watch(context, session);
  ASSIGN_OR_RETURN(const Catalog catalog,
                   ReadCatalog(context, session, session.settings().database, options.checksums));
  driver::Schema schema;
  schema.engine = session.server_fork().name;
  schema.engine_version = session.version_text();
  ASSIGN_OR_RETURN(const Rows indexes,
                   session.Query(context,
                                 "SELECT table_name, COUNT(DISTINCT index_name)"
                                 " FROM information_schema.statistics"
                                 " WHERE table_schema = DATABASE() GROUP BY table_name"));
  for (const Table& table : catalog.tables) {
    verbs::TableSchema& described = schema.tables.emplace_back();
    described.name = table.name;
    described.kind = KindOf(table);
    described.bytes = table.data_bytes;
    described.index_bytes = table.index_bytes;
    schema.bytes += table.data_bytes + table.index_bytes;
    if (table.kind != Table::Kind::kTable) continue;
    described.rows = table.rows;
    for (const Row& row : indexes) {
      if (Text(row, 0) == table.name) described.indexes = static_cast<int>(Int(row, 1));
    }
    if (options.exact) RETURN_IF_ERROR(CountRows(context, session, table, described));
    if (options.checksums) {
      ASSIGN_OR_RETURN(described.checksum, TableChecksum(context, session, table));
    }
  }
  RETURN_IF_ERROR(AddProperties(context, session, catalog, schema));
  return schema;
}

absl::StatusOr<driver::Identity> Identity(const base::Context& context, Session& session) {
  RETURN_IF_ERROR(context.Check());
  const Session::Watch watch(context, session);
  driver::Identity identity;
  ASSIGN_OR_RETURN(identity.server, ServerIdentity(context, session));
  ASSIGN_OR_RETURN(identity.lineage, SourceIdentity(context, session));
  identity.replica = !identity.lineage.empty();
  if (!identity.replica) identity.lineage = identity.server;
  ASSIGN_OR_RETURN(const Rows rows,
                   session.Query(context, "SELECT DATABASE(), @@lower_case_table_names"));
  if (rows.empty()) return errs::InternalError("mysql", "no identity");
  identity.database = Text(rows[0], 0);
  if (Text(rows[0], 1) != "0") absl::AsciiStrToLower(&identity.database);
  return identity;
}

absl::Status CheckIntegrity(const base::Context& context, Session& session) {
  RETURN_IF_ERROR(context.Check());
  const Session::Watch watch(context, session);
  ASSIGN_OR_RETURN(const Catalog catalog,
                   ReadCatalog(context, session, session.settings().database, false));
  std::vector<std::string> damaged;
  for (const Table& table : catalog.tables) {
    if (table.kind != Table::Kind::kTable) continue;
    ASSIGN_OR_RETURN(const Rows rows,
                     session.Query(context, absl::StrCat("CHECK TABLE ", QuoteName(table.name))));
    for (const Row& row : rows) {
      if (Text(row, 2) == "error" || Text(row, 2) == "Error") {
        damaged.push_back(absl::StrCat(ToUtf8(table.name), ": ", Text(row, 3)));
      }
    }
  }
  if (damaged.empty()) return absl::OkStatus();
  return errs::IntegrityError("mysql", absl::StrJoin(damaged, "; "),
                              "repair the tables, or restore an older dump");
}

}  // namespace siphon::mysqlcommon
