// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/http/url.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"

namespace siphon::http {
namespace {

constexpr std::string_view kOp = "http";

struct Parts {
  std::string_view scheme, host, port;
  bool has_more = false;  // A path other than "/", or a query.
};

absl::Status Refuse(std::string_view detail, std::string_view hint = "") {
  return errs::UserError(kOp, errs::kInvalidArgument, detail, hint);
}

bool IsHostCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_';
}

bool IsAddressCharacter(char c) {
  return absl::ascii_isxdigit(static_cast<unsigned char>(c)) || c == ':' || c == '.';
}

absl::Status SplitAuthority(std::string_view authority, Parts& parts) {
  const size_t at = authority.rfind('@');
  if (at != std::string_view::npos) authority.remove_prefix(at + 1);
  if (absl::StartsWith(authority, "[")) {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) return Refuse("the address has no ']'");
    parts.host = authority.substr(0, end + 1);
    const std::string_view address = authority.substr(1, end - 1);
    if (address.empty() || !std::all_of(address.begin(), address.end(), IsAddressCharacter)) {
      return Refuse("the text in [] is not an IPv6 address");
    }
    authority.remove_prefix(end + 1);
  } else {
    parts.host = authority.substr(0, authority.find(':'));
    if (parts.host.empty()) return Refuse("the URL has no host");
    if (!std::all_of(parts.host.begin(), parts.host.end(), IsHostCharacter)) {
      return Refuse("the host has a character that is not allowed");
    }
    authority.remove_prefix(parts.host.size());
  }
  if (authority.empty()) return absl::OkStatus();
  parts.port = authority.substr(1);
  int port = 0;
  const bool digits = std::all_of(parts.port.begin(), parts.port.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
  if (authority[0] != ':' || !digits || !absl::SimpleAtoi(parts.port, &port) || port < 1 ||
      port > 65535) {
    return Refuse("the port is not a number from 1 to 65535");
  }
  return absl::OkStatus();
}

absl::Status Split(std::string_view url, Parts& parts) {
  for (const std::string_view scheme : {"http", "https"}) {
    const std::string start = absl::StrCat(scheme, "://");
    if (absl::StartsWithIgnoreCase(url, start)) {
      parts.scheme = scheme;
      url.remove_prefix(start.size());
      break;
    }
  }
  if (parts.scheme.empty()) return Refuse("the URL does not begin with https:// or http://");
  // RFC 3986, without the '#' that begins a fragment.
  const auto is_allowed = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::StrContains("-._~:/?[]@!$&'()*+,;=%", c);
  };
  if (!std::all_of(url.begin(), url.end(), is_allowed)) {
    return Refuse("the URL has a character that is not allowed", "write it as %20 for a space");
  }
  const size_t end = url.find_first_of("/?");
  const std::string_view authority = url.substr(0, end);
  parts.has_more = end != std::string_view::npos && url.substr(end) != "/";
  return SplitAuthority(authority, parts);
}

}  // namespace

absl::Status CheckUrl(std::string_view url) {
  Parts parts;
  return Split(url, parts);
}

bool IsHttps(std::string_view url) { return absl::StartsWithIgnoreCase(url, "https://"); }

std::string ShownUrl(std::string_view url) {
  Parts parts;
  if (!Split(url, parts).ok()) return "a URL";
  return absl::StrCat(parts.scheme, "://", parts.host, parts.port.empty() ? "" : ":", parts.port,
                      parts.has_more ? "/…" : "");
}

}  // namespace siphon::http
