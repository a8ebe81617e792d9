// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/database.h"

#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::migrate {
namespace {

// The key of the payload: the fields of a QueryError, joined by NUL.
constexpr std::string_view kPayloadUrl = "siphon.dev/migrate.QueryError";

}  // namespace

std::string StateText(const State& state) {
  if (state.version == kNilVersion) return state.dirty ? "none (dirty)" : "none";
  return absl::StrCat(state.version, state.dirty ? " (dirty)" : "");
}

absl::Status QueryFailed(const QueryError& error, const absl::Status& original) {
  const std::optional<errs::Error> cause = errs::GetError(original);
  std::string detail = error.file;
  if (error.line > 0) absl::StrAppend(&detail, ", line ", error.line);
  if (error.column > 0) absl::StrAppend(&detail, ", column ", error.column);
  absl::StrAppend(&detail, ": ",
                  cause.has_value() ? cause->detail : std::string(original.message()));
  if (error.statements > 1) {
    absl::StrAppend(&detail, " in statement ", error.statement, " of ", error.statements);
  }
  absl::StrAppend(&detail, ": ", error.query);
  absl::Status status =
      errs::MakeStatus({.op = "migrate",
                        .code = cause.has_value() ? cause->code : errs::Code::kSystem,
                        .cause = cause.has_value() ? cause->cause : errs::kDatabase,
                        .detail = detail,
                        .hint = cause.has_value() ? cause->hint : ""});
  status.SetPayload(
      kPayloadUrl, absl::Cord(absl::StrJoin(
                       {error.file, absl::StrCat(error.line), absl::StrCat(error.column),
                        absl::StrCat(error.statement), absl::StrCat(error.statements), error.query},
                       std::string_view("\0", 1))));
  return status;
}

std::optional<QueryError> GetQueryError(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return std::nullopt;
  const std::vector<std::string> fields = absl::StrSplit(std::string(*payload), '\0');
  QueryError error;
  if (fields.size() != 6 || !absl::SimpleAtoi(fields[1], &error.line) ||
      !absl::SimpleAtoi(fields[2], &error.column) ||
      !absl::SimpleAtoi(fields[3], &error.statement) ||
      !absl::SimpleAtoi(fields[4], &error.statements)) {
    return std::nullopt;
  }
  error.file = fields[0];
  error.query = fields[5];
  return error;
}

absl::Status Database::Apply(const base::Context& context, const Step& step) {
  RETURN_IF_ERROR(SetVersion(context, {step.target, true}));
  if (step.script != nullptr) RETURN_IF_ERROR(Run(context, *step.script));
  return SetVersion(context, {step.target, false});
}

absl::Status Database::Flush(const base::Context&) { return absl::OkStatus(); }

absl::Status Database::Resume(const base::Context&, const Step& step, UnknownOutcome) {
  return errs::UserError(
      "migrate.resume", errs::kDirty,
      absl::StrCat("the progress of version ", step.version, " is not recorded"),
      "repair the database by hand, then set its version: siphon migrate force V");
}

absl::Status Database::Force(const base::Context& context, int64_t version) {
  return SetVersion(context, {version, false});
}

absl::StatusOr<std::vector<HistoryRecord>> Database::History(const base::Context&) {
  return std::vector<HistoryRecord>();
}

}  // namespace siphon::migrate
