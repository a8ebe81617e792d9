// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/unqualified_names.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/sql_error.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

// The first server that keeps functions in the form of the SQL standard apart (prosqlbody).
constexpr int kFirstWithBodies = 14;

// The functions, their signatures, and one object that calls each.
constexpr char kFunctions[] = R"sql(
SELECT p.oid, p.oid::pg_catalog.regprocedure::pg_catalog.text,
  pg_catalog.min(pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid))
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname = 'sql'
JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
  AND d.refobjid = p.oid
WHERE p.prosqlbody IS NULL
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.unnest(p.proconfig) AS c(setting)
    WHERE c.setting LIKE 'search\_path=%')
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend e
    WHERE e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND e.objid = p.oid
      AND e.deptype = 'e')
  AND (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    OR (d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass)
    OR (d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND EXISTS (
      SELECT 1 FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_attribute a
        ON a.attrelid = f.adrelid AND a.attnum = f.adnum
      WHERE f.oid = d.objid AND a.attgenerated = 's'))
    OR (d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND EXISTS (
      SELECT 1 FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class m ON m.oid = r.ev_class
      WHERE r.oid = d.objid AND m.relkind = 'm' AND m.relispopulated)))
GROUP BY p.oid ORDER BY 2)sql";

// PostgreSQL's manual, appendix "PostgreSQL Error Codes": undefined_table, undefined_function,
// undefined_object.
constexpr std::string_view kUndefined[] = {"42P01", "42883", "42704"};

}  // namespace

absl::StatusOr<std::vector<std::string>> FindUnqualifiedNames(const base::Context& context,
                                                              Session& session) {
  std::vector<std::string> warnings;
  if (session.server_major() < kFirstWithBodies) return warnings;
  ASSIGN_OR_RETURN(const Rows functions, session.Query(context, {"itt"}, kFunctions));
  for (int row = 0; row < functions.size(); ++row) {
    const absl::Status valid =
        session.Execute(context, absl::StrCat("SET check_function_bodies = on; SELECT"
                                              " pg_catalog.fmgr_sql_validator(",
                                              functions.Text(row, 0), ")"));
    RETURN_IF_ERROR(context.Check());
    const bool undefined = std::find(std::begin(kUndefined), std::end(kUndefined),
                                     SqlState(valid)) != std::end(kUndefined);
    if (valid.ok() || !undefined) continue;
    const std::optional<errs::Error> error = errs::GetError(valid);
    warnings.push_back(absl::StrCat(
        "a restore needs --search-path SCHEMA for the function ", functions.Text(row, 1),
        ", which ", functions.Text(row, 2), " uses, because it has names without a schema",
        error.has_value() ? absl::StrCat(" (", error->detail, ")") : "", "; or run ALTER FUNCTION ",
        functions.Text(row, 1), " SET search_path = SCHEMA"));
  }
  return warnings;
}

}  // namespace siphon::postgres
