// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/environment.h"
#include "siphon/base/file.h"
#include "siphon/base/ownership.h"
#include "siphon/domain/config/config.h"
#include "testing/status_matchers.h"

namespace siphon::config {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Variables = std::map<std::string, std::string, std::less<>>;

// A fresh directory of the running test.
std::string TestDirectory() {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  std::string path = absl::StrCat(::testing::TempDir(), "/", info->name(), "-XXXXXX");
  return mkdtemp(path.data()) == nullptr ? "" : path;
}

mode_t ModeOf(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

TEST(DefaultPathTest, FollowsTheEnvironment) {
  using base::Environment;
  EXPECT_THAT(
      DefaultPath(Environment(
          {{"SIPHON_CONFIG_HOME", "/own"}, {"XDG_CONFIG_HOME", "/xdg"}, {"HOME", "/home/me"}})),
      IsOkAndHolds(std::string("/own/config.yaml")));
  EXPECT_THAT(
      DefaultPath(Environment(Variables{{"XDG_CONFIG_HOME", "/xdg"}, {"HOME", "/home/me"}})),
      IsOkAndHolds(std::string("/xdg/siphon/config.yaml")));
  EXPECT_THAT(DefaultPath(Environment(Variables{{"XDG_CONFIG_HOME", ""}, {"HOME", "/home/me"}})),
              IsOkAndHolds(std::string("/home/me/.config/siphon/config.yaml")));
  EXPECT_THAT(
      DefaultPath(Environment(Variables{{"XDG_CONFIG_HOME", "relative"}, {"HOME", "/home/me"}})),
      IsOkAndHolds(std::string("/home/me/.config/siphon/config.yaml")));
  EXPECT_THAT(DefaultPath(Environment()), AllOf(StatusIs(errs::kConfigInvalid, HasSubstr("HOME")),
                                                HasHint(HasSubstr("--config"))));
}

TEST(DefaultDumpDirectoryTest, FollowsTheEnvironmentAndIsNeverEmpty) {
  using base::Environment;
  EXPECT_EQ(
      DefaultDumpDirectory(Environment(Variables{{"XDG_DATA_HOME", "/xdg"}, {"HOME", "/home/me"}})),
      "/xdg/siphon/dumps");
  EXPECT_EQ(DefaultDumpDirectory(Environment(Variables{{"HOME", "/home/me"}})),
            "/home/me/.local/share/siphon/dumps");
  EXPECT_EQ(DefaultDumpDirectory(Environment()), "/var/lib/siphon/dumps");
}

TEST(DefaultDumpDirectoriesTest, HaveThoseOfOtherEnvironments) {
  using base::Environment;
  EXPECT_THAT(DefaultDumpDirectories(
                  Environment(Variables{{"XDG_DATA_HOME", "/xdg"}, {"HOME", "/home/me"}})),
              ::testing::ElementsAre("/xdg/siphon/dumps", "/home/me/.local/share/siphon/dumps",
                                     "/var/lib/siphon/dumps"));
  EXPECT_THAT(
      DefaultDumpDirectories(Environment(Variables{{"HOME", "/home/me"}})),
      ::testing::ElementsAre("/home/me/.local/share/siphon/dumps", "/var/lib/siphon/dumps"));
  EXPECT_THAT(DefaultDumpDirectories(Environment()),
              ::testing::ElementsAre("/var/lib/siphon/dumps"));
}

TEST(ValidateProfileNameTest, AllowsLettersDigitsAndThreeSigns) {
  for (std::string_view name : {"a", "prod", "Prod-1.eu_west", "_x", "1", "x."}) {
    EXPECT_OK(ValidateProfileName(name)) << name;
  }
  EXPECT_OK(ValidateProfileName(std::string(64, 'x')));
  for (std::string_view name : {"", ".", ".x", "-x", "a b", "a/b", "a:b", "ä", "a\n", "a\"b"}) {
    EXPECT_THAT(ValidateProfileName(name),
                AllOf(StatusIs(errs::kInvalidArgument), HasExitCode(errs::Code::kUser)))
        << name;
  }
  EXPECT_THAT(ValidateProfileName(std::string(65, 'x')), StatusIs(errs::kInvalidArgument));
}

TEST(LoadTest, TakesAMissingFileForAnEmptyConfiguration) {
  const base::Environment environment(Variables{{"HOME", "/home/me"}});
  ASSERT_OK_AND_ASSIGN(const Loaded loaded, Load("/does/not/exist.yaml", environment));
  EXPECT_FALSE(loaded.exists);
  EXPECT_EQ(loaded.path, "/does/not/exist.yaml");
  EXPECT_EQ(loaded.text, "");
  EXPECT_EQ(loaded.config.dump_dir, "/home/me/.local/share/siphon/dumps");
  EXPECT_THAT(loaded.findings, IsEmpty());
}

TEST(LoadTest, NamesTheFileInErrors) {
  const std::string path = TestDirectory() + "/config.yaml";
  ASSERT_OK(Save(path, "version: 1\nprofiles: []\n"));
  EXPECT_THAT(Load(path, base::Environment()),
              StatusIs(errs::kConfigInvalid, HasSubstr(path + ":2: profiles: must be a mapping")));
  EXPECT_THAT(Load(TestDirectory(), base::Environment()), Not(IsOk()));
}

TEST(LoadTest, RefusesALargeFile) {
  const std::string path = TestDirectory() + "/config.yaml";
  ASSERT_OK(Save(path, std::string((size_t{1} << 20) + 1, '#')));
  EXPECT_THAT(Load(path, base::Environment()), HasExitCode(errs::Code::kUser));
}

TEST(LoadTest, NotesAPasswordThatOthersMayRead) {
  const std::string path = TestDirectory() + "/config.yaml";
  const std::string clear = "profiles:\n  p: {driver: sqlite, password: hunter2}\n";
  ASSERT_OK(Save(path, clear));
  const base::Environment environment(Variables{{"PW", "hunter2"}});
  const auto readable = Field(&Finding::message, HasSubstr("chmod 600"));
  ASSERT_OK_AND_ASSIGN(Loaded loaded, Load(path, environment));
  EXPECT_THAT(loaded.findings, Not(Contains(readable)));
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  ASSERT_OK_AND_ASSIGN(loaded, Load(path, environment));
  EXPECT_THAT(loaded.findings, Contains(AllOf(Field(&Finding::line, 0), readable)));

  // A reference is not a secret, whatever the value of the variable.
  ASSERT_OK(Save(path, "profiles:\n  p: {driver: sqlite, password: '${PW}'}\n"));
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  ASSERT_OK_AND_ASSIGN(loaded, Load(path, environment));
  EXPECT_THAT(loaded.findings, IsEmpty());
}

TEST(LoadTest, RefusesAFileThatOthersCouldHaveWritten) {
  const std::string path = TestDirectory() + "/config.yaml";
  ASSERT_OK(Save(path, "version: 1\n"));
  for (const mode_t mode : {0646, 0666, 0602}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    EXPECT_THAT(Load(path, base::Environment()),
                AllOf(StatusIs(errs::kConfigInvalid, HasSubstr(path + ": everybody may write")),
                      HasExitCode(errs::Code::kUser)));
  }
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  ASSERT_OK(Load(path, base::Environment()));
  // As seen by another user than the file's.
  const base::ScopedEffectiveUser other(54321);
  EXPECT_THAT(Load(path, base::Environment()),
              StatusIs(errs::kConfigInvalid, HasSubstr(path + " belongs to user")));
  // sudo: the user who called it.
  const base::Environment sudo(Variables{{"SUDO_UID", std::to_string(geteuid())}});
  ASSERT_OK(Load(path, sudo));
  const base::Environment another(Variables{{"SUDO_UID", "54322"}});
  EXPECT_THAT(Load(path, another), StatusIs(errs::kConfigInvalid));
}

TEST(LoadTest, RefusesAPipeThatOthersCanWriteTo) {
  const std::string path = TestDirectory() + "/config.yaml";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  ASSERT_EQ(chmod(path.c_str(), 0622), 0);
  EXPECT_THAT(Load(path, base::Environment()),
              StatusIs(errs::kConfigInvalid, HasSubstr(path + ": everybody may write")));
}

// Only root can give a file to a group of others, and not in a sandbox (see hostile_places_test).
TEST(LoadTest, RefusesAFileThatAnotherGroupCanWrite) {
  const std::string path = TestDirectory() + "/config.yaml";
  ASSERT_OK(Save(path, "version: 1\n"));
  ASSERT_EQ(chmod(path.c_str(), 0664), 0);
  EXPECT_OK(Load(path, base::Environment())) << "the group is the user's own";
  constexpr gid_t kOthers = 54321;
  if (chown(path.c_str(), static_cast<uid_t>(-1), kOthers) != 0) return;
  EXPECT_THAT(
      Load(path, base::Environment()),
      AllOf(StatusIs(errs::kConfigInvalid, HasSubstr(path + ": group 54321 may write to it")),
            HasHint(HasSubstr("chmod g-w"))));
  // sudo: the group of the user who called it.
  EXPECT_OK(Load(path, base::Environment(Variables{{"SUDO_GID", "54321"}})));
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  EXPECT_OK(Load(path, base::Environment()));
}

TEST(SaveTest, MakesTheDirectoryAndTheFilePrivate) {
  const std::string directory = TestDirectory() + "/new/siphon";
  const std::string path = directory + "/config.yaml";
  ASSERT_OK(Save(path, "version: 1\n"));
  EXPECT_EQ(ModeOf(directory), 0700u);
  EXPECT_EQ(ModeOf(path), 0600u);
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  ASSERT_OK(Save(path, "version: 1 # again\n"));
  EXPECT_EQ(ModeOf(path), 0600u);
  EXPECT_THAT(base::ReadFile(path, 100), IsOkAndHolds(std::string("version: 1 # again\n")));
}

TEST(SaveTest, FollowsSymbolicLinks) {
  const std::string directory = TestDirectory();
  const std::string link = directory + "/config.yaml";
  ASSERT_EQ(mkdir((directory + "/dotfiles").c_str(), 0700), 0);
  ASSERT_EQ(symlink("dotfiles/middle", link.c_str()), 0);
  ASSERT_EQ(symlink("siphon.yaml", (directory + "/dotfiles/middle").c_str()), 0);
  // The target does not exist at first, then it does.
  for (std::string_view text : {"version: 1\n", "version: 1 # again\n"}) {
    ASSERT_OK(Save(link, text));
    struct stat info;
    ASSERT_EQ(lstat(link.c_str(), &info), 0);
    EXPECT_TRUE(S_ISLNK(info.st_mode));
    EXPECT_THAT(base::ReadFile(directory + "/dotfiles/siphon.yaml", 100),
                IsOkAndHolds(std::string(text)));
  }
}

TEST(SaveTest, RefusesALoopOfLinks) {
  const std::string path = TestDirectory() + "/config.yaml";
  ASSERT_EQ(symlink("config.yaml", path.c_str()), 0);
  EXPECT_THAT(Save(path, "version: 1\n"), StatusIs(errs::kIo));
}

TEST(SaveTest, LeavesNothingBehindWhenItFails) {
  const std::string directory = TestDirectory();
  ASSERT_EQ(mkdir((directory + "/config.yaml").c_str(), 0700), 0);
  EXPECT_THAT(Save(directory + "/config.yaml", "version: 1\n"), Not(IsOk()));
  EXPECT_EQ(rmdir((directory + "/config.yaml").c_str()), 0);
  EXPECT_EQ(rmdir(directory.c_str()), 0) << "something is left in the directory";
}

}  // namespace
}  // namespace siphon::config
