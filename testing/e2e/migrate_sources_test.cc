// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// With an invalid folder of migrations the shipped binary names the fault, exits with 1 and runs no
// migration, not even the valid ones before the invalid one.

#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <ostream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/database.h"
#include "testing/e2e/sandbox.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

struct Fault {
  std::string name;
  // Makes the folder invalid. It contains 1_a.up.sql; version 2 is expected next.
  std::function<void(const std::string& folder)> spoil;
  std::string message;  // What siphon must say, among other things.
};
void PrintTo(const Fault& fault, std::ostream* os) { *os << fault.name; }

class MigrateSourcesTest : public ::testing::TestWithParam<Fault> {};

TEST_P(MigrateSourcesTest, SaysWhatIsWrongAndRunsNothing) {
  const Sandbox sandbox;
  const std::string folder = sandbox.Path("m");
  ASSERT_EQ(mkdir(folder.c_str(), 0755), 0);
  WriteBytes(folder + "/1_a.up.sql", "CREATE TABLE a (x int);");
  GetParam().spoil(folder);
  const ProcessResult result =
      sandbox.Run({"migrate", "--path", folder, "--database", sandbox.Url("app.db"), "up"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, ::testing::HasSubstr(GetParam().message));
  auto database = Database::Open(sandbox.Path("app.db"));
  ASSERT_THAT(database, IsOk());
  EXPECT_THAT(database->QueryText("SELECT count(*) FROM sqlite_master WHERE name = 'a'"),
              IsOkAndHolds("0"));
}

void Link(const std::string& target, const std::string& path) {
  ASSERT_EQ(symlink(target.c_str(), path.c_str()), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, MigrateSourcesTest,
    ::testing::Values(
        Fault{"WrongName",
              [](const std::string& folder) { WriteBytes(folder + "/2_b.sql", "SELECT 1;"); },
              "2_b.sql"},
        Fault{"DuplicateVersion",
              [](const std::string& folder) { WriteBytes(folder + "/01_b.up.sql", "SELECT 1;"); },
              "01_b.up.sql and 1_a.up.sql are both up of version 1"},
        Fault{"EmptyFile",
              [](const std::string& folder) { WriteBytes(folder + "/2_b.up.sql", ""); },
              "2_b.up.sql is empty"},
        // A file of /proc has size 0 and still has content, like a file that is being written.
        Fault{"FileThatChangesWhileItIsRead",
              [](const std::string& folder) { Link("/proc/version", folder + "/2_b.up.sql"); },
              "2_b.up.sql was changed while it was read"},
        Fault{"Directory",
              [](const std::string& folder) { mkdir((folder + "/2_b.up.sql").c_str(), 0755); },
              "2_b.up.sql has a migration's name, but is not a file"},
        Fault{"FileThatVanished",
              [](const std::string& folder) { Link("/nowhere", folder + "/2_b.up.sql"); },
              "2_b.up.sql has vanished"},
        Fault{"FolderThatVanished",
              [](const std::string& folder) {
                unlink((folder + "/1_a.up.sql").c_str());
                rmdir(folder.c_str());
              },
              "no migrations at"}),
    [](const ::testing::TestParamInfo<Fault>& info) { return info.param.name; });

}  // namespace
}  // namespace siphon::testing
