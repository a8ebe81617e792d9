// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/regression/plain_dump.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace siphon::testing {
namespace {

constexpr std::string_view kFooter = "\n--\n-- PostgreSQL database dump complete\n--\n\n";
constexpr std::string_view kTablespace = "SET default_tablespace = ";
constexpr std::string_view kAccessMethod = "SET default_table_access_method = ";

// Removes the next line, with its line end, from `text` and returns it.
std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end == std::string_view::npos ? end : end + 1);
  text.remove_prefix(line.size());
  return line;
}

bool IsTitle(std::string_view line) {
  return (absl::StartsWith(line, "-- Name: ") || absl::StartsWith(line, "-- Data for Name: ")) &&
         absl::StrContains(line, "; Type: ") && absl::StrContains(line, "; Schema: ");
}

// The start of an entry: a title between two lines of "--".
bool StartsEntry(std::string_view text) {
  return TakeLine(text) == "--\n" && IsTitle(TakeLine(text)) && TakeLine(text) == "--\n";
}

bool StartsCopy(std::string_view line) {
  return absl::StartsWith(line, "COPY ") && absl::EndsWith(line, ") FROM stdin;\n");
}

// "TABLE" of "-- Name: items; Type: TABLE; Schema: public; Owner: postgres".
std::string_view TypeOf(std::string_view entry) {
  TakeLine(entry);
  std::string_view title = TakeLine(entry);
  title.remove_prefix(title.rfind("; Type: ") + 8);
  return title.substr(0, title.find(';'));
}

// The parts of a dump in order: the text before the first entry, then the entries; without the
// footer.
absl::StatusOr<std::vector<std::string_view>> Cut(std::string_view dump) {
  const size_t footer = dump.rfind(kFooter);
  if (footer == std::string_view::npos) {
    return absl::InvalidArgumentError("the dump does not have the end that pg_dump writes");
  }
  dump = dump.substr(0, footer);
  std::vector<std::string_view> parts;
  size_t start = 0;
  bool copying = false;
  for (std::string_view rest = dump; !rest.empty();) {
    if (!copying && StartsEntry(rest)) {
      const size_t here = dump.size() - rest.size();
      parts.push_back(dump.substr(start, here - start));
      start = here;
      TakeLine(rest);
      TakeLine(rest);
    }
    const std::string_view line = TakeLine(rest);
    copying = copying ? line != "\\.\n" : StartsCopy(line);
  }
  if (copying) return absl::InvalidArgumentError("a COPY of the dump has no end");
  parts.push_back(dump.substr(start));
  return parts;
}

std::string_view WithoutBlankEnd(std::string_view text) {
  while (absl::ConsumeSuffix(&text, "\n")) {
  }
  return text;
}

// The settings that pg_dump made for the following entries.
struct Defaults {
  std::string_view tablespace = "unset";
  std::string_view access_method = "unset";

  // Removes the settings, and empty lines, from the end of the preceding part.
  void TakeFrom(std::string_view& part) {
    std::optional<std::string_view> new_tablespace, new_access_method;
    while (true) {
      const std::string_view text = WithoutBlankEnd(part);
      const size_t newline = text.rfind('\n');
      std::string_view line = newline == std::string_view::npos ? text : text.substr(newline + 1);
      const std::string_view before = text.substr(0, text.size() - line.size());
      if (!absl::ConsumeSuffix(&line, ";")) break;
      if (absl::ConsumePrefix(&line, kTablespace)) {
        if (!new_tablespace.has_value()) new_tablespace = line;
      } else if (absl::ConsumePrefix(&line, kAccessMethod)) {
        if (!new_access_method.has_value()) new_access_method = line;
      } else {
        break;
      }
      part = before;
    }
    part = WithoutBlankEnd(part);
    tablespace = new_tablespace.value_or(tablespace);
    access_method = new_access_method.value_or(access_method);
  }

  // The settings of an entry, as a line before it.
  std::string For(std::string_view entry) const {
    const std::string_view type = TypeOf(entry);
    const bool stored = (type == "TABLE" && !absl::StrContains(entry, "\nPARTITION BY ")) ||
                        type == "MATERIALIZED VIEW";
    std::string text;
    if (stored || type == "INDEX" || type == "CONSTRAINT") {
      absl::StrAppend(&text, "-- tablespace ", tablespace, "\n");
    }
    if (stored) absl::StrAppend(&text, "-- access method ", access_method, "\n");
    return text;
  }
};

// "public.items" of a CREATE TABLE or a COPY; names are quoted as everywhere in the dump.
std::string_view NameBehind(std::string_view keyword, std::string_view statement) {
  const size_t start = statement.find(keyword);
  if (start == std::string_view::npos) return {};
  statement.remove_prefix(start + keyword.size());
  return statement.substr(0, statement.find(" ("));
}

// A list of names; a quoted one may contain a comma.
std::vector<std::string_view> SplitNames(std::string_view list) {
  std::vector<std::string_view> names;
  size_t start = 0;
  bool quoted = false;
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] == '"') quoted = !quoted;
    if (quoted || list[i] != ',') continue;
    names.push_back(list.substr(start, i - start));
    start = i + 2;
  }
  names.push_back(list.substr(start));
  return names;
}

