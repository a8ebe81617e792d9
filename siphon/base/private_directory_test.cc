// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/private_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr size_t kLimit = 100;

class PrivateDirectoryTest : public ::testing::Test {
 protected:
  PrivateDirectoryTest()
      : path_(::testing::TempDir() + "/" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name()),
        directory_(path_ + "/deep/records") {}

  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }
  static mode_t Mode(const std::string& path) {
    struct stat info = {};
    EXPECT_EQ(lstat(path.c_str(), &info), 0);
    return info.st_mode & 07777;
  }

  const std::string path_;
  const PrivateDirectory directory_;
};

TEST_F(PrivateDirectoryTest, KeepsFilesThatOnlyTheUserReads) {
  const mode_t before = umask(0);
  ASSERT_OK(directory_.Write("b", "two"));
  ASSERT_OK(directory_.Write("a", "one"));
  ASSERT_OK(directory_.Write("a", "uno"));
  umask(before);
  EXPECT_THAT(directory_.List(), IsOkAndHolds(ElementsAre("a", "b")));
  EXPECT_THAT(directory_.Read("a", kLimit), IsOkAndHolds("uno"));
  EXPECT_EQ(Mode(Path("a")), 0600u);
  EXPECT_EQ(Mode(directory_.path()), 0700u);
  ASSERT_OK(directory_.Remove("a"));
  ASSERT_OK(directory_.Remove("a"));
  EXPECT_THAT(directory_.Read("a", kLimit), StatusIs(errs::kNotFound));
  EXPECT_THAT(directory_.List(), IsOkAndHolds(ElementsAre("b")));
}

TEST_F(PrivateDirectoryTest, AMissingDirectoryHasNoFiles) {
  EXPECT_THAT(directory_.List(), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(directory_.Read("a", kLimit), StatusIs(errs::kNotFound));
  EXPECT_OK(directory_.Remove("a"));
}

TEST_F(PrivateDirectoryTest, GoesWithItsLastFile) {
  ASSERT_OK(directory_.Write("a", "one"));
  ASSERT_OK(directory_.Write("b", "two"));
  ASSERT_OK(directory_.Remove("a"));
  EXPECT_TRUE(std::filesystem::exists(directory_.path()));
  ASSERT_OK(directory_.Remove("b"));
  EXPECT_FALSE(std::filesystem::exists(directory_.path()));
}

TEST_F(PrivateDirectoryTest, CanBeWrittenWhileOthersRemoveTheirLastFile) {
  std::vector<std::thread> writers;
  for (const std::string name : {"a", "b", "c", "d"}) {
    writers.emplace_back([this, name] {
      for (int i = 0; i < 200; ++i) {
        EXPECT_OK(directory_.Write(name, "one"));
        EXPECT_THAT(directory_.Read(name, kLimit), IsOkAndHolds("one"));
        EXPECT_OK(directory_.Remove(name));
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_FALSE(std::filesystem::exists(directory_.path()));
}

TEST_F(PrivateDirectoryTest, DistrustsFilesThatOthersCanReach) {
  ASSERT_OK(directory_.Write("a", "one"));
  for (const mode_t mode : {0640, 0604, 0620, 0602, 0610}) {
    ASSERT_EQ(chmod(Path("a").c_str(), mode), 0);
    EXPECT_THAT(directory_.Read("a", kLimit), StatusIs(errs::kIo, HasSubstr("not trusted")));
  }
  ASSERT_EQ(chmod(Path("a").c_str(), 0600), 0);
  ASSERT_EQ(link(Path("a").c_str(), Path("b").c_str()), 0);
  EXPECT_THAT(directory_.Read("a", kLimit), StatusIs(errs::kIo, HasSubstr("second name")));
}

TEST_F(PrivateDirectoryTest, FollowsNoLink) {
  ASSERT_OK(directory_.Write("a", "one"));
  ASSERT_EQ(symlink("a", Path("b").c_str()), 0);
  EXPECT_THAT(directory_.Read("b", kLimit), StatusIs(errs::kIo, HasSubstr("symbolic link")));
  const PrivateDirectory linked(path_ + "/linked");
  ASSERT_EQ(symlink(directory_.path().c_str(), linked.path().c_str()), 0);
  EXPECT_THAT(linked.Read("a", kLimit), StatusIs(errs::kIo, HasSubstr("not trusted")));
  EXPECT_THAT(linked.Write("c", ""), StatusIs(errs::kIo, HasSubstr("not trusted")));
  EXPECT_THAT(linked.List(), StatusIs(errs::kIo));
  EXPECT_THAT(linked.Remove("a"), StatusIs(errs::kIo));
}

TEST_F(PrivateDirectoryTest, DistrustsADirectoryThatOthersCanWriteTo) {
  ASSERT_OK(directory_.Write("a", "one"));
  for (const mode_t mode : {0720, 0702, 01777}) {
    ASSERT_EQ(chmod(directory_.path().c_str(), mode), 0);
    EXPECT_THAT(directory_.Read("a", kLimit), StatusIs(errs::kIo, HasSubstr("not trusted")));
    EXPECT_THAT(directory_.Write("a", "x"), StatusIs(errs::kIo, HasSubstr("not trusted")));
  }
}

// Only root can give files away.
TEST_F(PrivateDirectoryTest, DistrustsWhatBelongsToAnotherUser) {
  ASSERT_OK(directory_.Write("a", "one"));
  constexpr uid_t kNobody = 65534;
  if (geteuid() == 0) {
    ASSERT_EQ(chown(Path("a").c_str(), kNobody, kNobody), 0);
    EXPECT_THAT(directory_.Read("a", kLimit), StatusIs(errs::kIo, HasSubstr("another user")));
    ASSERT_EQ(chown(directory_.path().c_str(), kNobody, kNobody), 0);
    EXPECT_THAT(directory_.Read("a", kLimit), StatusIs(errs::kIo, HasSubstr("another user")));
    EXPECT_THAT(directory_.Write("a", "x"), StatusIs(errs::kIo, HasSubstr("another user")));
  } else {
    const PrivateDirectory root("/");
    EXPECT_THAT(root.List(), StatusIs(errs::kIo, HasSubstr("another user")));
  }
}

TEST_F(PrivateDirectoryTest, ReadsNothingElseThanShortRegularFiles) {
  ASSERT_OK(directory_.Write("long", std::string(kLimit + 1, 'x')));
  EXPECT_THAT(directory_.Read("long", kLimit), StatusIs(errs::kIo));
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_THAT(directory_.Read("pipe", kLimit), StatusIs(errs::kIo, HasSubstr("another type")));
  for (const std::string name : {"", "..", "../x", ".hidden"}) {
    EXPECT_THAT(directory_.Read(name, kLimit), StatusIs(errs::kInternal)) << name;
    EXPECT_THAT(directory_.Write(name, ""), StatusIs(errs::kInternal)) << name;
  }
}

}  // namespace
}  // namespace siphon::base
