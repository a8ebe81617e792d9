// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_CONNECT_FAILURE_H_
#define DRIVERS_POSTGRES_CONNECT_FAILURE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace siphon::postgres {

// The cause of a failed connection.
struct ConnectFailure {
  std::string what;    // "the password is wrong"
  std::string advice;  // What to do; may be empty.
  bool retry = false;  // Another attempt may succeed.
  bool user = false;   // The profile is wrong, not the network or the server.
  bool unknown_database = false;
};

// Classifies libpq's message about a failed connection. The server's part of the message may be in
// any language, so its SQLSTATE counts, which libpq includes under PQERRORS_VERBOSE. Of the
// messages of several hosts, the most specific one counts.
ConnectFailure ClassifyConnectFailure(std::string_view message);

// libpq's message as one line of UTF-8, without the parts that PQERRORS_VERBOSE adds.
std::string CleanMessage(std::string_view message);

// errs::kConnectionFailed, as a user's error if the profile is wrong: the failure with the target,
// libpq's message and the advice.
absl::Status ConnectError(std::string_view target, const ConnectFailure& failure,
                          std::string_view message);
// True for a ConnectError() with ConnectFailure::unknown_database.
bool IsUnknownDatabase(const absl::Status& status);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_CONNECT_FAILURE_H_
