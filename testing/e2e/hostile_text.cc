// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/hostile_text.h"

#include <cstddef>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace siphon::testing {

std::string Complaint(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\n') || byte == 0x7f) {
      return absl::StrCat("control character ", static_cast<int>(byte), " at ", i);
    }
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (byte == 0xc2 && next >= 0x80 && next <= 0x9f) return absl::StrCat("C1 control at ", i);
  }
  if (absl::StrContains(text, "\nFORGED")) return "a forged line";
  if (absl::StrContains(text, "\xe2\x80\xae")) return "a bidirectional override";
  return "";
}

ProcessResult RunInTerminal(const Sandbox& box, const std::vector<std::string>& args,
                            int exit_code) {
  const std::string command = absl::StrJoin(args, " ");
  const ProcessResult result = box.Run(args);
  EXPECT_EQ(result.exit_code, exit_code) << command << "\n" << result.err;
  EXPECT_EQ(Complaint(result.out), "") << command << "\n" << result.out;
  EXPECT_EQ(Complaint(result.err), "") << command << "\n" << result.err;
  return result;
}

}  // namespace siphon::testing
