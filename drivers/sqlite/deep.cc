// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/deep.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/sqlite/body.h"
#include "drivers/sqlite/inspect.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::sqlite {
namespace {

constexpr std::string_view kOp = "sqlite.verify";
// Number of messages of "PRAGMA integrity_check" in an error.
constexpr size_t kQuotedMessages = 5;

absl::Status RefuseRowsAlone(Database&) {
  return errs::UserError(kOp, errs::kInvalidArgument,
                         "the dump contains rows only, and no tables for them",
                         "such a dump can only be checked by its checksum");
}

}  // namespace

absl::Status CheckIntegrity(const base::Context& context, Database& database) {
  Database::Scope scope(database, context, "sqlite.check");
  ASSIGN_OR_RETURN(Statement check, database.Prepare("PRAGMA main.integrity_check"));
  std::vector<std::string> messages;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, check.Step());
    if (!row) break;
    std::string message = check.Text(0);
    if (message != "ok" && messages.size() < kQuotedMessages) messages.push_back(message);
  }
  if (messages.empty()) return absl::OkStatus();
  return errs::IntegrityError("sqlite.check",
                              absl::StrCat(database.path(), ": ", absl::StrJoin(messages, "; ")));
}

absl::StatusOr<driver::DeepReport> VerifyDeep(const base::Context& context,
                                              const Stage::Place& place, base::Reader& body) {
  base::CountingReader counted(&body);
  ASSIGN_OR_RETURN(const std::unique_ptr<Stage> stage,
                   Stage::FromBody(context, counted, place, &RefuseRowsAlone));
  ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, stage->Open());
  RETURN_IF_ERROR(CheckIntegrity(context, *database));
  Database::Scope scope(*database, context, kOp);
  ASSIGN_OR_RETURN(const verbs::Schema schema, Inspect(*database, {.exact = true}));
  driver::DeepReport report;
  report.format = std::string(stage->format() == Format::kImage ? kImageFormat : kSqlFormat);
  report.bytes = counted.count();
  report.summary = "restored into a scratch database: engine check passed";
  for (const verbs::TableSchema& table : schema.tables) {
    if (table.kind != "view") report.tables.push_back({table.name, table.rows, table.bytes});
  }
  return report;
}

}  // namespace siphon::sqlite
