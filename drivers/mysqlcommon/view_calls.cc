// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/view_calls.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/names.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isascii(c); });
}

// True if the server could take both names for the same: its collations for names distinguish
// neither case nor accents.
bool MayBeSame(std::string_view a, std::string_view b) {
  return !IsAscii(a) || !IsAscii(b) || absl::EqualsIgnoreCase(a, b);
}

struct View {
  std::string schema, name, text;
  bool invoker = false;
  std::set<std::string> names = {};  // Those in the text.
  bool calls = false;
};

// All views that the user may see. These columns do not open them.
absl::StatusOr<std::vector<View>> ReadViews(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(const Rows rows,
                   session.Query(context,
                                 "SELECT table_schema, table_name, security_type, view_definition"
                                 " FROM information_schema.views WHERE table_schema <> 'sys'"));
  std::vector<View> views;
  for (const Row& row : rows) {
    View& view = views.emplace_back();
    view.schema = Text(row, 0);
    view.name = Text(row, 1);
    view.invoker = Text(row, 2) != "DEFINER";
    view.text = Text(row, 3);
    TokenReader reader(view.text);
    for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
      if (token.IsIdentifier()) view.names.insert(token.Value());
    }
  }
  return views;
}

bool Names(const View& view, const View& other) {
  return std::any_of(view.names.begin(), view.names.end(),
                     [&](const std::string& name) { return MayBeSame(name, other.name); });
}

}  // namespace

absl::StatusOr<EagerFunctions> EagerFunctions::Read(const base::Context& context,
                                                    Session& session) {
  EagerFunctions eager;
  eager.rule_ = RuleOf(session);
  if (!session.is_mariadb()) return eager;
  ASSIGN_OR_RETURN(const Rows rows,
                   session.Query(context,
                                 "SELECT routine_schema, routine_name, routine_type"
                                 " FROM information_schema.routines"
                                 " WHERE routine_schema <> 'sys' AND security_type = 'INVOKER' AND"
                                 " ((routine_type = 'FUNCTION' AND is_deterministic = 'YES') OR"
                                 " (routine_type = 'PACKAGE BODY' AND (routine_definition IS NULL"
                                 " OR routine_definition LIKE '%deterministic%')))"));
  for (const Row& row : rows) {
    std::vector<Name>& list = Text(row, 2) == "FUNCTION" ? eager.functions_ : eager.packages_;
    list.push_back({std::string(Text(row, 0)), std::string(Text(row, 1))});
  }
  return eager;
}

bool EagerFunctions::Has(const std::vector<Name>& list, std::string_view schema,
                         std::string_view name) {
  return std::any_of(list.begin(), list.end(), [&](const Name& one) {
    return MayBeSame(one.schema, schema) && MayBeSame(one.name, name);
  });
}

bool EagerFunctions::HasPackage(std::string_view schema, std::string_view name,
                                std::string_view database) const {
  return Has(packages_, schema, name) ||
         (MayBeSame(schema, database) &&
          std::any_of(own_packages_.begin(), own_packages_.end(),
                      [&](const std::string& own) { return MayBeSame(own, name); }));
}

bool EagerFunctions::CalledBy(std::string_view view, const Syntax& syntax,
                              std::string_view database) const {
  if (empty()) return false;
  TokenReader reader(view, syntax, rule_);
  std::vector<std::string> names;  // "a.b.c"
  bool joined = false;             // After a dot.
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (token.IsSymbol('.')) {
      joined = true;
      continue;
    }
    if (token.IsIdentifier()) {
      if (!joined) names.clear();
      names.push_back(token.Value());
    } else if (token.IsSymbol('(') && !names.empty()) {
      const std::string& last = names.back();
      const size_t count = names.size();
      if (count == 1 && Has(functions_, database, last)) return true;
      if (count == 2 &&
          (Has(functions_, names[0], last) || HasPackage(database, names[0], database))) {
        return true;
      }
      if (count > 2 && HasPackage(names[count - 3], names[count - 2], database)) return true;
    }
    joined = false;
    if (!token.IsIdentifier()) names.clear();
  }
  return false;
}

