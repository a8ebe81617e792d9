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

}  // namespace siphon::sql
