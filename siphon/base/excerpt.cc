// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/excerpt.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace siphon::base {

std::string ListSome(absl::Span<const std::string> items, size_t most, std::string_view separator) {
  std::string list = absl::StrJoin(items.subspan(0, most), separator);
  if (items.size() > most) absl::StrAppend(&list, list.empty() ? "" : separator, "...");
  return list;
}

std::string EscapedExcerpt(std::string_view text, size_t most) {
  return absl::StrCat(absl::CHexEscape(text.substr(0, most)), text.size() > most ? "..." : "");
}

}  // namespace siphon::base
