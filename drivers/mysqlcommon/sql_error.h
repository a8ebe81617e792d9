// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SQL_ERROR_H_
#define DRIVERS_MYSQLCOMMON_SQL_ERROR_H_

#include <initializer_list>
#include <string_view>

#include "absl/status/status.h"

namespace siphon::mysqlcommon {

// What a server or Connector/C says: the number (mysqld_error.h, errmsg.h) and the text.
struct SqlMessage {
  unsigned int number = 0;
  std::string_view text;
};

// The error of a statement. Its cause follows from the number: errs::kBusy for locks,
// errs::kIntegrity for damaged tables, errs::kConnectionFailed for a server that is gone,
// errs::kDatabase for the rest. `what` was tried; it may be empty.
absl::Status SqlError(const SqlMessage& message, std::string_view what = "");

// True for SqlError() or ConnectError() of a message with one of these numbers.
bool IsSqlError(const absl::Status& status, std::initializer_list<unsigned int> numbers);

// Why no connection came about.
struct ConnectFailure {
  std::string_view what;    // In siphon's words.
  std::string_view advice;  // May be empty.
  bool retry = false;       // It may be otherwise in a moment.
};
ConnectFailure ClassifyConnectFailure(const SqlMessage& message);
// errs::kConnectionFailed: the failure with what was connected to, the message and the advice.
absl::Status ConnectError(std::string_view target, const SqlMessage& message);
// True for a ConnectError() because the server has no such database.
bool IsUnknownDatabase(const absl::Status& status);

// True when the server has ended the connection, or it broke: nothing succeeds on it any more.
bool IsLost(unsigned int number);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SQL_ERROR_H_
