// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/names.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "siphon/base/utf8.h"

namespace siphon::mysqlcommon {

std::string QuoteName(std::string_view name) {
  return absl::StrCat("`", absl::StrReplaceAll(name, {{"`", "``"}}), "`");
}

std::string QuoteText(std::string_view text) {
  return absl::StrCat("'",
                      absl::StrReplaceAll(text, {{"\\", "\\\\"},
                                                 {"'", "\\'"},
                                                 {"\n", "\\n"},
                                                 {"\r", "\\r"},
                                                 {"\x1a", "\\Z"},
                                                 {std::string_view("\0", 1), "\\0"}}),
                      "'");
}

std::string QuoteQualified(std::string_view database, std::string_view name) {
  return absl::StrCat(QuoteName(database), ".", QuoteName(name));
}

std::string QuoteAccount(std::string_view account) {
  const size_t at = account.rfind('@');
  if (at == std::string_view::npos) return QuoteName(account);  // A role.
  return absl::StrCat(QuoteName(account.substr(0, at)), "@", QuoteName(account.substr(at + 1)));
}

bool Matches(std::string_view pattern, std::string_view name) {
  size_t p = 0, n = 0;
  size_t star = std::string_view::npos, mark = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string ToUtf8(std::string_view text) {
  if (base::IsValidUtf8(text)) return std::string(text);
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x80) {
      out += c;
    } else {
      out += "\xEF\xBF\xBD";
    }
  }
  return out;
}

}  // namespace siphon::mysqlcommon
