// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/session.h"
#include "drivers/postgres/sql_error.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres";
// Bytes in one message; libpq copies them into its buffer.
constexpr size_t kMessage = size_t{64} << 10;

base::Context::SteadyTime Forever() { return base::Context::SteadyTime::max(); }

struct ResultCloser {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultHandle = std::unique_ptr<PGresult, ResultCloser>;

}  // namespace

absl::StatusOr<int64_t> Session::CopyIn(const base::Context& context, const std::string& sql,
                                        BytesSource next) {
  RETURN_IF_ERROR(context.Check());
  if (abandoned_ || PQsendQuery(connection_, sql.c_str()) == 0) return LostError();
  RETURN_IF_ERROR(BeginCopyIn(context));
  if (PQsetnonblocking(connection_, 1) != 0) return Abandon(LostError());
  const absl::Cleanup blocking = [this] {
    if (!broken()) PQsetnonblocking(connection_, 0);
  };
  if (absl::Status sent = SendCopied(context, next); !sent.ok()) {
    // A session in the middle of a COPY does not answer to a request to cancel.
    return Abandon(std::move(sent));
  }
  ASSIGN_OR_RETURN(PGresult* const last, ReadResults(context));
  if (last == nullptr) return NoResultError();
  const ResultHandle result(last);
  int64_t rows = 0;
  if (!absl::SimpleAtoi(PQcmdTuples(result.get()), &rows)) {
    return Abandon(errs::SystemError(
        kOp, errs::kDatabase, absl::StrCat(target_, ": the server does not count the rows")));
  }
  return rows;
}

absl::Status Session::BeginCopyIn(const base::Context& context) {
  Waiter waiter(context);
  const absl::StatusOr<PGresult*> first = NextResult(waiter, Forever());
  if (!first.ok()) {
    const absl::Status stopped = context.Check();
    if (stopped.ok()) return first.status();
    Cancel();
    return stopped;
  }
  const ResultHandle result(*first);
  if (result == nullptr) return NoResultError();
  if (PQresultStatus(result.get()) == PGRES_COPY_IN) return absl::OkStatus();
  if (PQresultStatus(result.get()) != PGRES_FATAL_ERROR) {
    return Abandon(errs::SystemError(
        kOp, errs::kDatabase, absl::StrCat(target_, ": the server does not answer with a COPY")));
  }
  const absl::Status error = broken() ? LostError() : SqlError(result.get());
  const ResultHandle rest(ReadResults(context).value_or(nullptr));
  return error;
}

absl::Status Session::SendCopied(const base::Context& context, BytesSource next) {
  Waiter waiter(context);
  while (true) {
    ASSIGN_OR_RETURN(std::string_view bytes, next());
    if (bytes.empty()) break;
    while (!bytes.empty()) {
      const std::string_view message = bytes.substr(0, kMessage);
      if (PQputCopyData(connection_, message.data(), static_cast<int>(message.size())) != 1) {
        return LostError();
      }
      RETURN_IF_ERROR(Flush(waiter));
      bytes.remove_prefix(message.size());
    }
  }
  RETURN_IF_ERROR(context.Check());
  if (PQputCopyEnd(connection_, nullptr) < 0) return LostError();
  return Flush(waiter);
}

absl::Status Session::Flush(Waiter& waiter) {
  while (true) {
    const int flushed = PQflush(connection_);
    if (flushed < 0) return LostError();
    if (flushed == 0) return absl::OkStatus();
    RETURN_IF_ERROR(waiter.Wait(PQsocket(connection_), POLLIN | POLLOUT, Forever()).status());
    // The server may wait until its notices are read. A lost connection shows when the results are.
    PQconsumeInput(connection_);
  }
}

}  // namespace siphon::postgres
