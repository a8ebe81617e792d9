// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_PROFILE_URL_H_
#define SIPHON_DOMAIN_PROFILE_URL_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::profile {

// True when `text` is to be read as a database URL and not as a profile's name: a scheme
// ([a-z][a-z0-9+.-]*) followed by "://".
bool LooksLikeUrl(std::string_view text);

// Parses "scheme://[user[:password]@][host][:port]/database[?key=value&...]" (RFC 3986).
//   sqlite, sqlite3      → driver "sqlite"; "sqlite:///abs/app.db", "sqlite://rel/app.db"
//                          (authority and path joined, as golang-migrate does). No user, no port.
//   postgres, postgresql → "postgres"; mysql → "mysql"; mariadb → "mariadb".
// For mysql and mariadb the host may be "tcp(host:port)" or "unix(/path)", as in go-sql-driver's
// DSN; the path becomes the parameter "socket" as it stands there. Percent-escapes are decoded in
// user, password, host, database and parameters. The profile's name is RedactUrl(text). Errors:
// errs::kInvalidArgument that names the URL without its password. For network databases "sslmode"
// goes to Profile::sslmode. For postgres, as in libpq, "host" (a socket's directory too), "port",
// "user", "password" and "dbname" may be parameters, and several hosts "h1:1,h2:2" are kept in
// Profile::host as written, with port 0. The password is a secret reference or a literal, as in the
// configuration.
absl::StatusOr<Profile> ParseUrl(std::string_view text);

// `text` with the password and the values of secret parameters replaced by "***"; also for text
// that ParseUrl refuses, where it hides rather too much, and shows control characters as "\xNN".
std::string RedactUrl(std::string_view text);

// True for a parameter that holds a secret: "password", "sslpassword", "auth_token", ...
bool IsSecretParameter(std::string_view name);

}  // namespace siphon::profile

#endif  // SIPHON_DOMAIN_PROFILE_URL_H_
