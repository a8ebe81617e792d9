// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/visibility.h"

#include <mysqld_error.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "drivers/mysqlcommon/name_patterns.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/selection.h"
#include "drivers/mysqlcommon/sql_error.h"
#include "drivers/mysqlcommon/tokens.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kTables = "tables and views", kTriggers = "triggers",
                           kRoutines = "routines", kEvents = "events";
// How many objects an error names.
constexpr size_t kShown = 10;

// True if the pattern of a grant matches the database: "%" is any text, "_" any byte, and a
// backslash before them escapes.
bool MatchesGrant(std::string_view pattern, std::string_view name) {
  // ends[i]: the pattern read so far matches the first i bytes.
  std::vector<bool> ends(name.size() + 1, false);
  ends[0] = true;
  for (size_t p = 0; p < pattern.size(); ++p) {
    const bool any = pattern[p] == '%', one = pattern[p] == '_';
    if (pattern[p] == '\\' && p + 1 < pattern.size()) ++p;
    std::vector<bool> next(name.size() + 1, false);
    if (any) next[0] = ends[0];
    for (size_t i = 0; i < name.size(); ++i) {
      next[i + 1] = any ? ends[i + 1] || next[i] : ends[i] && (one || name[i] == pattern[p]);
    }
    ends = std::move(next);
  }
  return ends.back();
}

bool CoversAll(const std::set<std::string, std::less<>>& rights, std::string_view right) {
  return rights.contains("ALL PRIVILEGES") || rights.contains(right);
}

// The rights before ON, in upper case: "SELECT", "SHOW VIEW". One for some columns is left out.
std::set<std::string, std::less<>> ReadRights(TokenReader& reader) {
  std::set<std::string, std::less<>> rights;
  std::string words;
  bool columns = false;
  int depth = 0;
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (token.IsSymbol('(')) {
      ++depth;
      columns = true;
    } else if (token.IsSymbol(')')) {
      --depth;
    } else if (depth == 0 && (token.IsSymbol(',') || token.Is("ON"))) {
      if (!columns && !words.empty()) rights.insert(std::exchange(words, ""));
      words.clear();
      columns = false;
      if (token.Is("ON")) return rights;
    } else if (depth == 0) {
      absl::StrAppend(&words, words.empty() ? "" : " ", absl::AsciiStrToUpper(token.text));
    }
  }
  return {};  // A role, which has no ON.
}

std::string NotAllSeen(const Catalog& catalog, const std::vector<Hidden>& hidden) {
  return absl::StrCat("the user may not see everything in database ", ToUtf8(catalog.database),
                      ": ",
                      absl::StrJoin(hidden, ", ",
                                    [](std::string* out, const Hidden& one) {
                                      absl::StrAppend(out, one.kind, " (needs ", one.right, ")");
                                    }),
                      "; if there are any, ");
}

}  // namespace

Rights::Rights(const std::vector<std::string>& grants, std::string_view database) {
  for (const std::string& grant : grants) Read(grant, database);
}

void Rights::Read(std::string_view grant, std::string_view database) {
  TokenReader reader(grant);
  const Token verb = reader.Next();
  if (!verb.Is("GRANT") && !verb.Is("REVOKE")) return;
  const std::set<std::string, std::less<>> rights = ReadRights(reader);
  // "*.*", "`db`.*", "`db`.`table`"; a routine has a word before its name.
  const Token place = reader.Next();
  if (!reader.Next().IsSymbol('.')) return;
  const Token object = reader.Next();
  const bool all = object.IsSymbol('*');
  if (place.IsSymbol('*')) {
    everywhere_.insert(rights.begin(), rights.end());
    return;
  }
  if (place.kind != Token::Kind::kName) return;
  if (place.Value() == "mysql" && (all || object.Value() == "proc")) {
    reads_routines_ = reads_routines_ || CoversAll(rights, "SELECT");
  }
  if (!MatchesGrant(place.Value(), database)) return;
  if (verb.Is("REVOKE")) {
    revoked_.insert(rights.begin(), rights.end());
  } else if (all) {
    here_.insert(rights.begin(), rights.end());
  } else {
    for (const std::string& right : rights) tables_.emplace(object.Value(), right);
  }
}

bool Rights::Has(std::string_view right) const {
  return CoversAll(here_, right) || (CoversAll(everywhere_, right) && !revoked_.contains(right));
}

bool Rights::HasEverywhere(std::string_view right) const { return CoversAll(everywhere_, right); }

bool Rights::Has(std::string_view right, std::string_view table) const {
  return Has(right) || tables_.contains({std::string(table), std::string(right)}) ||
         tables_.contains({std::string(table), "ALL PRIVILEGES"});
}

bool Rights::HasAny() const {
  constexpr std::string_view kShowTables[] = {"SELECT",  "INSERT",     "UPDATE",    "DELETE",
                                              "CREATE",  "DROP",       "ALTER",     "INDEX",
                                              "TRIGGER", "REFERENCES", "SHOW VIEW", "CREATE VIEW"};
  return std::any_of(std::begin(kShowTables), std::end(kShowTables),
                     [&](std::string_view right) { return Has(right); });
}

