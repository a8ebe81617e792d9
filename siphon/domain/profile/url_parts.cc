// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/profile/url_parts.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "errs/status_macros.h"
#include "siphon/base/utf8.h"
#include "siphon/domain/profile/url.h"

namespace siphon::profile {
namespace {

constexpr size_t kMaxUrlBytes = size_t{64} * 1024;

absl::Status Reason(std::string_view reason) { return absl::InvalidArgumentError(reason); }

absl::Status CheckCharacters(std::string_view url) {
  if (url.size() > kMaxUrlBytes) return Reason("it is longer than 64 KiB");
  if (!base::IsValidUtf8(url)) return Reason("it is not valid UTF-8");
  if (std::any_of(url.begin(), url.end(),
                  [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); })) {
    return Reason("it holds a control character; write it percent-encoded");
  }
  if (absl::StrContains(url, '#')) {
    return Reason("'#' has no meaning here; write it as %23 when it is part of a name or password");
  }
  return absl::OkStatus();
}

// Removes "user:password@" from `authority`, which keeps the hosts.
absl::Status SplitUserInfo(bool is_file, UrlParts& parts) {
  const size_t at = parts.authority.find('@');
  if (at == std::string_view::npos) return absl::OkStatus();
  if (is_file) {
    return Reason(
        "a file has no user or password; write '@' in its name as %40, or use three "
        "slashes for an absolute path");
  }
  std::string_view user_info = parts.authority.substr(0, at);
  parts.authority.remove_prefix(at + 1);
  if (absl::StrContains(parts.authority, '@')) {
    return Reason("'@' must be written as %40 in a user's name or a password");
  }
  const size_t colon = user_info.find(':');
  parts.user = user_info.substr(0, colon);
  if (colon != std::string_view::npos) parts.password = user_info.substr(colon + 1);
  return absl::OkStatus();
}

absl::Status CheckPort(std::string_view port) {
  if (!port.empty() && port.size() <= 5 && std::all_of(port.begin(), port.end(), [](char c) {
        return absl::ascii_isdigit(static_cast<unsigned char>(c));
      })) {
    return absl::OkStatus();
  }
  return Reason(
      "the port after ':' is not a number from 1 to 65535 (a user and password end with "
      "'@' before the host)");
}

absl::StatusOr<HostPort> SplitHostPort(std::string_view text) {
  HostPort result;
  std::string_view rest;
  if (absl::StartsWith(text, "[")) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return Reason("'[' without ']' in the host");
    result.host = text.substr(1, end - 1);
    result.bracketed = true;
    rest = text.substr(end + 1);
    if (!rest.empty() && rest[0] != ':') return Reason("only ':' and a port may follow ']'");
  } else {
    const size_t colon = text.find(':');
    result.host = text.substr(0, colon);
    if (colon != std::string_view::npos) rest = text.substr(colon);
  }
  if (rest.empty()) return result;
  rest.remove_prefix(1);
  RETURN_IF_ERROR(CheckPort(rest));
  result.port = rest;
  return result;
}

bool IsMysqlScheme(std::string_view scheme) { return scheme == "mysql" || scheme == "mariadb"; }

// Splits `rest`, the text before the query, into authority and path. "unix(/path)" is the address
// of a socket in URLs for golang-migrate; its slashes do not end the authority.
absl::Status SplitAuthority(std::string_view rest, UrlParts& parts) {
  size_t slash = rest.find('/');
  const size_t at = rest.substr(0, slash).find('@');
  const size_t host = at == std::string_view::npos ? 0 : at + 1;
  if (!IsMysqlScheme(parts.scheme) || !absl::StartsWith(rest.substr(host), "unix(")) {
    parts.authority = rest.substr(0, slash);
    if (slash != std::string_view::npos) parts.path = rest.substr(slash);
    return absl::OkStatus();
  }
  const size_t open = host + 4;
  const size_t close = rest.find(')', open);
  if (close == std::string_view::npos) return Reason("'unix(' without ')' in the host");
  parts.socket = rest.substr(open + 1, close - open - 1);
  if (!absl::StartsWith(parts.socket, "/") || absl::StrContains(parts.socket, '@')) {
    return Reason("in 'unix(...)' it needs a socket's absolute path, without '@'");
  }
  parts.authority = rest.substr(0, host);
  parts.path = rest.substr(close + 1);
  if (parts.path.empty() || parts.path[0] == '/') return absl::OkStatus();
  return Reason("only '/' and the database's name may follow 'unix(...)'");
}

