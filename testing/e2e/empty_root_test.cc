// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The shipped binary needs nothing: no library, no file of the system, no folder but its own.

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/database.h"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A folder that holds the binary and a database, and that siphon sees as the whole system.
class EmptyRoot : public ::testing::Test {
 protected:
  EmptyRoot() {
    Clear(box_.Path("root"));
    CopyBytes(SiphonBinary(), box_.Path("root/siphon"));
    std::filesystem::permissions(box_.Path("root/siphon"), std::filesystem::perms::owner_all);
    EXPECT_THAT(MakeSampleDatabase(box_.Path("root/app.db"), {.bytes = 1 << 20}), IsOk());
  }

  // A path that siphon sees. A sanitizer's runtime needs the dynamic linker, so that with one the
  // same happens in the folder, but not with the folder as the root.
  std::string Inside(std::string_view path) const {
    return kSanitized ? absl::StrCat(box_.Path("root"), path) : std::string(path);
  }

  ProcessResult RunInside(std::vector<std::string> args) const {
    ProcessOptions options = box_.Options(std::move(args));
    options.argv[0] = Inside("/siphon");
    options.environment = {absl::StrCat("HOME=", Inside("/home"))};
    options.directory.clear();
    if (!kSanitized) options.root = box_.Path("root");
    absl::StatusOr<ProcessResult> result = RunProcess(options);
    EXPECT_THAT(result, IsOk());
    return result.ok() ? *std::move(result) : ProcessResult{};
  }

  Sandbox box_;
};

TEST_F(EmptyRoot, IsEnoughToBackUpVerifyRestoreAndInspect) {
  ASSERT_THAT(Names(box_.Path("root")), ElementsAre("app.db", "siphon"));
  const ProcessResult inspect = RunInside({"inspect", "sqlite://" + Inside("/app.db")});
  EXPECT_EQ(inspect.exit_code, 0) << inspect.err;
  EXPECT_THAT(inspect.out, AllOf(HasSubstr("events"), HasSubstr("images")));

  const ProcessResult backup = RunInside({"backup", "sqlite://" + Inside("/app.db"), "--quiet"});
  ASSERT_EQ(backup.exit_code, 0) << backup.err;
  const std::string id(absl::StripAsciiWhitespace(backup.out));
  const ProcessResult list = RunInside({"dumps", "list"});
  EXPECT_THAT(list.out, HasSubstr(id)) << list.err;
  const ProcessResult verify = RunInside({"verify", id, "--deep"});
  EXPECT_EQ(verify.exit_code, 0) << verify.err;
  const ProcessResult restore =
      RunInside({"restore", id, "--profile", "sqlite://" + Inside("/copy.db")});
  EXPECT_EQ(restore.exit_code, 0) << restore.err;
  EXPECT_EQ(*Fingerprint(box_.Path("root/copy.db")), *Fingerprint(box_.Path("root/app.db")));
  EXPECT_EQ(RunInside({"--version"}).exit_code, 0);
  EXPECT_THAT(Names(box_.Path("root")), ElementsAre("app.db", "copy.db", "home", "siphon"));
}

}  // namespace
}  // namespace siphon::testing
