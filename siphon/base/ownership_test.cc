// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/ownership.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

constexpr uid_t kMallory = 54321;

// A folder in which files can be given to another user: really by root, else by counting all
// present files as another's.
class OwnershipTest : public ::testing::Test {
 protected:
  OwnershipTest() {
    std::string pattern = absl::StrCat(::testing::TempDir(), "/owner-XXXXXX");
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    root_ = fs::canonical(pattern).string();
    // The folders above it do not matter here.
    chmod(root_.c_str(), 0755);
  }
  ~OwnershipTest() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  std::string Path(std::string_view name) const { return absl::StrCat(root_, "/", name); }
  std::string File(std::string_view name) const {
    std::ofstream(Path(name)) << "x";
    return Path(name);
  }

  // Gives a file, folder or link to Mallory. Root in a sandbox cannot do it, either.
  void Give(const std::string& path) {
    gives_ = lchown(path.c_str(), kMallory, kMallory) == 0;
    if (!gives_ && !other_.has_value()) other_.emplace(kMallory);
  }

  std::string root_;
  bool gives_ = false;
  std::optional<ScopedEffectiveUser> other_;
};

TEST_F(OwnershipTest, ResolvesOwnLinksAsRealpathDoes) {
  fs::create_directories(Path("a/b"));
  File("a/b/file");
  fs::create_symlink("b/../b", Path("a/link"));
  fs::create_symlink(Path("a/link/file"), Path("final"));
  fs::create_symlink("nothing", Path("dangling"));
  EXPECT_THAT(ResolveLinks("t", Path("final")), IsOkAndHolds(Path("a/b/file")));
  EXPECT_THAT(ResolveLinks("t", Path("a//./link/../b/file")), IsOkAndHolds(Path("a/b/file")));
  EXPECT_THAT(ResolveLinks("t", Path("dangling")), IsOkAndHolds(Path("nothing")));
  EXPECT_THAT(ResolveLinks("t", "/"), IsOkAndHolds("/"));
  EXPECT_THAT(ResolveLinks("t", "/.."), IsOkAndHolds("/"));
  EXPECT_THAT(ResolveLinks("t", Path("none/file")), StatusIs(errs::kNotFound));
  EXPECT_THAT(ResolveLinks("t", Path("final/file")), StatusIs(errs::kIo));
  fs::create_symlink("loop", Path("loop"));
  EXPECT_THAT(ResolveLinks("t", Path("loop")), StatusIs(errs::kIo));
  EXPECT_THAT(ResolveLinks("t", "relative"), IsOkAndHolds(HasSubstr("/relative")));
}

TEST_F(OwnershipTest, FollowsALinkOfAnotherUserOnlyToWhatIsTheirs) {
  fs::create_directories(Path("hers/releases"));
  File("hers/releases/app.db");
  fs::create_symlink("releases", Path("hers/current"));
  for (const char* const name : {"hers", "hers/releases", "hers/releases/app.db", "hers/current"}) {
    Give(Path(name));
  }
  EXPECT_THAT(ResolveLinks("t", Path("hers/current/app.db")),
              IsOkAndHolds(Path("hers/releases/app.db")));
  fs::create_symlink("/etc", Path("hers/etc"));
  fs::create_symlink(Path("nothing"), Path("hers/dangling"));
  Give(Path("hers/etc"));
  Give(Path("hers/dangling"));
  for (const std::string link : {"hers/etc/passwd", "hers/etc/new.db", "hers/dangling"}) {
    if (!gives_ && link != "hers/dangling") continue;  // The folder /etc is not another user's.
    EXPECT_THAT(ResolveLinks("t", Path(link)),
                StatusIs(errs::kIo, HasSubstr("is a symbolic link in a place that user")))
        << link;
  }
}

TEST_F(OwnershipTest, FollowsNoOwnLinkWhereAnotherUserCouldHavePutIt) {
  // Anybody can move a link within a folder that everybody may write to.
  File("target");
  fs::create_directory(Path("open"));
  fs::create_symlink(Path("target"), Path("open/link"));
  chmod(Path("open").c_str(), 0777);
  EXPECT_THAT(ResolveLinks("t", Path("open/link")), StatusIs(errs::kIo, HasSubstr("everybody")));
  // Not where the folder is sticky, as /tmp is.
  chmod(Path("open").c_str(), 01777);
  EXPECT_THAT(ResolveLinks("t", Path("open/link")), IsOkAndHolds(Path("target")));
}

