// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_PROFILE_URL_H_
#define SIPHON_DOMAIN_PROFILE_URL_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "siphon/domain/profile/profile.h"

namespace siphon::profile {

// True if `text` is a database URL and not the name of a profile: it begins with a scheme
// ([a-z][a-z0-9+.-]*) and "://".
bool LooksLikeUrl(std::string_view text);

// Parses "scheme://[user[:password]@][host][:port]/database[?key=value&...]" (RFC 3986).
//   sqlite, sqlite3      → driver "sqlite"; "sqlite:///abs/app.db", "sqlite://rel/app.db"
//                          (authority and path joined, as golang-migrate does). No user, no port.
//                          Several "_pragma" parameters are joined by ";".
//   postgres, postgresql → "postgres"; mysql → "mysql"; mariadb → "mariadb".
// Percent-escapes are decoded in user, password, host, database and parameters. The password is a
// secret reference or a literal, as in the configuration. The parameter "sslmode" becomes
// Profile::sslmode. The name of the profile is RedactUrl(text).
// For mysql and mariadb the host may be "tcp(host:port)" or "unix(/path)", as in go-sql-driver's
// DSN; the path becomes the parameter "socket", undecoded. For postgres, as in libpq, "host" (or
// the directory of a socket), "port", "user", "password" and "dbname" may be parameters; several
// hosts "h1:1,h2:2" are stored in Profile::host as written, with port 0. errs::kInvalidArgument,
// which names the URL without its password.
absl::StatusOr<Profile> ParseUrl(std::string_view text);

// What RedactUrl() writes in place of a secret.
inline constexpr std::string_view kHiddenSecret = "***";

// `text` with the password and the values of secret parameters replaced by "***", and control
// characters by "\xNN". In text that ParseUrl() refuses it may hide more than the password.
std::string RedactUrl(std::string_view text);

// True for the name of a parameter with a secret: "password", "sslpassword", "auth_token", ...
bool IsSecretParameter(std::string_view name);

}  // namespace siphon::profile

#endif  // SIPHON_DOMAIN_PROFILE_URL_H_
