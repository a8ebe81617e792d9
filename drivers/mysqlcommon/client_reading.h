// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_CLIENT_READING_H_
#define DRIVERS_MYSQLCOMMON_CLIENT_READING_H_

#include <string>
#include <string_view>

#include "drivers/mysqlcommon/fork.h"
#include "drivers/mysqlcommon/tokens.h"

namespace siphon::mysqlcommon {

// True if the fork's client program (mysql, mariadb), with --binary-mode and --comments, sends
// `sql` as one statement when a line with a delimiter follows that `sql` does not contain. `syntax`
// is the session's; the client's own character set must be syntax.charset, or UTF-8 if that is
// kPlain. The client has its own ideas of strings and comments, and its commands: add_line() in
// client/mysql.cc.
bool ClientSendsAsIs(std::string_view sql, const Fork& fork, const Syntax& syntax);

// A delimiter that `sql` does not contain, in any case.
std::string AbsentDelimiter(std::string_view sql);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_CLIENT_READING_H_
