// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/selection.h"

#include <functional>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"
#include "siphon/domain/config/closest.h"
#include "sqlite3.h"

namespace siphon::sqlite {
namespace {

// The number of names in a hint.
constexpr size_t kHintNames = 10;

// Names in lower case.
using NameSet = std::set<std::string, std::less<>>;

bool IsSelectable(const Table& table) {
  return table.kind == Table::Kind::kOrdinary || table.kind == Table::Kind::kVirtual;
}

// What to name instead of `pattern`, which matches nothing.
std::string Known(const Catalog& catalog, std::string_view pattern) {
  std::vector<std::string> names;
  for (const Table& table : catalog.tables) {
    if (IsSelectable(table)) names.push_back(table.name);
  }
  if (names.empty()) return "there is no table";
  const std::optional<std::string_view> meant =
      config::Closest(pattern, {names.begin(), names.end()});
  return absl::StrCat(meant.has_value() ? absl::StrCat("did you mean ", *meant, "? ") : "",
                      "tables: ", base::ListSome(names, kHintNames));
}

// Adds the tables and views that match `pattern` to `names`.
absl::Status Match(const Catalog& catalog, const std::string& pattern, std::string_view operation,
                   NameSet& names) {
  const std::string lower = absl::AsciiStrToLower(pattern);
  if (const Table* const table = catalog.FindTable(pattern); table != nullptr) {
    if (!IsSelectable(*table)) {
      return errs::UserError(
          operation, errs::kInvalidArgument,
          absl::StrCat("table \"", table->name, "\" cannot be selected by itself"),
          table->owner.empty()
              ? "SQLite maintains it; it is copied with the tables to which it belongs"
              : absl::StrCat("it is a part of \"", table->owner, "\": select that table"));
    }
    names.insert(lower);
    return absl::OkStatus();
  }
  if (catalog.FindView(pattern) != nullptr) {
    names.insert(lower);
    return absl::OkStatus();
  }
  bool found = false;
  const auto consider = [&](const std::string& name) {
    std::string candidate = absl::AsciiStrToLower(name);
    if (sqlite3_strglob(lower.c_str(), candidate.c_str()) != 0) return;
    names.insert(std::move(candidate));
    found = true;
  };
  for (const Table& table : catalog.tables) {
    if (IsSelectable(table)) consider(table.name);
  }
  for (const Object& object : catalog.objects) {
    if (object.type == "view") consider(object.name);
  }
  if (found) return absl::OkStatus();
  return errs::UserError(operation, errs::kNotFound,
                         absl::StrCat("no table or view matches \"", pattern, "\""),
                         Known(catalog, pattern));
}

absl::StatusOr<NameSet> MatchAll(const Catalog& catalog, const std::vector<std::string>& patterns,
                                 std::string_view operation) {
  NameSet names;
  for (const std::string& pattern : patterns) {
    RETURN_IF_ERROR(Match(catalog, pattern, operation, names));
  }
  return names;
}

Selection Choose(const Catalog& catalog, const std::function<bool(const std::string&)>& chosen,
                 const NameSet& without_rows) {
  Selection selection;
  NameSet names;
  for (const Table& table : catalog.tables) {
    const std::string name = absl::AsciiStrToLower(table.name);
    if (!IsSelectable(table)) continue;
    if (!chosen(name)) {
      selection.partial = true;
      continue;
    }
    selection.tables.push_back({&table, !without_rows.contains(name)});
    names.insert(name);
  }
  for (const Object& object : catalog.objects) {
    if (object.type != "view") continue;
    const std::string name = absl::AsciiStrToLower(object.name);
    if (chosen(name)) {
      names.insert(name);
    } else {
      selection.partial = true;
    }
  }
  for (const Object& object : catalog.objects) {
    // Objects on a shadow table belong to the virtual table.
    const Table* const table = catalog.FindTable(object.table);
    const std::string& owner =
        table != nullptr && !table->owner.empty() ? table->owner : object.table;
    if (names.contains(absl::AsciiStrToLower(owner))) {
      selection.objects.push_back(&object);
    }
  }
  return selection;
}

}  // namespace

absl::StatusOr<Selection> SelectForBackup(const Catalog& catalog,
                                          const verbs::BackupOptions& options,
                                          std::string_view operation) {
  ASSIGN_OR_RETURN(const NameSet included, MatchAll(catalog, options.tables, operation));
  ASSIGN_OR_RETURN(const NameSet excluded, MatchAll(catalog, options.exclude_tables, operation));
  ASSIGN_OR_RETURN(const NameSet without_rows, MatchAll(catalog, options.exclude_data, operation));
  return Choose(
      catalog,
      [&](const std::string& name) {
        return (options.tables.empty() || included.contains(name)) && !excluded.contains(name);
      },
      without_rows);
}

absl::StatusOr<Selection> SelectForRestore(const Catalog& catalog,
                                           const std::vector<std::string>& names,
                                           const std::vector<std::string>& excluded,
                                           std::string_view operation) {
  ASSIGN_OR_RETURN(const NameSet included, MatchAll(catalog, names, operation));
  ASSIGN_OR_RETURN(const NameSet without, MatchAll(catalog, excluded, operation));
  return Choose(catalog,
                [&](const std::string& name) {
                  return (names.empty() || included.contains(name)) && !without.contains(name);
                },
                {});
}

}  // namespace siphon::sqlite
