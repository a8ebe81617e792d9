// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/deep.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "drivers/sqlite/body.h"
#include "drivers/sqlite/inspect.h"
#include "drivers/sqlite/schema.h"
#include "drivers/sqlite/sql_text.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/signals.h"

namespace siphon::sqlite {
namespace {

constexpr std::string_view kOp = "sqlite.verify";
// Number of messages of "PRAGMA integrity_check" in an error.
constexpr size_t kQuotedMessages = 5;
// Number of parts that were not checked, in the summary.
constexpr size_t kListedParts = 5;

absl::Status RefuseRowsAlone(Database&) {
  return errs::UserError(kOp, errs::kInvalidArgument,
                         "the dump contains rows only, and no tables for them",
                         "such a dump can only be checked by its checksum");
}

// Runs SQLite's checks: of the whole file, or table by table where that is not possible.
class IntegrityCheck {
 public:
  explicit IntegrityCheck(Database& database) : database_(database) {}

  absl::StatusOr<std::vector<std::string>> Run() {
    const absl::Status whole = Check("integrity_check");
    if (!NeedsOtherProgram(whole)) return Result(whole);
    // The structure of the file, without the content of indexes.
    const absl::Status structure = Check("quick_check");
    if (!structure.ok() && !NeedsOtherProgram(structure)) return structure;
    if (!structure.ok()) unchecked_.push_back("the use of all pages");
    ASSIGN_OR_RETURN(const std::vector<std::string> tables, Tables());
    for (const std::string& table : tables) RETURN_IF_ERROR(CheckTable(table));
    return Result(absl::OkStatus());
  }

 private:
  // True if a check failed because SQLite does not know something that the schema uses.
  bool NeedsOtherProgram(const absl::Status& status) const {
    if (!errs::Is(status, errs::kDatabase)) return false;
    return sqlite::NeedsOtherProgram(sqlite3_errmsg(database_.handle()));
  }

  absl::Status Check(std::string_view pragma) {
    ASSIGN_OR_RETURN(Statement check, database_.Prepare(absl::StrCat("PRAGMA main.", pragma)));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, check.Step());
      if (!row) return absl::OkStatus();
      std::string message = check.Text(0);
      if (message == "ok") continue;
      ASSIGN_OR_RETURN(const std::string index, IndexWithoutText(message));
      if (!index.empty()) {
        NoteUnchecked(
            absl::StrCat("the full-text index of \"", index, "\" (no text to compare it with)"));
      } else if (messages_.size() < kQuotedMessages) {
        messages_.push_back(std::move(message));
      }
    }
  }

  // FTS4 compares an index with its text, and fails for a table without one (content=''), or whose
  // text another table or program has. The name of that table if `message` is this failure; "" if
  // it is damage.
  absl::StatusOr<std::string> IndexWithoutText(std::string_view message) {
    constexpr std::string_view kFailed =
        "unable to validate the inverted index for FTS4 table main.";
    if (!absl::ConsumePrefix(&message, kFailed)) return "";
    if (!absl::ConsumeSuffix(&message, absl::StrCat(": ", sqlite3_errstr(SQLITE_ERROR)))) return "";
    ASSIGN_OR_RETURN(const Catalog catalog, ReadCatalog(database_));
    const auto has = [&](std::string_view suffix) {
      return catalog.FindTable(absl::StrCat(message, suffix)) != nullptr;
    };
    const bool sound = has("_segments") && has("_segdir") && !has("_content");
    return sound ? std::string(message) : "";
  }

  // Several checks may meet the same part.
  void NoteUnchecked(std::string part) {
    const auto found = std::find(unchecked_.begin(), unchecked_.end(), part);
    if (found == unchecked_.end()) unchecked_.push_back(std::move(part));
  }

  absl::StatusOr<std::vector<std::string>> Tables() {
    ASSIGN_OR_RETURN(Statement read, database_.Prepare("SELECT name FROM main.sqlite_schema"
                                                       " WHERE type = 'table' ORDER BY name"));
    std::vector<std::string> names;
    while (true) {
      ASSIGN_OR_RETURN(const bool row, read.Step());
      if (!row) return names;
      names.push_back(read.Text(0));
    }
  }

  absl::Status CheckTable(const std::string& table) {
    const std::string argument = absl::StrCat("(", QuoteIdentifier(table), ")");
    const absl::Status content = Check(absl::StrCat("integrity_check", argument));
    if (!NeedsOtherProgram(content)) return content;
    const std::string reason = sqlite3_errmsg(database_.handle());
    const absl::Status structure = Check(absl::StrCat("quick_check", argument));
    const bool none = NeedsOtherProgram(structure);
    if (!structure.ok() && !none) return structure;
    unchecked_.push_back(
        absl::StrCat(none ? "table" : "the indexes of table", " \"", table, "\" (", reason, ")"));
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> Result(const absl::Status& status) {
    RETURN_IF_ERROR(status);
    if (messages_.empty()) return std::move(unchecked_);
    return errs::IntegrityError(
        "sqlite.check", absl::StrCat(database_.path(), ": ", absl::StrJoin(messages_, "; ")));
  }

  Database& database_;
  std::vector<std::string> messages_;   // The first ones.
  std::vector<std::string> unchecked_;  // What was not checked, and why.
};

}  // namespace

absl::StatusOr<std::vector<std::string>> CheckIntegrity(const base::Context& context,
                                                        Database& database) {
  Database::Scope scope(database, context, "sqlite.check");
  return IntegrityCheck(database).Run();
}

absl::StatusOr<driver::DeepReport> VerifyDeep(const base::Context& context,
                                              const Stage::Place& place, base::Reader& body) {
  base::CountingReader counted(&body);
  ASSIGN_OR_RETURN(const std::unique_ptr<Stage> stage,
                   Stage::FromBody(context, counted, place, &RefuseRowsAlone));
  // One call of a function in an index can take hours, and SQLite does not look at the stop within.
  const base::DeafWork deaf;
  ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, stage->Open());
  ASSIGN_OR_RETURN(const std::vector<std::string> unchecked, CheckIntegrity(context, *database));
  Database::Scope scope(*database, context, kOp);
  ASSIGN_OR_RETURN(const verbs::Schema schema, Inspect(*database, {.exact = true}));
  driver::DeepReport report;
  report.format = std::string(stage->format() == Format::kImage ? kImageFormat : kSqlFormat);
  report.bytes = counted.count();
  report.summary = "restored into a scratch database: engine check passed";
  if (!unchecked.empty()) {
    absl::StrAppend(&report.summary,
                    "; not checked: ", base::ListSome(unchecked, kListedParts, ", "));
  }
  for (const verbs::TableSchema& table : schema.tables) {
    if (table.kind != "view") report.tables.push_back({table.name, table.rows, table.bytes});
  }
  return report;
}

}  // namespace siphon::sqlite