constexpr std::string_view kCreateTable = "\nCREATE TABLE ";
constexpr std::string_view kCreateUnlogged = "\nCREATE UNLOGGED TABLE ";
constexpr std::string_view kBeforeColumns = " (\n    ";
constexpr std::string_view kBetweenColumns = ",\n    ";
constexpr std::string_view kInherits = "\n)\nINHERITS (";

// The name of the table that the entry creates, if the table inherits.
std::string_view Heir(std::string_view entry) {
  if (TypeOf(entry) != "TABLE" || !absl::StrContains(entry, kInherits)) return {};
  const std::string_view name = NameBehind(kCreateTable, entry);
  return name.empty() ? NameBehind(kCreateUnlogged, entry) : name;
}

// The entry of a table that inherits, with its columns and constraints sorted. A table without own
// columns is unchanged.
std::string SortColumns(std::string_view entry) {
  const size_t open = entry.find(kBeforeColumns);
  const size_t close = entry.find(kInherits);
  if (open == std::string_view::npos || close < open) return std::string(entry);
  const size_t start = open + kBeforeColumns.size();
  std::vector<std::string_view> columns =
      absl::StrSplit(entry.substr(start, close - start), kBetweenColumns);
  std::sort(columns.begin(), columns.end());
  return absl::StrCat(entry.substr(0, start), absl::StrJoin(columns, kBetweenColumns),
                      entry.substr(close));
}

std::string Permuted(const std::vector<std::string_view>& values, const std::vector<size_t>& order,
                     std::string_view separator) {
  std::vector<std::string_view> permuted;
  for (const size_t i : order) permuted.push_back(values[i]);
  return absl::StrJoin(permuted, separator);
}

// The data of a table that inherits, with columns and fields sorted by the columns' names.
absl::StatusOr<std::string> SortFields(std::string_view entry) {
  const size_t copy = entry.find("\nCOPY ");
  if (copy == std::string_view::npos) return std::string(entry);
  const size_t open = entry.find(" (", copy) + 2;
  const size_t close = entry.find(") FROM stdin;\n", open);
  const std::vector<std::string_view> names = SplitNames(entry.substr(open, close - open));
  std::vector<size_t> order(names.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return names[a] < names[b]; });

  std::string_view rest = entry.substr(close);
  std::string text =
      absl::StrCat(entry.substr(0, open), Permuted(names, order, ", "), TakeLine(rest));
  while (!absl::StartsWith(rest, "\\.")) {
    const std::string_view line = absl::StripSuffix(TakeLine(rest), "\n");
    const std::vector<std::string_view> fields = absl::StrSplit(line, '\t');
    if (fields.size() != names.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("a row of ", fields.size(), " fields for ", names.size(), " columns"));
    }
    absl::StrAppend(&text, Permuted(fields, order, "\t"), "\n");
  }
  return absl::StrCat(text, rest);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> SortedDump(std::string_view dump) {
  absl::StatusOr<std::vector<std::string_view>> parts = Cut(dump);
  if (!parts.ok()) return parts.status();
  std::set<std::string_view> heirs;
  for (size_t i = 1; i < parts->size(); ++i) {
    const std::string_view name = Heir((*parts)[i]);
    if (!name.empty()) heirs.insert(name);
  }
  Defaults defaults;
  std::string_view& preamble = parts->front();
  defaults.TakeFrom(preamble);
  std::vector<std::string> entries = {std::string(preamble)};
  for (size_t i = 1; i < parts->size(); ++i) {
    std::string_view entry = (*parts)[i];
    const std::string counts = defaults.For(entry);
    defaults.TakeFrom(entry);
    if (!Heir(entry).empty()) {
      entries.push_back(counts + SortColumns(entry));
    } else if (TypeOf(entry) == "TABLE DATA" && heirs.contains(NameBehind("\nCOPY ", entry))) {
      absl::StatusOr<std::string> sorted = SortFields(entry);
      if (!sorted.ok()) return sorted.status();
      entries.push_back(*std::move(sorted));
    } else {
      entries.push_back(absl::StrCat(counts, entry));
    }
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::string CompareDumps(const std::vector<std::string>& one, const std::vector<std::string>& other,
                         size_t limit) {
  constexpr size_t kShown = 2000;
  std::string text;
  const auto append = [&](std::string_view mark, const std::vector<std::string>& a,
                          const std::vector<std::string>& b) {
    std::vector<std::string> missing;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(missing));
    for (size_t i = 0; i < missing.size() && i < limit; ++i) {
      absl::StrAppend(&text, mark, missing[i].substr(0, kShown), "\n");
    }
    if (missing.size() > limit) {
      absl::StrAppend(&text, mark, " and ", missing.size() - limit, " more\n");
    }
  };
  append("only the first has:\n", one, other);
  append("only the second has:\n", other, one);
  return text;
}

}  // namespace siphon::testing
