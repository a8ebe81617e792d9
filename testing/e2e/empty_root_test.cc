// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The shipped binary runs without any library, system file or folder other than its own.

#include "testing/e2e/empty_root.h"

#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/database.h"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(EmptyRoot, IsEnoughToBackUpVerifyRestoreAndInspect) {
  const EmptyRoot root;
  ASSERT_OK(MakeSampleDatabase(root.Outside("app.db"), {.bytes = 1 << 20}));
  const std::string app = "sqlite://" + root.Inside("app.db");
  ASSERT_THAT(Names(root.Outside("")), ElementsAre("app.db", "siphon"));
  const ProcessResult inspect = root.Run({"inspect", app});
  EXPECT_EQ(inspect.exit_code, 0) << inspect.err;
  EXPECT_THAT(inspect.out, AllOf(HasSubstr("events"), HasSubstr("images")));

  const ProcessResult backup = root.Run({"backup", app, "--quiet"});
  ASSERT_EQ(backup.exit_code, 0) << backup.err;
  const std::string id(absl::StripAsciiWhitespace(backup.out));
  const ProcessResult list = root.Run({"dumps", "list"});
  EXPECT_THAT(list.out, HasSubstr(id)) << list.err;
  const ProcessResult verify = root.Run({"verify", id, "--deep"});
  EXPECT_EQ(verify.exit_code, 0) << verify.err;
  const ProcessResult restore =
      root.Run({"restore", id, "--profile", "sqlite://" + root.Inside("copy.db")});
  EXPECT_EQ(restore.exit_code, 0) << restore.err;
  EXPECT_EQ(*Fingerprint(root.Outside("copy.db")), *Fingerprint(root.Outside("app.db")));
  EXPECT_EQ(root.Run({"--version"}).exit_code, 0);
  EXPECT_THAT(Names(root.Outside("")), ElementsAre("app.db", "copy.db", "home", "siphon"));
}

TEST(EmptyRoot, WithoutHomeHasTheConfigurationAndTheCatalogueOfTheUsersHome) {
  if (kSanitized) return;  // It has no root of its own there.
  const EmptyRoot root;
  ASSERT_OK(MakeSampleDatabase(root.Outside("app.db"), {.bytes = 1 << 16}));
  root.MakeFolder("etc");
  WriteBytes(root.Outside("etc/passwd"), absl::StrCat("me:x:", geteuid(), ":0:Me:/home:/bin/sh\n"));
  const auto run = [&](std::vector<std::string> args) {
    ProcessOptions options = root.Options(std::move(args));
    std::erase(options.environment, "HOME=/home");
    const auto result = RunProcess(options);
    EXPECT_OK(result);
    return result.ok() ? *result : ProcessResult{};
  };
  EXPECT_EQ(run({"config", "path"}).out, "/home/.config/siphon/config.yaml\n");
  const ProcessResult backup = run({"backup", "sqlite:///app.db", "--quiet"});
  ASSERT_EQ(backup.exit_code, 0) << backup.err;
  EXPECT_EQ(root.Run({"dumps", "list", "--quiet"}).out, backup.out) << "with HOME";
}

}  // namespace
}  // namespace siphon::testing
