// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/io.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = ::testing::TempDir() + "/file_test_" + std::to_string(getpid()) + "_" +
                 ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directory(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  void Put(const std::string& name, const std::string& data) const {
    std::ofstream(Path(name)) << data;
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  static mode_t Mode(const std::string& path) {
    struct stat info = {};
    EXPECT_EQ(stat(path.c_str(), &info), 0);
    return info.st_mode & 07777;
  }

  std::string directory_;
};

TEST_F(FileTest, ReaderReadsWhatIsThere) {
  Put("a", "hello");
  ASSERT_OK_AND_ASSIGN(FileReader reader, FileReader::Open(Path("a")));
  EXPECT_EQ(reader.region(), (FileRegion{Path("a"), 0}));
  EXPECT_THAT(reader.Size(), IsOkAndHolds(5u));
  EXPECT_THAT(ReadAll(reader, 100), IsOkAndHolds(std::string("hello")));
}

TEST_F(FileTest, MissingFileIsNotFoundByName) {
  EXPECT_THAT(FileReader::Open(Path("none")), StatusIs(errs::kNotFound, HasSubstr(Path("none"))));
  EXPECT_THAT(ReadFile(Path("none"), 10), StatusIs(errs::kNotFound, HasSubstr(Path("none"))));
}

TEST_F(FileTest, ReadFileHonoursItsLimit) {
  Put("a", "12345");
  EXPECT_THAT(ReadFile(Path("a"), 5), IsOkAndHolds(std::string("12345")));
  EXPECT_THAT(ReadFile(Path("a"), 4), StatusIs(errs::kIo, HasSubstr(Path("a"))));
  EXPECT_THAT(ReadFile(Path("a"), 4), HasExitCode(errs::Code::kUser));
}

TEST_F(FileTest, ReadingADirectoryNamesItAndIsASystemError) {
  EXPECT_THAT(ReadFile(directory_, 10), StatusIs(errs::kIo, HasSubstr(directory_)));
  EXPECT_THAT(ReadFile(directory_, 10), HasExitCode(errs::Code::kSystem));
}

TEST_F(FileTest, DescriptorClosesOnceAndMoves) {
  FileDescriptor fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = fd.get();
  FileDescriptor other = std::move(fd);
  EXPECT_FALSE(fd.valid());  // NOLINT: tests the moved-from object.
  EXPECT_EQ(other.get(), number);
  FileDescriptor third;
  third = std::move(other);
  EXPECT_GE(fcntl(number, F_GETFD), 0);
  third.Reset();
  EXPECT_LT(fcntl(number, F_GETFD), 0);
}

TEST_F(FileTest, AtomicFileAppearsOnlyWhenPublished) {
  ASSERT_OK_AND_ASSIGN(auto file, AtomicFile::Create(directory_, ".tmp-", 0640));
  EXPECT_THAT(Names(), ElementsAre(StartsWith(".tmp-")));
  EXPECT_EQ(file->temporary_path(), Path(Names()[0]));
  ASSERT_OK(file->Write("data"));
  ASSERT_OK(file->Write(""));
  ASSERT_OK(file->Finish());
  EXPECT_THAT(Names(), ElementsAre(StartsWith(".tmp-")));
  ASSERT_OK(file->Publish("final", AtomicFile::IfExists::kFail));
  file.reset();
  EXPECT_THAT(Names(), ElementsAre("final"));
  EXPECT_THAT(ReadFile(Path("final"), 100), IsOkAndHolds(std::string("data")));
  EXPECT_EQ(Mode(Path("final")), 0640u);
}

TEST_F(FileTest, ModeIsNotSubjectToTheUmask) {
  const mode_t old = umask(077);
  EXPECT_OK(WriteFileAtomically(Path("a"), "x", 0666));
  umask(old);
  EXPECT_EQ(Mode(Path("a")), 0666u);
}

TEST_F(FileTest, AtomicFileDestroyedBeforePublishLeavesNothing) {
  {
    ASSERT_OK_AND_ASSIGN(const auto file, AtomicFile::Create(directory_, ".tmp-", 0600));
    ASSERT_OK(file->Write("data"));
    ASSERT_OK(file->Finish());
  }
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(FileTest, PublishReplacesOrRefusesAsAsked) {
  Put("final", "old");
  ASSERT_OK_AND_ASSIGN(const auto first, AtomicFile::Create(directory_, ".tmp-", 0600));
  ASSERT_OK(first->Write("new"));
  ASSERT_OK(first->Finish());
  EXPECT_THAT(first->Publish("final", AtomicFile::IfExists::kFail),
              StatusIs(errs::kAlreadyExists, HasSubstr(Path("final"))));
  EXPECT_THAT(ReadFile(Path("final"), 100), IsOkAndHolds(std::string("old")));
  EXPECT_OK(first->Publish("final", AtomicFile::IfExists::kReplace));
  EXPECT_THAT(ReadFile(Path("final"), 100), IsOkAndHolds(std::string("new")));
}

TEST_F(FileTest, MisuseIsAnInternalError) {
  ASSERT_OK_AND_ASSIGN(const auto file, AtomicFile::Create(directory_, ".tmp-", 0600));
  EXPECT_THAT(file->Publish("a", AtomicFile::IfExists::kFail), StatusIs(errs::kInternal));
  ASSERT_OK(file->Finish());
  EXPECT_THAT(file->Finish(), StatusIs(errs::kInternal));
  EXPECT_THAT(file->Write("x"), StatusIs(errs::kInternal));
  EXPECT_THAT(file->Publish("../a", AtomicFile::IfExists::kFail), StatusIs(errs::kInternal));
  EXPECT_THAT(file->Publish("", AtomicFile::IfExists::kFail), StatusIs(errs::kInternal));
  EXPECT_OK(file->Publish("a", AtomicFile::IfExists::kFail));
  EXPECT_THAT(file->Publish("b", AtomicFile::IfExists::kFail), StatusIs(errs::kInternal));
}

TEST_F(FileTest, CreateInAMissingDirectoryNamesIt) {
  EXPECT_THAT(AtomicFile::Create(Path("none"), ".tmp-", 0600),
              StatusIs(errs::kNotFound, HasSubstr(Path("none"))));
  EXPECT_THAT(WriteFileAtomically(Path("none/a"), "x", 0600), StatusIs(errs::kNotFound));
}

TEST_F(FileTest, FullDiskIsAnIoErrorThatLeavesNothing) {
  // A limit on the file size fails like a full disk: a short write, then an error.
  rlimit old = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit small{1000, old.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  {
    ASSERT_OK_AND_ASSIGN(const auto file, AtomicFile::Create(directory_, ".tmp-", 0600));
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    EXPECT_THAT(file->Write(std::string(5000, 'x')),
                StatusIs(errs::kIo, HasSubstr(file->temporary_path())));
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
  }
  signal(SIGXFSZ, SIG_DFL);
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(FileTest, StaleFilesOfDeadWritersAreRemovedAndOthersStay) {
  Put(".tmp-dead1", "x");
  Put(".tmp-dead2", "");
  Put("final", "x");
  Put(".other", "x");
  std::filesystem::create_directory(Path(".tmp-directory"));
  std::filesystem::create_symlink(Path("final"), Path(".tmp-link"));
  ASSERT_EQ(mkfifo(Path(".tmp-fifo").c_str(), 0600), 0);
  ASSERT_OK_AND_ASSIGN(const auto living, AtomicFile::Create(directory_, ".tmp-", 0600));
  EXPECT_THAT(RemoveStaleFiles(directory_, ".tmp-"),
              IsOkAndHolds(ElementsAre(".tmp-dead1", ".tmp-dead2")));
  EXPECT_THAT(Names(),
              UnorderedElementsAre("final", ".other", ".tmp-directory", ".tmp-link", ".tmp-fifo",
                                   SplitPath(living->temporary_path()).second));
  ASSERT_OK(living->Finish());
  EXPECT_OK(living->Publish("published", AtomicFile::IfExists::kFail));
}

TEST_F(FileTest, StaleFilesOfAMissingDirectoryAreNone) {
  EXPECT_THAT(RemoveStaleFiles(Path("none"), ""), IsOkAndHolds(IsEmpty()));
}

TEST_F(FileTest, WritersSurviveACleanerThatNeverRests) {
  std::atomic<bool> done{false};
  std::jthread cleaner([&] {
    while (!done) EXPECT_OK(RemoveStaleFiles(directory_, ".tmp-"));
  });
  for (int i = 0; i < 300; ++i) {
    ASSERT_OK_AND_ASSIGN(const auto file, AtomicFile::Create(directory_, ".tmp-", 0600));
    ASSERT_OK(file->Write("x"));
    ASSERT_OK(file->Finish());
    ASSERT_OK(file->Publish("f" + std::to_string(i), AtomicFile::IfExists::kFail));
  }
  done = true;
  cleaner.join();
  EXPECT_THAT(Names(), SizeIs(300));
}

TEST_F(FileTest, ConcurrentPublishersOfOneNameHaveOneWinner) {
  std::atomic<int> winners{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      auto file = AtomicFile::Create(directory_, ".tmp-", 0600);
      ASSERT_OK(file);
      ASSERT_OK((*file)->Write(std::to_string(i)));
      ASSERT_OK((*file)->Finish());
      const absl::Status status = (*file)->Publish("final", AtomicFile::IfExists::kFail);
      if (status.ok()) {
        ++winners;
      } else {
        EXPECT_THAT(status, StatusIs(errs::kAlreadyExists));
      }
    });
  }
  threads.clear();
  EXPECT_EQ(winners, 1);
  EXPECT_THAT(Names(), ElementsAre("final"));
}

TEST_F(FileTest, WriteFileAtomicallyReplacesAndClearsAwayWhatAKilledWriterLeft) {
  Put(".tmp-config.yaml-0123", "half");
  Put("config.yaml", "old");
  ASSERT_OK(WriteFileAtomically(Path("config.yaml"), "new", 0600));
  EXPECT_THAT(Names(), ElementsAre("config.yaml"));
  EXPECT_THAT(ReadFile(Path("config.yaml"), 100), IsOkAndHolds(std::string("new")));
  EXPECT_EQ(Mode(Path("config.yaml")), 0600u);
}

TEST_F(FileTest, CreateDirectoriesMakesParentsAndAcceptsWhatIsThere) {
  ASSERT_OK(CreateDirectories(Path("a/b//c/"), 0700));
  EXPECT_TRUE(std::filesystem::is_directory(Path("a/b/c")));
  EXPECT_EQ(Mode(Path("a/b")), 0700u);
  EXPECT_OK(CreateDirectories(Path("a/b/c"), 0755));
  EXPECT_EQ(Mode(Path("a/b/c")), 0700u);
  EXPECT_OK(CreateDirectories("/", 0700));
  EXPECT_OK(CreateDirectories(".", 0700));
}

TEST_F(FileTest, CreateDirectoriesNamesWhatIsInTheWay) {
  Put("file", "x");
  EXPECT_THAT(CreateDirectories(Path("file/b"), 0700),
              StatusIs(errs::kIo, HasSubstr(Path("file"))));
  EXPECT_THAT(CreateDirectories(Path("file"), 0700), StatusIs(errs::kIo, HasSubstr("Not a dir")));
  EXPECT_THAT(CreateDirectories("", 0700), StatusIs(errs::kInvalidArgument));
}

TEST_F(FileTest, CreateDirectoriesTellsThatOneWasRemovedMeanwhile) {
  const std::string directory = Path("removed");
  std::atomic<bool> ended = false;
  std::thread remover([&] {
    while (!ended) rmdir(directory.c_str());
  });
  for (int i = 0; i < 2'000; ++i) {
    const absl::Status created = CreateDirectories(directory, 0700);
    if (created.ok()) continue;
    EXPECT_THAT(created, StatusIs(errs::kNotFound, HasSubstr(directory)));
    if (HasFailure()) break;
  }
  ended = true;
  remover.join();
}

TEST(PathTest, SplitsAndJoins) {
  EXPECT_THAT(SplitPath("dir/name"), Pair("dir", "name"));
  EXPECT_THAT(SplitPath("/a/b/c"), Pair("/a/b", "c"));
  EXPECT_THAT(SplitPath("/name"), Pair("/", "name"));
  EXPECT_THAT(SplitPath("name"), Pair(".", "name"));
  EXPECT_THAT(SplitPath("dir/"), Pair("dir", ""));
  EXPECT_EQ(JoinPath("dir", "name"), "dir/name");
  EXPECT_EQ(JoinPath("dir/", "name"), "dir/name");
  EXPECT_EQ(JoinPath("/", "name"), "/name");
  EXPECT_EQ(JoinPath("", "name"), "name");
}

}  // namespace
}  // namespace siphon::base
