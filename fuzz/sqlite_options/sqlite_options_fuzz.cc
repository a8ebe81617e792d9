// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "drivers/sqlite/url_options.h"
#include "errs/error.h"

// The input is the query of a URL, "name=value&name=value". A pragma that is accepted is one
// statement, and no text of the user's leaves it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::map<std::string, std::string> parameters;
  for (const std::string_view part : absl::StrSplit(text, '&')) {
    parameters.insert(
        std::pair<std::string, std::string>(absl::StrSplit(part, absl::MaxSplits('=', 1))));
  }
  const auto options = siphon::sqlite::ParseUrlOptions(parameters);
  if (!options.ok()) {
    if (!siphon::errs::Is(options.status(), siphon::errs::kInvalidArgument)) std::abort();
    return 0;
  }
  for (const std::string& pragma : options->pragmas) {
    if (!absl::StartsWith(pragma, "PRAGMA ")) std::abort();
    for (const char c : {';', '(', '\0', '\n', '/'}) {
      if (pragma.find(c) != std::string::npos) std::abort();
    }
  }
  if (options->busy_timeout.has_value() && options->busy_timeout->count() < 0) std::abort();
  return 0;
}
