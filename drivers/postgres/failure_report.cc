// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/failure_report.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/exclude.h"
#include "drivers/postgres/function_path.h"
#include "drivers/postgres/restore_plan.h"
#include "drivers/postgres/tools.h"
#include "errs/error.h"
#include "siphon/base/excerpt.h"

namespace siphon::postgres {
namespace {

// PostgreSQL's manual, appendix "PostgreSQL Error Codes": undefined_table, undefined_function,
// undefined_object.
constexpr std::string_view kUndefined[] = {"42P01", "42883", "42704"};

// invalid_schema_name.
constexpr std::string_view kNoSchema = "3F000";

// insufficient_privilege.
constexpr std::string_view kNoPrivilege = "42501";

// invalid_parameter_value.
constexpr std::string_view kInvalidValue = "22023";

bool IsUndefined(std::string_view state) {
  return std::find(std::begin(kUndefined), std::end(kUndefined), state) != std::end(kUndefined);
}

// An object that a statement names does not exist.
bool IsLack(std::string_view state) { return IsUndefined(state) || state == kNoSchema; }

// The nearest functions on which an entry depends and that follow the search_path.
std::vector<const ArchiveEntry*> FunctionsOf(const Archive& archive, const ArchiveEntry& entry) {
  std::unordered_map<int32_t, const ArchiveEntry*> by_id;
  for (const ArchiveEntry& one : archive.entries) by_id[one.id] = &one;
  EntryIds seen = {entry.id};
  std::vector<const ArchiveEntry*> level = {&entry}, functions;
  while (functions.empty() && !level.empty()) {
    std::vector<const ArchiveEntry*> next;
    for (const ArchiveEntry* one : level) {
      for (const int32_t id : one->dependencies) {
        const auto other = by_id.find(id);
        if (other == by_id.end() || !seen.insert(id).second) continue;
        next.push_back(other->second);
        if (FollowsSearchPath(*other->second)) functions.push_back(other->second);
      }
    }
    level = std::move(next);
  }
  return functions;
}

std::string UnqualifiedHint(const Archive& archive, const ArchiveEntry& entry) {
  std::vector<std::string> functions;
  for (const ArchiveEntry* function : FunctionsOf(archive, entry)) {
    functions.push_back(ArchiveText(archive, SignatureOf(*function)));
  }
  const std::string exclusion = ExclusionOf(archive, entry);
  const std::string object =
      exclusion.empty() ? EntryName(archive, entry) : exclusion.substr(exclusion.find(':') + 1);
  std::string hint = absl::StrCat(
      "a restore runs with an empty search_path, and a function has names without a schema: ",
      functions.empty() ? absl::StrCat("one that ", object, " uses")
                        : absl::StrCat(base::ListSome(functions), ", used by ", object),
      "; restore with --search-path SCHEMA, or run ALTER FUNCTION ",
      functions.empty() ? "..." : functions.front(),
      " SET search_path = SCHEMA in the source and back up again");
  // Without its rows a table would be restored, but not as it was.
  if (!exclusion.empty() && entry.kind != "TABLE DATA" && entry.kind != "TABLE") {
    absl::StrAppend(&hint, "; --exclude-object '", exclusion, "' leaves the object out");
  }
  return hint;
}

}  // namespace

driver::ToolRun::Line FailureReport::Classify(std::string_view line) {
  std::string_view text = line;
  if (absl::ConsumePrefix(&text, "pg_restore: from TOC entry ")) {
    int32_t id = 0;
    if (absl::SimpleAtoi(text.substr(0, text.find(';')), &id)) command_.entry = id;
  } else if (absl::ConsumePrefix(&text, "pg_restore: SQLSTATE ")) {
    command_.in_function = absl::ConsumeSuffix(&text, " in a function");
    command_.state = std::string(text);
  }
  return ClassifyToolLine(line);
}

absl::Status WithoutOwnCommand(const absl::Status& status) {
  std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value()) return status;
  std::string_view detail = absl::StripTrailingAsciiWhitespace(error->detail);
  if (!absl::ConsumeSuffix(&detail, "; Command was:")) return status;
  error->detail = std::string(detail);
  return errs::MakeStatus(*std::move(error));
}

absl::Status ExplainFailedCommand(const absl::Status& status, const Archive& archive,
                                  const FailedCommand& command, bool scratch) {
  std::optional<errs::Error> error = errs::GetError(status);
  const auto entry = std::find_if(archive.entries.begin(), archive.entries.end(),
                                  [&](const ArchiveEntry& one) { return one.id == command.entry; });
  if (!error.has_value() || entry == archive.entries.end()) return status;
  if (IsUndefined(command.state) && command.in_function) {
    error->hint = UnqualifiedHint(archive, *entry);
  } else if (entry->kind == "SECURITY LABEL" && command.state == kInvalidValue) {
    error->hint = absl::StrCat(
        "the server may not have loaded the label's provider (session_preload_libraries); "
        "--exclude-object '",
        ExclusionOf(archive, *entry), "' leaves the label out");
  } else if (IsRelation(*entry) && IsLack(command.state) && !HoldsWholeDatabase(archive)) {
    error->hint = absl::StrCat(
        "the dump does not have what ", EntryName(archive, *entry),
        " needs, because it is not of a whole database: ",
        scratch ? ""
                : "create the missing object (a type, a domain, a function, ...) in the target"
                  " first, or ",
        "back up without --table");
  } else {
    return status;
  }
  return errs::MakeStatus(*std::move(error));
}

bool NeedsRights(const FailedCommand& command, const Archive& archive, bool left_out) {
  return command.state.empty() || command.state == kNoPrivilege ||
         (left_out && IsLack(command.state) && HoldsWholeDatabase(archive));
}

}  // namespace siphon::postgres
