// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/sql/charset.h"

#include "absl/strings/match.h"

namespace siphon::sql {

Charset CharsetOf(std::string_view name) {
  struct Named {
    std::string_view name;
    Charset charset;
  };
  constexpr Named kNamed[] = {{"big5", Charset::kBig5},
                              {"gbk", Charset::kGbk},
                              {"sjis", Charset::kSjis},
                              {"cp932", Charset::kSjis},
                              {"gb18030", Charset::kGb18030}};
  for (const Named& named : kNamed) {
    if (absl::EqualsIgnoreCase(name, named.name)) return named.charset;
  }
  return Charset::kPlain;
}

std::string_view HighSpacesOf(std::string_view name) {
  struct Named {
    std::string_view prefix, spaces;
  };
  constexpr Named kNamed[] = {{"utf8", ""},         {"binary", ""},      {"ascii", ""},
                              {"gb", ""},           {"big5", ""},        {"sjis", ""},
                              {"cp932", ""},        {"euc", ""},         {"ujis", ""},
                              {"koi8", "\x9A\xA0"}, {"cp8", "\xFF\xA0"}, {"keybcs2", "\xFF\xA0"},
                              {"mac", "\xCA\xA0"}};
  for (const Named& named : kNamed) {
    if (absl::StartsWithIgnoreCase(name, named.prefix)) return named.spaces;
  }
  return "\xA0";
}

}  // namespace siphon::sql
