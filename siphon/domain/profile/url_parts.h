// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_PROFILE_URL_PARTS_H_
#define SIPHON_DOMAIN_PROFILE_URL_PARTS_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace siphon::profile {

// One "host" or "host:port" in the authority of a URL, undecoded.
struct HostPort {
  std::string_view host;  // Without the brackets of an IPv6 address.
  std::string_view port;  // Digits; may be empty.
  bool bracketed = false;
};

// The parts of a database URL, undecoded. The views point into the URL.
struct UrlParts {
  std::string_view scheme;
  std::string_view authority;  // Without user and password.
  std::optional<std::string_view> user;
  std::optional<std::string_view> password;
  std::vector<HostPort> hosts;  // Empty for the URL of a file and for an empty authority.
  std::string_view socket;      // The path in "unix(/path)"; may be empty.
  std::string_view path;        // With its leading slash.
  std::vector<std::pair<std::string_view, std::string_view>> query;
};

// True for a scheme whose authority and path together are a file name.
bool IsFileScheme(std::string_view scheme);

// Splits `url` into its parts. It refuses URLs in which the end of the password is ambiguous: after
// success, the password is `password` exactly, and no other part contains a raw '@' (except the
// path of a file). The message of an error is for the user and quotes nothing of the URL.
absl::StatusOr<UrlParts> SplitUrl(std::string_view url);

// Decodes percent-escapes. A malformed escape, NUL and a result that is not UTF-8 are errors; their
// message begins with `what`.
absl::StatusOr<std::string> PercentDecode(std::string_view text, std::string_view what);

}  // namespace siphon::profile

#endif  // SIPHON_DOMAIN_PROFILE_URL_PARTS_H_
