// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// What the shipped binary prints about itself, and its exit codes.

#include <pwd.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

TEST(Binary, ShowsVersionCommitAndEngines) {
  const Sandbox box;
  const ProcessResult result = box.Run({"--version"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, IsEmpty());
  const std::vector<std::string> lines =
      absl::StrSplit(absl::StripAsciiWhitespace(result.out), '\n');
  EXPECT_THAT(lines, ElementsAre(MatchesRegex("siphon version [0-9]+[.][0-9]+[.][0-9]+.*"),
                                 MatchesRegex("commit ([0-9a-f]{12}(-dirty)?|unknown)"),
                                 MatchesRegex("engines .*sqlite 3[.][0-9]+[.][0-9]+.*")));
  std::cout << "--version took " << result.wall.count() / 1000 << " us\n";
}

TEST(Binary, EndsWithTheExitCodeOfTheContract) {
  const Sandbox box;
  ASSERT_THAT(MakeSampleDatabase(box.Path("a.db"), {.bytes = 100000}), IsOk());
  EXPECT_EQ(box.Run({"inspect", box.Url("a.db")}).exit_code, 0);
  EXPECT_EQ(box.Run({"--help"}).exit_code, 0);
  EXPECT_EQ(box.Run({"no-such-command"}).exit_code, 1);
  EXPECT_EQ(box.Run({"backup"}).exit_code, 1);
  EXPECT_EQ(box.Run({"backup", "no-such-profile"}).exit_code, 1);
  EXPECT_EQ(box.Run({"backup", "oracle://h/db"}).exit_code, 1) << "an engine it does not carry";
  EXPECT_EQ(box.Run({"verify", "01JD8ZK3X4Q2W5R6T7Y8V9B0NM"}).exit_code, 1);
  const ProcessResult missing = box.Run({"backup", box.Url("no-such.db")});
  EXPECT_EQ(missing.exit_code, 2) << missing.err;
  const std::string id = box.Backup("a.db");
  WriteBytes(box.DumpPath(id), ReadBytes(box.DumpPath(id)) + "x");
  EXPECT_EQ(box.Run({"verify", id}).exit_code, 3);
}

// A unit of systemd or a container may have no HOME: the job has the configuration and the
// catalogue of its user all the same.
TEST(Binary, HasTheHomeOfItsUserIfTheVariableIsNotSet) {
  const passwd* const user = getpwuid(getuid());
  ASSERT_NE(user, nullptr);
  Sandbox box;
  for (const char* const name : {"HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"}) {
    box.environment.erase(name);
  }
  const ProcessResult check = box.Run({"config", "check", "--json"});
  EXPECT_EQ(check.exit_code, 0) << check.err;
  EXPECT_THAT(check.out, HasSubstr(absl::StrCat("\"dump_dir\": \"", user->pw_dir,
                                                "/.local/share/siphon/dumps\"")));
  box.environment.erase("SIPHON_CONFIG_HOME");
  const ProcessResult path = box.Run({"config", "path"});
  EXPECT_EQ(path.out, absl::StrCat(user->pw_dir, "/.config/siphon/config.yaml\n"));
}

}  // namespace
}  // namespace siphon::testing