namespace {

// All views of the server, with the calls of `eager`.
absl::StatusOr<std::vector<View>> FindCalls(const base::Context& context, Session& session,
                                            const EagerFunctions& eager) {
  ASSIGN_OR_RETURN(std::vector<View> views, ReadViews(context, session));
  for (View& view : views) {
    // The text of a view that the user may not see is empty.
    view.calls = view.text.empty() || eager.CalledBy(view.text, {}, view.schema);
  }
  for (bool more = true; more;) {
    more = false;
    for (View& view : views) {
      if (view.calls) continue;
      view.calls = std::any_of(views.begin(), views.end(), [&](const View& other) {
        return other.calls && other.invoker && Names(view, other);
      });
      more = more || view.calls;
    }
  }
  return views;
}

}  // namespace

absl::StatusOr<CallingViews> FindCallingViews(const base::Context& context, Session& session,
                                              std::string_view database) {
  CallingViews calling;
  ASSIGN_OR_RETURN(const EagerFunctions eager, EagerFunctions::Read(context, session));
  if (eager.empty()) return calling;
  ASSIGN_OR_RETURN(const std::vector<View> views, FindCalls(context, session, eager));
  ASSIGN_OR_RETURN(const std::optional<std::string> lower,
                   session.Value(context, "SELECT @@lower_case_table_names"));
  const bool any_case = lower.value_or("0") != "0";
  for (const View& view : views) {
    const bool here =
        any_case ? absl::EqualsIgnoreCase(view.schema, database) : view.schema == database;
    if (!here || !view.calls) continue;
    calling.text.insert(view.name);
    if (view.invoker) calling.opened.insert(view.name);
  }
  return calling;
}

absl::StatusOr<ViewGuard> ViewGuard::Read(const base::Context& context, Session& session) {
  ViewGuard guard;
  ASSIGN_OR_RETURN(guard.eager_, EagerFunctions::Read(context, session));
  if (guard.eager_.empty()) return guard;
  ASSIGN_OR_RETURN(const std::vector<View> views, FindCalls(context, session, guard.eager_));
  for (const View& view : views) {
    if (view.calls && view.invoker) guard.views_.push_back({view.schema, view.name});
  }
  return guard;
}

bool ViewGuard::Runs(std::string_view view, const Syntax& syntax, std::string_view database) const {
  if (eager_.CalledBy(view, syntax, database)) return true;
  if (views_.empty()) return false;
  TokenReader reader(view, syntax, eager_.rule());
  std::string before;  // The name before a dot.
  bool joined = false;
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (token.IsSymbol('.')) {
      joined = true;
      continue;
    }
    if (token.IsIdentifier()) {
      std::string name = token.Value();
      if (EagerFunctions::Has(views_, joined ? std::string_view(before) : database, name)) {
        return true;
      }
      before = std::move(name);
    }
    joined = false;
  }
  return false;
}

absl::StatusOr<std::set<std::string>> ClosedViews(const base::Context& context, Session& session,
                                                  std::string_view database) {
  std::set<std::string> views;
  if (!session.is_mariadb()) return views;
  ASSIGN_OR_RETURN(const Rows rows,
                   session.Query(context, absl::StrCat("SELECT table_name"
                                                       " FROM information_schema.tables"
                                                       " WHERE table_type = 'VIEW' AND"
                                                       " table_schema = ",
                                                       QuoteText(database))));
  for (const Row& row : rows) views.emplace(Text(row, 0));
  return views;
}

std::string WithoutViews(const std::set<std::string>& views) {
  if (views.empty()) return "";
  return absl::StrCat(" AND table_name NOT IN (",
                      absl::StrJoin(views, ", ",
                                    [](std::string* out, const std::string& view) {
                                      absl::StrAppend(out, QuoteText(view));
                                    }),
                      ")");
}

}  // namespace siphon::mysqlcommon