TEST_F(OwnershipTest, TellsWhatEverybodyCouldHaveMade) {
  fs::create_directories(Path("closed/own"));
  fs::create_directories(Path("open/hers"));
  const std::string file = File("closed/own/socket");
  ASSERT_FALSE(EverybodyCouldMake(file)) << "everybody may write to a folder above " << root_;
  EXPECT_FALSE(EverybodyCouldMake(Path("closed/own/missing")));
  EXPECT_TRUE(EverybodyCouldMake(Path("closed/missing/socket")));
  // Only the folder's owner can put something into it, whoever that is.
  Give(Path("closed/own"));
  EXPECT_FALSE(EverybodyCouldMake(file));
  File("open/hers/socket");
  chmod(Path("open").c_str(), 01777);
  EXPECT_TRUE(EverybodyCouldMake(Path("open/missing")));
  if (gives_) {
    EXPECT_FALSE(EverybodyCouldMake(Path("open/hers/socket")));
    Give(Path("open/hers"));
  }
  EXPECT_TRUE(EverybodyCouldMake(Path("open/hers/socket")));
  // A link leads there, or is there.
  fs::create_symlink(Path("open/hers"), Path("closed/link"));
  EXPECT_TRUE(EverybodyCouldMake(Path("closed/link/socket")));
  fs::create_symlink(Path("open/hers/socket"), Path("closed/socket"));
  EXPECT_TRUE(EverybodyCouldMake(Path("closed/socket")));
  fs::create_symlink(file, Path("open/link"));
  Give(Path("open/link"));
  EXPECT_TRUE(EverybodyCouldMake(Path("open/link")));
  chmod(Path("open").c_str(), 0777);
  const std::string own = File("open/own");
  EXPECT_TRUE(EverybodyCouldMake(own));
}

TEST_F(OwnershipTest, TellsWhoElseMayWrite) {
  const std::string file = File("file");
  const auto others = [&file](mode_t mode) {
    chmod(file.c_str(), mode);
    struct stat info {};
    EXPECT_EQ(stat(file.c_str(), &info), 0);
    return OthersMayWrite(info);
  };
  EXPECT_FALSE(others(0600));
  EXPECT_FALSE(others(0644));
  EXPECT_FALSE(others(0664));  // The group is the process's own.
  EXPECT_TRUE(others(0646));
  Give(file);
  EXPECT_TRUE(others(0600));
  EXPECT_EQ(DescribeUser(0), "user root (0)");
  EXPECT_EQ(DescribeUser(kMallory), "user 54321");
}

TEST_F(OwnershipTest, ActsWithTheRightsOfAnotherUser) {
  fs::create_directory(Path("hers"));
  Give(Path("hers"));
  if (!gives_) {
    // Without root's rights there is nothing to give up.
    const ActingAs nobody({.user = kMallory, .group = kMallory});
    EXPECT_EQ(access(File("own").c_str(), W_OK), 0);
    return;
  }
  chmod(root_.c_str(), 0755);
  const std::string secret = File("secret");
  chmod(secret.c_str(), 0600);
  // The folder is reached by its descriptor: those above it need not be open to Mallory.
  const int folder = open(Path("hers").c_str(), O_PATH | O_DIRECTORY);
  const std::string through = absl::StrCat("/proc/self/fd/", folder, "/new");
  {
    const ActingAs mallory({.user = kMallory, .group = kMallory});
    EXPECT_EQ(open(secret.c_str(), O_RDONLY), -1);
    EXPECT_NE(unlink(secret.c_str()), 0);
    const int made = open(through.c_str(), O_CREAT | O_EXCL | O_WRONLY, 0600);
    EXPECT_GE(made, 0);
    EXPECT_NE(fchown(made, 0, 0), 0);
    close(made);
  }
  close(folder);
  struct stat info {};
  ASSERT_EQ(stat(Path("hers/new").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, kMallory);
  EXPECT_EQ(info.st_gid, kMallory);
  // Root's rights are back.
  const int again = open(secret.c_str(), O_RDWR);
  EXPECT_GE(again, 0);
  EXPECT_EQ(fchown(again, kMallory, kMallory), 0);
  close(again);
}

}  // namespace
}  // namespace siphon::base
