// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/choice.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/pattern.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/edit_distance.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.backup";

constexpr char kInDatabaseEncoding[] =
    "SELECT pg_catalog.encode(pg_catalog.convert_to($1::pg_catalog.text,"
    " pg_catalog.getdatabaseencoding()), 'hex')";

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), absl::ascii_isascii);
}

absl::Status NoMatch(const std::string& pattern, const std::vector<Relation>& relations) {
  const Relation* nearest = nullptr;
  size_t least = pattern.size();
  for (const Relation& relation : relations) {
    const size_t distance =
        base::EditDistance(pattern, DisplayName(relation.schema, relation.name));
    // The same name in another schema is the nearest match.
    const size_t counted = relation.name == pattern ? 0 : distance;
    if (counted >= least) continue;
    least = counted;
    nearest = &relation;
  }
  const bool near = nearest != nullptr && least <= 1 + pattern.size() / 4;
  return errs::UserError(
      kOp, errs::kNotFound, absl::StrCat("no table of the database matches \"", pattern, "\""),
      near ? absl::StrCat("did you mean ", DisplayName(nearest->schema, nearest->name), "?")
           : "siphon inspect lists the tables; a name without a schema must be on the search path");
}

// Adds partitions, on all levels, of the tables in `oids`.
void AddPartitions(const std::vector<Relation>& relations, std::set<std::string>& oids) {
  for (size_t before = 0; before != oids.size();) {
    before = oids.size();
    for (const Relation& relation : relations) {
      if (!relation.parent.empty() && oids.contains(relation.parent)) oids.insert(relation.oid);
    }
  }
}

// The oids of the tables that `patterns` match, and of their partitions. Adds the arguments for
// pg_dump.
absl::StatusOr<std::set<std::string>> Match(const std::vector<std::string>& patterns,
                                            const std::vector<Relation>& relations,
                                            std::string_view argument,
                                            std::vector<std::string>& arguments) {
  std::set<std::string> oids;
  std::set<std::string> matched;  // Those that pg_dump finds by the pattern.
  for (const std::string& text : patterns) {
    ASSIGN_OR_RETURN(const TablePattern pattern, ParseTablePattern(text));
    // The encoding of the database may lack characters of a pattern, but none of its tables' names.
    const bool ascii = IsAscii(text);
    bool found = false;
    for (const Relation& relation : relations) {
      const std::string schema = ToUtf8(relation.schema), name = ToUtf8(relation.name);
      if (!pattern.Matches(schema, name, relation.visible)) continue;
      oids.insert(relation.oid);
      found = true;
      if (ascii && schema == relation.schema && name == relation.name) matched.insert(relation.oid);
    }
    if (!found) return NoMatch(text, relations);
    if (ascii) arguments.push_back(absl::StrCat("--", argument, "=", text));
  }
  AddPartitions(relations, oids);
  for (const Relation& relation : relations) {
    if (!oids.contains(relation.oid) || matched.contains(relation.oid)) continue;
    arguments.push_back(
        absl::StrCat("--", argument, "=", QuoteQualified(relation.schema, relation.name)));
  }
  return oids;
}

}  // namespace

absl::StatusOr<Choice> Choose(const verbs::BackupOptions& options,
                              const std::vector<Relation>& relations) {
  Choice choice;
  ASSIGN_OR_RETURN(const std::set<std::string> taken,
                   Match(options.tables, relations, "table", choice.arguments));
  ASSIGN_OR_RETURN(const std::set<std::string> left_out,
                   Match(options.exclude_tables, relations, "exclude-table", choice.arguments));
  ASSIGN_OR_RETURN(const std::set<std::string> empty,
                   Match(options.exclude_data, relations, "exclude-table-data", choice.arguments));
  for (const Relation& relation : relations) {
    if (left_out.contains(relation.oid)) continue;
    if (!options.tables.empty() && !taken.contains(relation.oid)) continue;
    choice.relations.insert(relation.oid);
    const bool rows = !options.schema_only && !empty.contains(relation.oid);
    if (relation.kind == 'S' && rows && relation.out_of_reach) {
      choice.sequences_out_of_reach.push_back(DisplayName(relation.schema, relation.name));
    }
    if (relation.kind != 'r') continue;
    choice.tables.push_back(relation);
    if (rows && !relation.out_of_reach) choice.with_rows.insert(relation.oid);
    if (rows && relation.out_of_reach) {
      choice.out_of_reach.push_back(DisplayName(relation.schema, relation.name));
    }
    if (!rows || relation.out_of_reach) choice.tables.back().rows = 0;
  }
  choice.whole = choice.arguments.empty() && !options.schema_only && !options.data_only;
  return choice;
}

absl::Status EncodeArguments(const base::Context& context, Session& session,
                             std::vector<std::string>& arguments) {
  if (std::all_of(arguments.begin(), arguments.end(), IsAscii)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string encoding,
                   session.QueryText(context, "SELECT pg_catalog.getdatabaseencoding()"));
  if (encoding == "UTF8" || encoding == "SQL_ASCII") return absl::OkStatus();
  for (std::string& argument : arguments) {
    if (IsAscii(argument)) continue;
    ASSIGN_OR_RETURN(const std::string digits,
                     session.QueryText(context, kInDatabaseEncoding, {argument}));
    if (!absl::HexStringToBytes(digits, &argument)) {
      return errs::InternalError(kOp, "an argument is not hexadecimal");
    }
  }
  return absl::OkStatus();
}

}  // namespace siphon::postgres
