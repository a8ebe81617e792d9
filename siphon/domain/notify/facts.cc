// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/notify/facts.h"

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "siphon/base/units.h"

namespace siphon::notify {

std::string_view EventName(Event event) {
  switch (event) {
    case Event::kStart:
      return "start";
    case Event::kSuccess:
      return "success";
    case Event::kFailure:
      return "failure";
    case Event::kTest:
      return "test";
  }
  return "";
}

std::string Summary(const Facts& facts) {
  std::string text =
      absl::StrCat(facts.verb, " of ", facts.profile.empty() ? "a dump" : "", facts.profile);
  if (facts.event == Event::kTest) return text;
  if (facts.event == Event::kStart) return absl::StrCat(text, " started");
  absl::StrAppend(&text, facts.event == Event::kSuccess ? " succeeded in " : " failed after ",
                  base::FormatDuration(facts.duration));
  if (facts.event == Event::kFailure) return absl::StrCat(text, ": ", facts.error);
  if (facts.size_bytes > 0) absl::StrAppend(&text, ", ", base::FormatSize(facts.size_bytes));
  if (!facts.dump.empty()) absl::StrAppend(&text, ", dump ", facts.dump);
  return text;
}

}  // namespace siphon::notify
