// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_CONNECT_FAILURE_H_
#define DRIVERS_POSTGRES_CONNECT_FAILURE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace siphon::postgres {

// Why no connection came about.
struct ConnectFailure {
  std::string what;    // In siphon's words: "the password is wrong".
  std::string advice;  // What to do; may be empty.
  bool retry = false;  // It may be otherwise in a moment.
  bool user = false;   // The profile is at fault, not the surroundings.
  bool unknown_database = false;
};

// Reads libpq's message about a failed connection. The server's part of it may be in any language:
// its SQLSTATE is looked at, which libpq gives under PQERRORS_VERBOSE. Of several hosts' messages
// the one counts that says most.
ConnectFailure ClassifyConnectFailure(std::string_view message);

// libpq's message as one line of UTF-8: without the parts that only PQERRORS_VERBOSE has.
std::string CleanMessage(std::string_view message);

// errs::kConnectionFailed (or errs::kInvalidArgument when the profile is at fault): the failure
// with what was connected to, libpq's message and the advice.
absl::Status ConnectError(std::string_view target, const ConnectFailure& failure,
                          std::string_view message);
// True for a ConnectError() with ConnectFailure::unknown_database.
bool IsUnknownDatabase(const absl::Status& status);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_CONNECT_FAILURE_H_
