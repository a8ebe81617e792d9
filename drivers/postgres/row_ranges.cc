// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/row_ranges.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/names.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.backup";
// The first server that reads only the pages of a range of ctid.
constexpr int kFirstWithRanges = 14;

// More than a table can have (PostgreSQL's MaxBlockNumber).
constexpr int64_t kMostPages = int64_t{1} << 32;

// The tables of extensions whose rows are dumped, and the conditions for them. Only unnest without
// a schema takes several arrays.
constexpr char kConditionsQuery[] = R"sql(
SELECT c.oid, COALESCE(x.condition, '') FROM pg_catalog.pg_extension e,
  LATERAL unnest(e.extconfig, e.extcondition) AS x(oid, condition)
  JOIN pg_catalog.pg_class c ON c.oid = x.oid)sql";

// Of the large tables among $1: their pages, the bytes of these and of TOAST, and whether the user
// trusts all who may put code into the table (see relations.cc).
constexpr char kSizesQuery[] = R"sql(
SELECT s.oid, s.bytes / pg_catalog.current_setting('block_size')::bigint, s.bytes + s.toast,
  NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles o
    WHERE o.oid IN (s.relowner, s.nspowner, s.datdba)
      AND NOT o.rolsuper AND o.rolname <> current_user AND o.rolname <> 'pg_database_owner')
FROM (SELECT c.oid, c.relowner, n.nspowner, d.datdba, pg_catalog.pg_relation_size(c.oid) AS bytes,
    CASE WHEN c.reltoastrelid = 0 THEN 0
      ELSE COALESCE(pg_catalog.pg_relation_size(c.reltoastrelid), 0) END AS toast
  FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_am a ON a.oid = c.relam AND a.amname = 'heap'
    JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
  WHERE c.oid = ANY ($1::pg_catalog.oid[]) AND c.relkind = 'r') AS s
WHERE s.bytes + s.toast >= 2 * $2::pg_catalog.int8)sql";

// What follows an identifier, which may be in double quotes; nothing if `text` begins with none.
std::optional<std::string_view> SkipIdentifier(std::string_view text) {
  if (!absl::ConsumePrefix(&text, "\"")) {
    const size_t end = std::min(text.find_first_of(" .(\""), text.size());
    if (end == 0) return std::nullopt;
    return text.substr(end);
  }
  while (true) {
    const size_t quote = text.find('"');
    if (quote == std::string_view::npos) return std::nullopt;
    text.remove_prefix(quote + 1);
    if (!absl::ConsumePrefix(&text, "\"")) return text;
  }
}

bool HasRows(const ArchiveEntry& entry) { return entry.has_data && entry.kind == "TABLE DATA"; }

