// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/postgres_connection.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "libpq-fe.h"

namespace siphon::testing {
namespace {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

absl::StatusOr<Result> Execute(PGconn* connection, std::string_view sql) {
  Result result(PQexec(connection, std::string(sql).c_str()), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return result;
  return absl::InternalError(
      absl::StrCat(absl::StripAsciiWhitespace(PQerrorMessage(connection)), ": ", sql));
}

}  // namespace

struct PostgresConnection::State {
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection{nullptr, &PQfinish};
};

PostgresConnection::PostgresConnection(std::unique_ptr<State> state) : state_(std::move(state)) {}
PostgresConnection::~PostgresConnection() = default;

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(
    const std::string& conninfo) {
  auto state = std::make_unique<State>();
  state->connection.reset(PQconnectdb(conninfo.c_str()));
  if (PQstatus(state->connection.get()) != CONNECTION_OK) {
    return absl::UnavailableError(
        absl::StripAsciiWhitespace(PQerrorMessage(state->connection.get())));
  }
  // Notices of the server are ignored.
  PQsetNoticeProcessor(
      state->connection.get(), [](void*, const char*) {}, nullptr);
  return std::unique_ptr<PostgresConnection>(new PostgresConnection(std::move(state)));
}

absl::Status PostgresConnection::Run(std::string_view sql) {
  return Execute(state_->connection.get(), sql).status();
}

absl::StatusOr<std::string> PostgresConnection::Value(std::string_view sql) {
  ASSIGN_OR_RETURN(const Result result, Execute(state_->connection.get(), sql));
  if (PQntuples(result.get()) < 1 || PQnfields(result.get()) < 1) {
    return absl::NotFoundError(absl::StrCat("no row: ", sql));
  }
  return std::string(PQgetvalue(result.get(), 0, 0));
}

}  // namespace siphon::testing
