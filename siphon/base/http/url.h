// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_HTTP_URL_H_
#define SIPHON_BASE_HTTP_URL_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace siphon::http {

// Checks that `url` is an absolute URL with the scheme http or https and a host (RFC 3986), without
// a fragment. errs::kInvalidArgument, which does not quote the URL.
absl::Status CheckUrl(std::string_view url);

// True for a URL with the scheme https.
bool IsHttps(std::string_view url);

// A URL for messages: "https://hc-ping.com/…". User, password, path and query may be secrets and
// are left out. "a URL" for text that CheckUrl() refuses.
std::string ShownUrl(std::string_view url);

}  // namespace siphon::http

#endif  // SIPHON_BASE_HTTP_URL_H_