absl::Status SplitHosts(UrlParts& parts) {
  // "tcp(host:port)" is the address of a MySQL server in URLs for golang-migrate.
  if (IsMysqlScheme(parts.scheme) && absl::StartsWith(parts.authority, "tcp(") &&
      absl::EndsWith(parts.authority, ")")) {
    parts.authority = parts.authority.substr(4, parts.authority.size() - 5);
  }
  if (parts.authority.empty()) return absl::OkStatus();
  for (std::string_view part : absl::StrSplit(parts.authority, ',')) {
    ASSIGN_OR_RETURN(HostPort host, SplitHostPort(part));
    parts.hosts.push_back(host);
  }
  return absl::OkStatus();
}

// Checks the first part of a relative path, such as "sqlite://dir/app.db".
absl::Status CheckFileAuthority(std::string_view authority) {
  if (!absl::StrContains(authority, ':') || authority == ":memory:") return absl::OkStatus();
  return Reason(
      "a file has no port; write ':' in its name as %3A, or use three slashes for an "
      "absolute path");
}

absl::Status SplitQuery(std::string_view query, UrlParts& parts) {
  if (query.empty()) return absl::OkStatus();
  for (std::string_view item : absl::StrSplit(query, '&')) {
    const size_t equals = item.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return Reason("after '?' it needs key=value, joined by '&'");
    }
    parts.query.emplace_back(item.substr(0, equals), item.substr(equals + 1));
  }
  return absl::OkStatus();
}

std::optional<unsigned char> HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned char>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned char>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned char>(c - 'A' + 10);
  return std::nullopt;
}

}  // namespace

bool IsFileScheme(std::string_view scheme) { return scheme == "sqlite" || scheme == "sqlite3"; }

absl::StatusOr<UrlParts> SplitUrl(std::string_view url) {
  if (!LooksLikeUrl(url)) return Reason("it does not begin with a scheme and \"://\"");
  RETURN_IF_ERROR(CheckCharacters(url));
  UrlParts parts;
  const size_t separator = url.find("://");
  parts.scheme = url.substr(0, separator);
  const bool is_file = IsFileScheme(parts.scheme);
  std::string_view rest = url.substr(separator + 3);
  const size_t question = rest.find('?');
  const std::string_view query =
      question == std::string_view::npos ? "" : rest.substr(question + 1);
  rest = rest.substr(0, question);
  RETURN_IF_ERROR(SplitAuthority(rest, parts));
  if (!is_file && (absl::StrContains(parts.path, '@') || absl::StrContains(query, '@'))) {
    return Reason(
        "'@' after the host must be written as %40; and '/', '?', '#' and '@' in a "
        "password as %2F, %3F, %23 and %40");
  }
  if (!is_file && absl::StrContains(url, ' ')) return Reason("a space must be written as %20");
  RETURN_IF_ERROR(SplitUserInfo(is_file, parts));
  if (is_file) {
    RETURN_IF_ERROR(CheckFileAuthority(parts.authority));
  } else {
    RETURN_IF_ERROR(SplitHosts(parts));
  }
  RETURN_IF_ERROR(SplitQuery(query, parts));
  return parts;
}

absl::StatusOr<std::string> PercentDecode(std::string_view text, std::string_view what) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const std::optional<unsigned char> high =
        i + 1 < text.size() ? HexDigit(text[i + 1]) : std::nullopt;
    const std::optional<unsigned char> low =
        i + 2 < text.size() ? HexDigit(text[i + 2]) : std::nullopt;
    if (!high.has_value() || !low.has_value()) {
      return Reason(absl::StrCat(what,
                                 " has a '%' that two hexadecimal digits don't follow; write "
                                 "'%' itself as %25"));
    }
    out.push_back(static_cast<char>((*high << 4) | *low));
    i += 2;
  }
  if (absl::StrContains(out, '\0')) return Reason(absl::StrCat(what, " holds a NUL byte"));
  if (!base::IsValidUtf8(out)) return Reason(absl::StrCat(what, " is not valid UTF-8"));
  return out;
}

}  // namespace siphon::profile
