// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "drivers/mysqlcommon/fork.h"
#include "drivers/mysqlcommon/translate.h"

namespace {

using siphon::mysqlcommon::Translated;
using siphon::mysqlcommon::Translator;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Translator to_mariadb(
      siphon::mysqlcommon::kMariadb,
      {"utf8mb4_uca1400_nopad_ai_ci", "utf8mb4_nopad_bin", "utf8mb4_general_ci"});
  static const Translator to_mysql(siphon::mysqlcommon::kMysql,
                                   {"utf8mb4_0900_ai_ci", "utf8mb4_0900_bin", "utf8mb4_bin"});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const Translator* const translator : {&to_mariadb, &to_mysql}) {
    for (const Translated& translated : {translator->Table(text), translator->Other(text)}) {
      // A word may become longer, and no loss is reported twice.
      if (translated.sql.size() > 16 * text.size()) std::abort();
    }
  }
  return 0;
}
