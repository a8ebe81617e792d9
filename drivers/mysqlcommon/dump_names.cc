// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/dump_names.h"

#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace siphon::mysqlcommon {

std::optional<std::string> QuoteDumpName(sql::Charset charset, std::string_view name) {
  std::string quoted = "`";
  for (size_t at = 0; at < name.size();) {
    const std::string_view rest = name.substr(at);
    const size_t length = sql::MultiByteLength(charset, rest);
    if (length > 0) {
      quoted.append(rest.substr(0, length));
      at += length;
      continue;
    }
    if (rest.size() == 1 && sql::MultiByteLength(charset, absl::StrCat(rest, "`")) > 0) {
      return std::nullopt;
    }
    quoted.append(rest[0] == '`' ? 2 : 1, rest[0]);
    ++at;
  }
  quoted += '`';
  return quoted;
}

std::string DumpNameText(std::string_view charset, std::string_view name) {
  return absl::StrCat("CONVERT(_", charset, " x'", absl::BytesToHexString(name),
                      "' USING utf8mb3)");
}

}  // namespace siphon::mysqlcommon
