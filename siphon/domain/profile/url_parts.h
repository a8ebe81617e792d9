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

// One "host" or "host:port" of a URL's authority, as written.
struct HostPort {
  std::string_view host;  // Without the brackets of an IPv6 address.
  std::string_view port;  // Digits; empty when none is given.
  bool bracketed = false;
};

// A database URL cut at its delimiters, nothing decoded. The views point into the URL.
struct UrlParts {
  std::string_view scheme;
  std::string_view authority;  // Without user and password.
  std::optional<std::string_view> user;
  std::optional<std::string_view> password;
  std::vector<HostPort> hosts;  // Empty for a file's URL and for an empty authority.
  std::string_view socket;      // The path in "unix(/path)", as written; empty: none.
  std::string_view path;        // With its leading slash.
  std::vector<std::pair<std::string_view, std::string_view>> query;
};

// True for the schemes whose authority and path are one file name.
bool IsFileScheme(std::string_view scheme);

// Cuts `url`. It is strict where leniency would leave in doubt which bytes are the password: after
// success the password, if any, is exactly `password`, and no other part holds a raw '@' (but for a
// file's path, where there are no passwords). The error's message is a reason for the user that
// repeats nothing of the URL.
absl::StatusOr<UrlParts> SplitUrl(std::string_view url);

// Decodes percent-escapes; a bad escape, NUL or a result that is not UTF-8 is an error, whose
// message begins with `what`.
absl::StatusOr<std::string> PercentDecode(std::string_view text, std::string_view what);

}  // namespace siphon::profile

#endif  // SIPHON_DOMAIN_PROFILE_URL_PARTS_H_