absl::StatusOr<std::vector<Hidden>> FindHidden(const base::Context& context, Session& session,
                                               const Catalog& catalog) {
  const absl::StatusOr<Rows> rows = session.Query(context, "SHOW GRANTS");
  // A server with --skip-grant-tables hides nothing.
  if (IsSqlError(rows.status(), {ER_OPTION_PREVENTS_STATEMENT})) return std::vector<Hidden>();
  RETURN_IF_ERROR(rows.status());
  std::vector<std::string> grants;
  for (const Row& row : *rows) grants.emplace_back(Text(row, 0));
  const Rights rights(grants, catalog.database);
  std::vector<Hidden> hidden;
  if (!rights.HasAny()) hidden.push_back({std::string(kTables), "SELECT"});
  for (const Table& table : catalog.tables) {
    if (table.kind != Table::Kind::kTable || rights.Has("TRIGGER", table.name)) continue;
    hidden.push_back({std::string(kTriggers), "TRIGGER"});
    break;
  }
  const bool routines =
      rights.Has("EXECUTE") || rights.Has("CREATE ROUTINE") || rights.Has("ALTER ROUTINE") ||
      (session.is_mariadb() ? rights.ReadsRoutines() || rights.Has("SHOW CREATE ROUTINE")
                            : rights.Has("SHOW_ROUTINE") || rights.HasEverywhere("SELECT"));
  if (!routines) {
    hidden.push_back(
        {std::string(kRoutines), session.is_mariadb() ? "SELECT on mysql.proc" : "SHOW_ROUTINE"});
  }
  if (!rights.Has("EVENT")) hidden.push_back({std::string(kEvents), "EVENT"});
  return hidden;
}

absl::StatusOr<std::string> WarnOfHidden(const base::Context& context, Session& session,
                                         const Catalog& catalog,
                                         const driver::BackupOptions& options) {
  ASSIGN_OR_RETURN(std::vector<Hidden> hidden, FindHidden(context, session, catalog));
  std::erase_if(hidden, [&](const Hidden& one) {
    const bool table = one.kind == kTables;
    // Only what would be dumped, if it were seen.
    return options.data_only ? !table : !options.tables.empty() && one.kind != kTriggers;
  });
  if (hidden.empty()) return std::string();
  context.Warn("backup", absl::StrCat(NotAllSeen(catalog, hidden), "the dump lacks them"));
  return Kinds(hidden);
}

std::string Kinds(const std::vector<Hidden>& hidden) {
  return absl::StrJoin(hidden, ", ",
                       [](std::string* out, const Hidden& one) { out->append(one.kind); });
}

absl::Status CheckNotSeen(const driver::RestoreOptions& options, const Catalog& target,
                          const Census* incoming) {
  const auto annotation = options.annotations.find(std::string(kNotSeen));
  if (annotation == options.annotations.end() || options.data_only) return absl::OkStatus();
  const std::vector<std::string_view> kinds = absl::StrSplit(annotation->second, ", ");
  const auto lacks = [&](std::string_view kind) {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  };
  NamePatterns chosen(options.tables);
  const bool known = incoming != nullptr;
  const Extent extent = ExtentOf(options);
  std::vector<std::string> lost;
  for (const StoredObject& object : target.objects) {
    const bool trigger = object.kind == StoredObject::Kind::kTrigger;
    const bool event = object.kind == StoredObject::Kind::kEvent;
    if (!lacks(trigger ? kTriggers : event ? kEvents : kRoutines)) continue;
    if (extent == Extent::kTables && !(trigger && chosen.Has(object.table))) continue;
    // The dump replaces the triggers of its own tables only.
    if (extent == Extent::kDump &&
        !(trigger && (known ? incoming->HasTable(object.table) : options.in_place))) {
      continue;
    }
    lost.push_back(
        absl::StrCat(absl::AsciiStrToLower(SqlWord(object.kind)), " ", ToUtf8(object.name)));
  }
  if ((known || options.in_place) && extent == Extent::kDatabase && lacks(kTables)) {
    for (const Table& table : target.tables) {
      if (known && incoming->Has(table)) continue;
      lost.push_back(
          absl::StrCat(table.kind == Table::Kind::kView ? "view " : "table ", ToUtf8(table.name)));
    }
  }
  if (lost.empty()) return absl::OkStatus();
  return errs::UserError(
      "mysql.restore", errs::kTargetNotEmpty,
      absl::StrCat("--clean would drop ", base::ListSome(lost, kShown), " of database ",
                   ToUtf8(target.database),
                   ", and the dump may lack them: the user who made it could not see such objects"),
      absl::StrCat(
          "back up as a user who may see them, or drop them at the target first",
          options.in_place ? "; without --in-place, tables that the dump has do not count" : ""));
}

absl::Status WarnOfKept(const base::Context& context, Session& session,
                        const driver::RestoreOptions& options, const Catalog& target) {
  if (!options.clean || !options.create.empty() || options.data_only ||
      ExtentOf(options) != Extent::kDatabase) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(std::vector<Hidden> hidden, FindHidden(context, session, target));
  // Triggers go with their tables.
  std::erase_if(hidden, [](const Hidden& one) { return one.kind == kTriggers; });
  if (hidden.empty()) return absl::OkStatus();
  context.Warn("restore", absl::StrCat(NotAllSeen(target, hidden), "--clean leaves them there"));
  return absl::OkStatus();
}

}  // namespace siphon::mysqlcommon
