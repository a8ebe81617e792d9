// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_SESSION_SETTINGS_H_
#define DRIVERS_POSTGRES_SESSION_SETTINGS_H_

#include <string>
#include <string_view>

#include "absl/types/span.h"

namespace siphon::postgres {

// A setting of the server that every session of siphon's own fixes, because a server, a database or
// a role could otherwise cut, change or refuse a result. The search_path is not among them: it is
// emptied before anything else (see Session::Connect()). A test compares the list with pg_settings.
struct SessionSetting {
  std::string_view name;
  std::string_view value;
  int since = 0;  // The first major version that has it.
};
absl::Span<const SessionSetting> OwnSettings();

// Statements that give a session on a server of this major version the values of OwnSettings(). The
// session's search_path must be empty.
std::string OwnSettingsSql(int server_major);

// The statements that set what pg_restore's session needs beyond its own settings: it notices a
// lost client while it builds an index, and reads {NULL} as a null.
std::string RestoreSettingsSql(int server_major);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_SESSION_SETTINGS_H_
