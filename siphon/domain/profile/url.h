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
//   (authority
//                          and path joined, as golang-migrate does). No user, no port.
//   postgres, postgresql → "postgres"; mysql → "mysql"; mariadb → "mariadb".
// Percent-escapes are decoded in user, password, host, database and parameters. The profile's name
// is RedactUrl(text). Errors: errs::kInvalidArgument that names the URL without its password.
absl::StatusOr<Profile> ParseUrl(std::string_view text);

// `text` with the password, if there is one, replaced by "***"; also for text that ParseUrl
// refuses.
std::string RedactUrl(std::string_view text);

}  // namespace siphon::profile

#endif  // SIPHON_DOMAIN_PROFILE_URL_H_
