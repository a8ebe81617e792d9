// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/silence.h"

#include <chrono>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/process/process_tree.h"
#include "testing/process/running_process.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const auto kHoldsNoSecret = Not(HasSubstr(std::string(kSecretSign)));

}  // namespace

std::string ExpectSilent(const Sandbox& box, std::vector<std::string> args, int exit_code,
                         std::string_view tool) {
  args.insert(args.end(), {"--verbose"});
  const std::string what = absl::StrJoin(args, " ");
  RunningProcess process(box.Options(args));
  const ProcessTree tree(process.pid(), std::chrono::microseconds(200));
  const absl::StatusOr<ProcessResult> result = process.Wait();
  EXPECT_OK(result);
  if (!result.ok()) return "";
  EXPECT_EQ(result->exit_code, exit_code) << what << ": " << result->err;
  EXPECT_THAT(result->out, kHoldsNoSecret) << what;
  EXPECT_THAT(result->err, kHoldsNoSecret) << what;
  if (!tool.empty()) {
    EXPECT_TRUE(tree.Saw(tool)) << what << ": no " << tool << " was seen";
  }
  for (const ProcessTree::Seen& seen : tree.seen()) {
    for (const std::string& line : seen.command_lines) {
      if (seen.root && absl::EndsWith(line, what)) continue;
      EXPECT_THAT(line, kHoldsNoSecret) << what;
    }
  }
  return result->out;
}

void ExpectNoFileHoldsASecret(const Sandbox& box) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(box.root())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(ReadBytes(entry.path().string()), kHoldsNoSecret) << entry.path();
  }
}

std::string AllCommandLines() {
  std::string lines;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string path = entry.path().string() + "/cmdline";
    if (std::filesystem::exists(path)) lines += ReadBytes(path) + "\n";
  }
  return lines;
}

}  // namespace siphon::testing