absl::Status AddConditions(const base::Context& context, Session& session,
                           std::vector<TableRows>& tables) {
  ASSIGN_OR_RETURN(const Rows found, session.Query(context, {"it"}, kConditionsQuery));
  std::map<std::string_view, std::string_view> conditions;
  for (int row = 0; row < found.size(); ++row) {
    conditions[found.Text(row, 0)] = found.Text(row, 1);
  }
  for (TableRows& rows : tables) {
    const auto condition = conditions.find(rows.entry->oid);
    if (condition != conditions.end()) rows.condition = condition->second;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string_view> ParseCopyColumns(const ArchiveEntry& entry) {
  std::string_view text = entry.copy_statement;
  bool valid = absl::ConsumePrefix(&text, "COPY ") && absl::ConsumeSuffix(&text, " FROM stdin;\n");
  std::optional<std::string_view> rest = valid ? SkipIdentifier(text) : std::nullopt;
  if (rest.has_value() && absl::ConsumePrefix(&*rest, ".")) rest = SkipIdentifier(*rest);
  if (rest.has_value() && (rest->empty() || *rest == " ")) return std::string_view();
  valid = rest.has_value() && absl::ConsumePrefix(&*rest, " (") && absl::ConsumeSuffix(&*rest, ")");
  if (valid && !rest->empty()) return *rest;
  return errs::IntegrityError(
      kOp, absl::StrCat("pg_dump's statement for the rows of ", ToUtf8(entry.tag),
                        " has an unknown form: ", BoundedUtf8(entry.copy_statement)));
}

std::string CopySql(const TableRows& rows, uint64_t part) {
  // pg_dump, too, reads a table without columns by its name alone.
  if (rows.pages == 0 && rows.condition.empty()) {
    return absl::StrCat("COPY ", rows.table,
                        rows.columns.empty() ? "" : absl::StrCat(" (", rows.columns, ")"),
                        " TO STDOUT");
  }
  const std::string_view columns = rows.columns.empty() ? "*" : std::string_view(rows.columns);
  if (rows.pages == 0) {
    return absl::StrCat("COPY (SELECT ", columns, " FROM ", rows.table, " ", rows.condition,
                        ") TO STDOUT");
  }
  const auto tid = [&](uint64_t at) {
    return absl::StrCat("'(", at * static_cast<uint64_t>(rows.pages), ",0)'::pg_catalog.tid");
  };
  std::string where = absl::StrCat("ctid OPERATOR(pg_catalog.>=) ", tid(part));
  if (part + 1 < rows.parts) {
    absl::StrAppend(&where, " AND ctid OPERATOR(pg_catalog.<) ", tid(part + 1));
  }
  return absl::StrCat("COPY (SELECT ", columns, " FROM ONLY ", rows.table, " WHERE ", where,
                      ") TO STDOUT");
}

std::string RangeOf(const TableRows& rows, uint64_t part) {
  if (rows.pages == 0) return "";
  const auto pages = static_cast<uint64_t>(rows.pages);
  const std::string begin = absl::StrCat("(", part * pages, ",0)-");
  return part + 1 < rows.parts ? absl::StrCat(begin, "(", (part + 1) * pages, ",0)") : begin;
}

absl::StatusOr<std::vector<TableRows>> DivideRows(const base::Context& context, Session& session,
                                                  const Archive& archive, const RangeLimits& limits,
                                                  std::vector<std::string>& whole) {
  std::vector<TableRows> tables;
  std::vector<std::string_view> oids;
  for (const ArchiveEntry& entry : archive.entries) {
    if (!HasRows(entry)) continue;
    ASSIGN_OR_RETURN(const std::string_view columns, ParseCopyColumns(entry));
    tables.push_back({&entry, QuoteQualified(entry.schema, entry.tag), std::string(columns), ""});
    oids.push_back(entry.oid);
  }
  RETURN_IF_ERROR(AddConditions(context, session, tables));
  if (session.server_major() < kFirstWithRanges) return tables;
  ASSIGN_OR_RETURN(const Rows sizes,
                   session.Query(context, {"iiib"}, kSizesQuery,
                                 {absl::StrCat("{", absl::StrJoin(oids, ","), "}"),
                                  absl::StrCat(limits.bytes)}));
  std::map<std::string_view, int> large;  // The row of `sizes` by oid.
  for (int row = 0; row < sizes.size(); ++row) large[sizes.Text(row, 0)] = row;
  for (TableRows& rows : tables) {
    const auto found = large.find(rows.entry->oid);
    if (found == large.end() || !rows.condition.empty() || rows.columns.empty()) continue;
    if (!sizes.Bool(found->second, 3)) {
      whole.push_back(EntryName(archive, *rows.entry));
      continue;
    }
    const int64_t pages = std::clamp<int64_t>(sizes.Int(found->second, 1), 0, kMostPages);
    const int64_t bytes = sizes.Int(found->second, 2);
    const int64_t ranges = std::max<int64_t>(1, bytes / std::max<int64_t>(1, limits.bytes));
    rows.pages = std::max<int64_t>(1, pages / ranges);
    rows.parts = static_cast<uint64_t>(std::max<int64_t>(1, (pages + rows.pages - 1) / rows.pages));
  }
  return tables;
}

}  // namespace siphon::postgres
