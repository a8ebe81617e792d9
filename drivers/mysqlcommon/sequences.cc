// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/sequences.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/name_patterns.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/view_calls.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kStage = "backup";
// How many tables a message names.
constexpr size_t kShown = 10;

// Reads up to the name of a sequence; false at the end.
bool FindUse(TokenReader& reader) {
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (token.Is("NEXTVAL") || token.Is("LASTVAL") || token.Is("SETVAL")) {
      if (!reader.Peek().IsSymbol('(')) continue;
      reader.Next();
      return true;
    }
    if (!(token.Is("NEXT") || token.Is("PREVIOUS")) || !reader.Peek().Is("VALUE")) continue;
    reader.Next();
    if (!reader.Peek().Is("FOR")) continue;
    reader.Next();
    return true;
  }
  return false;
}

// For each sequence of the database that defaults use: the tables of the selection that do so.
absl::StatusOr<std::map<std::string, std::set<std::string>>> UsesOf(const base::Context& context,
                                                                    Session& session,
                                                                    const Catalog& catalog,
                                                                    const Selection& chosen) {
  std::set<std::string_view> tables;
  for (const Table* const table : chosen.tables) tables.insert(table->name);
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(context,
                    absl::StrCat("SELECT table_name, column_default"
                                 " FROM information_schema.columns WHERE table_schema = ",
                                 QuoteText(catalog.database), WithoutViews(catalog.closed_views),
                                 " AND column_default LIKE '%val%'")));
  std::map<std::string, std::set<std::string>> uses;
  for (const Row& row : rows) {
    if (!tables.contains(Text(row, 0))) continue;
    for (const SequenceUse& use : SequencesIn(Text(row, 1))) {
      if (!use.schema.empty() && use.schema != catalog.database) continue;
      uses[use.name].insert(ToUtf8(Text(row, 0)));
    }
  }
  return uses;
}

}  // namespace

std::vector<SequenceUse> SequencesIn(std::string_view sql, const Syntax& syntax) {
  std::vector<SequenceUse> uses;
  TokenReader reader(sql, syntax);
  while (FindUse(reader)) {
    const Token first = reader.Peek();
    if (!first.IsIdentifier()) continue;
    reader.Next();
    SequenceUse use{.schema = {}, .name = first.Value(), .begin = first.begin};
    if (reader.Peek().IsSymbol('.')) {
      reader.Next();
      use.schema = std::exchange(use.name, reader.Next().Value());
    }
    uses.push_back(std::move(use));
  }
  return uses;
}

absl::Status TakeSequences(const base::Context& context, Session& session, const Catalog& catalog,
                           const driver::BackupOptions& options, Selection& chosen) {
  const bool all = std::all_of(catalog.tables.begin(), catalog.tables.end(), [&](const Table& one) {
    return one.kind != Table::Kind::kSequence || chosen.with_rows.contains(&one);
  });
  if (all || options.data_only) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto uses, UsesOf(context, session, catalog, chosen));
  NamePatterns without(options.exclude_tables), empty(options.exclude_data);
  for (const Table& table : catalog.tables) {
    if (table.kind != Table::Kind::kSequence || chosen.with_rows.contains(&table)) continue;
    const auto found = uses.find(table.name);
    if (found == uses.end()) continue;
    const std::vector<std::string> users(found->second.begin(), found->second.end());
    const std::string by = absl::StrCat("defaults of ", base::ListSome(users, kShown));
    if (without.Has(table.name)) {
      context.Warn(kStage, absl::StrCat("the dump lacks the sequence ", ToUtf8(table.name),
                                        ", which ", by, " use: a restore needs it at the target"));
      continue;
    }
    context.Message(kStage, absl::StrCat("the dump contains the sequence ", ToUtf8(table.name),
                                         ", too, because ", by, " use it"));
    chosen.with_rows[&table] = !options.schema_only && !empty.Has(table.name);
    chosen.sequences.push_back(&table);
  }
  return absl::OkStatus();
}

}  // namespace siphon::mysqlcommon
