// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SQL_ERROR_H_
#define DRIVERS_MYSQLCOMMON_SQL_ERROR_H_

#include <chrono>
#include <initializer_list>
#include <string_view>

#include "absl/status/status.h"

namespace siphon::mysqlcommon {

// An error of a server or of Connector/C: its number (mysqld_error.h, errmsg.h) and text.
struct SqlMessage {
  unsigned int number = 0;
  std::string_view text;
};

// The error of a statement as a status. The number decides about the cause: errs::kBusy for locks,
// errs::kIntegrity for damaged tables, errs::kConnectionFailed for a lost server, errs::kDatabase
// for all others. `what` names the operation, for the message; it may be empty.
absl::Status SqlError(const SqlMessage& message, std::string_view what = "");

// True when `status` was made by SqlError() or ConnectError() from a message with one of these
// numbers.
bool IsSqlError(const absl::Status& status, std::initializer_list<unsigned int> numbers);

// True when the server has refused a statement for lack of a right.
bool IsDenied(const absl::Status& status);
// What to do about a server that refuses to create a database, other than for lack of a right.
inline constexpr std::string_view kReadOnlyHint =
    "the server takes no changes (read_only, super_read_only): connect to the primary server";

// Why a connection could not be made.
struct ConnectFailure {
  std::string_view what;    // siphon's description.
  std::string_view advice;  // May be empty.
  bool retry = false;       // Another attempt may succeed.
};
ConnectFailure ClassifyConnectFailure(const SqlMessage& message);
// errs::kConnectionFailed, with the target, the failure, the server's message and the advice.
absl::Status ConnectError(std::string_view target, const SqlMessage& message);
// The same when no login was possible within the time limit.
absl::Status NoAnswer(std::string_view target, std::chrono::seconds limit);
// True for a ConnectError() because the server has no such database.
bool IsUnknownDatabase(const absl::Status& status);

// True for an error that Connector/C has found, not the server.
bool IsClientError(unsigned int number);
// True when the server or the account has no connection left.
bool IsTooBusy(unsigned int number);
// True when the error means that the connection is lost: no statement succeeds on it again.
bool IsLost(unsigned int number);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SQL_ERROR_H_
