// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/foreign_code.h"

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.migrate";

// Every name is qualified, operators too: the user's search_path is in force. A change of the table
// goes on in tables that reference it or inherit from it, and fires their triggers.
constexpr char kQuery[] = R"sql(
SELECT o.rolname, CASE
  WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_trigger t
    WHERE t.tgrelid OPERATOR(pg_catalog.=) c.oid AND NOT t.tgisinternal) THEN 'a trigger'
  WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_rewrite r
    WHERE r.ev_class OPERATOR(pg_catalog.=) c.oid) THEN 'a rule'
  WHEN c.relrowsecurity THEN 'a policy'
  WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k
    WHERE k.conrelid OPERATOR(pg_catalog.=) c.oid
      AND k.contype OPERATOR(pg_catalog.=) 'c'::pg_catalog."char") THEN 'a check'
  WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_attrdef d
    WHERE d.adrelid OPERATOR(pg_catalog.=) c.oid) THEN 'a default or generated column'
  WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_index i
    WHERE i.indrelid OPERATOR(pg_catalog.=) c.oid
      AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)) THEN 'an index on an expression'
  WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_statistic_ext s
    WHERE s.stxrelid OPERATOR(pg_catalog.=) c.oid AND s.stxexprs IS NOT NULL)
    THEN 'statistics on an expression'
  WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) y.typnamespace
    WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND NOT a.attisdropped
      AND n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'::pg_catalog.name)
    THEN 'a column of a type of its own'
  WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k
    WHERE k.contype OPERATOR(pg_catalog.=) 'f'::pg_catalog."char"
      AND (k.conrelid OPERATOR(pg_catalog.=) c.oid OR k.confrelid OPERATOR(pg_catalog.=) c.oid))
    THEN 'a foreign key'
  WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_inherits h
    WHERE h.inhparent OPERATOR(pg_catalog.=) c.oid) THEN 'a table that inherits from it'
  WHEN c.relkind OPERATOR(pg_catalog.<>) 'r'::pg_catalog."char" THEN 'rows elsewhere'
  END
FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_roles o ON o.oid OPERATOR(pg_catalog.=) c.relowner
  JOIN pg_catalog.pg_roles u ON u.rolname OPERATOR(pg_catalog.=) current_user
WHERE u.rolsuper AND NOT o.rolsuper
  AND c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1::pg_catalog.text)::pg_catalog.oid)sql";

}  // namespace

absl::Status CheckRunsNoForeignCode(const base::Context& context, Session& session,
                                    const std::vector<std::string>& tables) {
  for (const std::string& table : tables) {
    ASSIGN_OR_RETURN(const Rows rows, session.Query(context, {"tt?"}, kQuery, {table}));
    if (rows.size() == 0 || rows.IsNull(0, 1)) continue;
    return errs::UserError(
        kOp, errs::kDriverUnsupported,
        absl::StrCat("the table ", table, " has ", rows.Text(0, 1), " and belongs to the role ",
                     rows.Text(0, 0),
                     ", whose code would run with the rights of a superuser when siphon writes "
                     "to the table"),
        absl::StrCat("migrate as ", rows.Text(0, 0), ", or have a superuser own the table"));
  }
  return absl::OkStatus();
}

}  // namespace siphon::postgres
