// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/sql_error.h"

#include <libpq-fe.h>

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/postgres/names.h"
#include "errs/error.h"
#include "siphon/domain/sql/dialect.h"
#include "siphon/domain/sql/secrets.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres";
constexpr std::string_view kPositionUrl = "siphon.dev/postgres.Position";
constexpr std::string_view kStateUrl = "siphon.dev/postgres.SqlState";

// PostgreSQL documentation, Appendix A "PostgreSQL Error Codes". Two characters are a class.
struct Known {
  std::string_view state;
  errs::Cause cause;
  std::string_view hint;
};

constexpr Known kKnown[] = {
    {"08", errs::kConnectionFailed, ""},
    {"53100", errs::kIo, "the server's disk is full"},
    {"53300", errs::kConnectionFailed, "the server has no connection left"},
    {"57P0", errs::kConnectionFailed, "the server is shutting down or starting up"},
    {"58030", errs::kIo, "the server's disk failed"},
    {"55P03", errs::kBusy, "another session holds a lock"},
    {"55006", errs::kBusy, "another session uses the object"},
    {"40P01", errs::kBusy, "another session made conflicting changes; try again"},
    {"40001", errs::kBusy, "another session made conflicting changes; try again"},
    {"42501", errs::kDatabase, "the user lacks a privilege"},
    {"25006", errs::kDatabase, "the server is a standby, or is set to be read-only"},
};

std::string Field(const pg_result* result, int field) {
  const char* const text = PQresultErrorField(result, field);
  return text == nullptr ? "" : text;
}

std::string OneLine(std::string_view text) {
  return BoundedUtf8(
      absl::StrReplaceAll(sql::HideSecrets(sql::Dialect::kPostgres, text), {{"\n", " "}}));
}

}  // namespace

absl::Status SqlError(const pg_result* result) {
  std::string message = Field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (message.empty()) message = PQresultErrorMessage(result);
  if (message.empty()) message = "the server reports an error without a message";
  const std::string detail = Field(result, PG_DIAG_MESSAGE_DETAIL);
  if (!detail.empty()) absl::StrAppend(&message, ": ", detail);
  absl::Status status =
      SqlError(Field(result, PG_DIAG_SQLSTATE), message, Field(result, PG_DIAG_MESSAGE_HINT));
  const std::string position = Field(result, PG_DIAG_STATEMENT_POSITION);
  if (!position.empty()) status.SetPayload(kPositionUrl, absl::Cord(position));
  return status;
}

std::optional<int> ErrorPosition(const absl::Status& status) {
  const auto payload = status.GetPayload(kPositionUrl);
  int position = 0;
  if (!payload.has_value() || !absl::SimpleAtoi(std::string(*payload), &position)) {
    return std::nullopt;
  }
  return position;
}

std::string SqlState(const absl::Status& status) {
  return std::string(status.GetPayload(kStateUrl).value_or(absl::Cord()));
}

absl::Status SqlError(std::string_view state, std::string_view message, std::string_view hint) {
  const std::string detail = OneLine(message);
  const std::string own_hint = OneLine(hint);
  absl::Status status = errs::SystemError(kOp, errs::kDatabase, detail, own_hint);
  if (state == "XX001" || state == "XX002") status = errs::IntegrityError(kOp, detail, own_hint);
  for (const Known& known : kKnown) {
    if (!absl::StartsWith(state, known.state)) continue;
    status = errs::SystemError(kOp, known.cause, detail, own_hint.empty() ? known.hint : own_hint);
    break;
  }
  status.SetPayload(kStateUrl, absl::Cord(state));
  return status;
}

}  // namespace siphon::postgres
