// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/storage/local_store.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "siphon/base/io.h"
#include "siphon/base/ownership.h"
#include "siphon/domain/storage/store.h"
#include "siphon/domain/storage/store_contract.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

// A directory of its own for each test.
std::string FreshDirectory() {
  std::string pattern = ::testing::TempDir() + "/store-XXXXXX";
  return ::mkdtemp(pattern.data());
}

class LocalFixture : public StoreFixture {
 public:
  LocalFixture() : directory_(FreshDirectory()) {}
  ~LocalFixture() override { std::filesystem::remove_all(directory_); }
  std::unique_ptr<storage::Store> Connect() override {
    return storage::MakeLocalStore(directory_ + "/below/dumps");
  }

 private:
  std::string directory_;
};

INSTANTIATE_TEST_SUITE_P(Local, StoreContract,
                         ::testing::Values(StoreFactory{
                             "directory", [] { return std::make_unique<LocalFixture>(); }}),
                         StoreName);

}  // namespace
}  // namespace siphon::testing

namespace siphon::storage {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class LocalStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/local-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    directory_ = root_ + "/dumps";
    store_ = MakeLocalStore(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  absl::Status Put(std::string_view key, std::string_view data) {
    auto object = store_->Create(context_, key);
    if (!object.ok()) return object.status();
    absl::Status status = (*object)->Write(data);
    if (status.ok()) status = (*object)->Finish();
    if (status.ok()) status = (*object)->Commit();
    return status;
  }

  // The names in the directory, temporary ones included.
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  void WriteRaw(const std::string& name, std::string_view data) const {
    std::filesystem::create_directories(directory_);
    std::ofstream(directory_ + "/" + name, std::ios::binary) << data;
  }

  static mode_t ModeOf(const std::string& path) {
    struct stat info;
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
  }

  base::Context context_;
  std::string root_;
  std::string directory_;
  std::unique_ptr<Store> store_;
};

TEST_F(LocalStoreTest, MakesADirectoryThatIsItsOwnersAtTheFirstCreate) {
  EXPECT_THAT(store_->List(context_), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(store_->ListUncommitted(context_), IsOkAndHolds(IsEmpty()));
  EXPECT_OK(store_->RemoveStale(context_, [](const std::string&) { return absl::OkStatus(); }));
  EXPECT_FALSE(std::filesystem::exists(directory_));
  ASSERT_OK(Put("a", "x"));
  EXPECT_EQ(ModeOf(directory_), 0700u);
  EXPECT_EQ(ModeOf(directory_ + "/a"), 0600u);
}

TEST_F(LocalStoreTest, LeavesTheModeOfADirectoryThatExists) {
  ASSERT_EQ(::mkdir(directory_.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(directory_.c_str(), 0755), 0);
  ASSERT_OK(Put("a", "x"));
  EXPECT_EQ(ModeOf(directory_), 0755u);
}

TEST_F(LocalStoreTest, NamesItsTemporaryFilesAfterTheirKey) {
  ASSERT_OK_AND_ASSIGN(auto object, store_->Create(context_, "a.dump"));
  EXPECT_THAT(Names(), ElementsAre(StartsWith(".tmp-a.dump-")));
  object.reset();
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(LocalStoreTest, HasNoObjectWithALongerNameThanItsFileSystemAllows) {
  ASSERT_OK(Put("a", "x"));
  const std::string key(300, 'x');
  EXPECT_THAT(store_->Stat(context_, key), IsOkAndHolds(Eq(std::nullopt)));
  EXPECT_OK(store_->Delete(context_, key));
  EXPECT_FALSE(Put(key, "x").ok());
}

TEST_F(LocalStoreTest, ListsRegularFilesOnly) {
  ASSERT_OK(Put("a.dump", "x"));
  ASSERT_TRUE(std::filesystem::create_directory(directory_ + "/folder.dump"));
  ASSERT_EQ(::mkfifo((directory_ + "/fifo.dump").c_str(), 0600), 0);
  WriteRaw("a..b", "x");
  std::filesystem::create_symlink("a.dump", directory_ + "/link.dump");
  EXPECT_THAT(store_->List(context_), IsOkAndHolds(ElementsAre("a.dump", "link.dump")));
  EXPECT_THAT(store_->Stat(context_, "folder.dump"), IsOkAndHolds(Eq(std::nullopt)));
  EXPECT_THAT(store_->Open(context_, "fifo.dump"),
              StatusIs(errs::kIo, HasSubstr("fifo.dump is not a regular file")));
}

TEST_F(LocalStoreTest, FollowsNoLinkThatAnotherUserPutIntoTheirFolder) {
  ASSERT_OK(Put("a.dump", "x"));
  const std::string elsewhere = directory_ + ".elsewhere";
  std::filesystem::create_directory(elsewhere);
  std::filesystem::create_symlink(elsewhere + "/no", directory_ + "/b.dump");
  std::filesystem::create_directory_symlink(elsewhere, directory_ + "/folder");
  EXPECT_THAT(store_->Open(context_, "a.dump"), IsOk());
  // As seen by another user: the links are somebody else's.
  const base::ScopedEffectiveUser other(54321);
  EXPECT_THAT(store_->Open(context_, "a.dump"), IsOk());
  EXPECT_THAT(store_->Open(context_, "b.dump"), StatusIs(errs::kIo, HasSubstr("symbolic link")));
  std::filesystem::remove(directory_ + "/folder");
  std::filesystem::create_directory_symlink(elsewhere + "/none", directory_ + "/folder");
  const auto inside = MakeLocalStore(directory_ + "/folder");
  EXPECT_THAT(inside->Create(context_, "c.dump"), StatusIs(errs::kIo, HasSubstr("symbolic link")));
  EXPECT_TRUE(std::filesystem::is_empty(elsewhere));
  std::filesystem::remove_all(elsewhere);
}

TEST_F(LocalStoreTest, RemovesWhatDeadWritersLeft) {
  WriteRaw(".tmp-x.dump-abc123", "half");
  WriteRaw(".tmp-x.meta.json-00000000000000ab", "");
  WriteRaw("x.dump", "whole");
  EXPECT_THAT(store_->ListUncommitted(context_),
              IsOkAndHolds(ElementsAre("x.dump", "x.meta.json")));
  std::vector<std::string> visited;
  ASSERT_OK(store_->RemoveStale(context_, [&](const std::string& key) {
    visited.push_back(key);
    return absl::OkStatus();
  }));
  EXPECT_THAT(visited, ::testing::UnorderedElementsAre("x.dump", "x.meta.json"));
  EXPECT_THAT(Names(), ElementsAre("x.dump"));
}

TEST_F(LocalStoreTest, LeavesTemporaryFilesOfSiphonInGoThatMayStillBeWritten) {
  WriteRaw(".tmp-x.dump-1234567890", "half");  // A name of os.CreateTemp; no lock.
  WriteRaw(".tmp-y.dump-42", "half");
  const auto hour_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  std::filesystem::last_write_time(directory_ + "/.tmp-y.dump-42", hour_ago);
  ASSERT_OK(store_->RemoveStale(context_, [&](const std::string&) { return absl::OkStatus(); }));
  EXPECT_THAT(Names(), ElementsAre(".tmp-x.dump-1234567890"));
}

TEST_F(LocalStoreTest, LeavesFilesThatAreNoneOfItsTemporaryOnes) {
  WriteRaw(".tmp-", "");
  WriteRaw(".tmp-notes", "");
  ASSERT_OK(store_->RemoveStale(context_, [&](const std::string&) { return absl::OkStatus(); }));
  EXPECT_THAT(Names(), ElementsAre(".tmp-", ".tmp-notes"));
}

TEST_F(LocalStoreTest, KeepsWhatAVisitorRefuses) {
  WriteRaw(".tmp-x.dump-abc123", "half");
  EXPECT_THAT(store_->RemoveStale(context_,
                                  [](const std::string&) {
                                    return errs::SystemError("test", errs::kIo, "not now");
                                  }),
              StatusIs(errs::kIo, HasSubstr("not now")));
  EXPECT_THAT(Names(), ElementsAre(".tmp-x.dump-abc123"));
}

TEST_F(LocalStoreTest, NoTwoVisitorsHaveTheSameStaleObject) {
  WriteRaw(".tmp-x.dump-abc123", "half");
  const std::unique_ptr<Store> other = MakeLocalStore(directory_);
  int visits = 0;
  ASSERT_OK(store_->RemoveStale(context_, [&](const std::string&) {
    return other->RemoveStale(context_, [&](const std::string&) {
      ++visits;
      return absl::OkStatus();
    });
  }));
  EXPECT_EQ(visits, 0);
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(LocalStoreTest, AKilledWriterIsStaleAndALivingOneIsNot) {
  ASSERT_TRUE(std::filesystem::create_directory(directory_));
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto object = store_->Create(context_, "x.dump");
    const char ok = object.ok() && (*object)->Write("half").ok() ? 'y' : 'n';
    if (::write(ready[1], &ok, 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  char ok = 'n';
  ASSERT_EQ(::read(ready[0], &ok, 1), 1);
  ASSERT_EQ(ok, 'y');
  const auto accept = [](const std::string&) { return absl::OkStatus(); };
  EXPECT_OK(store_->RemoveStale(context_, accept));
  EXPECT_THAT(Names(), ElementsAre(StartsWith(".tmp-x.dump-")));
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_OK(store_->RemoveStale(context_, accept));
  EXPECT_THAT(Names(), IsEmpty());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(LocalStoreTest, AWriteThatDoesNotFitIsAnErrorAndLeavesNothing) {
  ASSERT_TRUE(std::filesystem::create_directory(directory_));
  // The limit acts like a full disk. It applies to a process, so it is set in a child.
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1 << 20, 1 << 20};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(10);
    const absl::Status status = Put("a", std::string(2 << 20, 'x'));
    ::_exit(errs::Is(status, errs::kIo) && errs::ExitCode(status) == 2 ? 0 : 11);
  }
  int state = 0;
  ASSERT_EQ(::waitpid(child, &state, 0), child);
  EXPECT_TRUE(WIFEXITED(state));
  EXPECT_EQ(WEXITSTATUS(state), 0);
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(LocalStoreTest, ADirectoryThatIsAFileIsAClearError) {
  std::ofstream(directory_) << "not a directory";
  EXPECT_THAT(Put("a", "x"),
              AllOf(StatusIs(errs::kIo, HasSubstr(directory_)), HasExitCode(errs::Code::kSystem)));
  EXPECT_THAT(store_->List(context_), StatusIs(errs::kIo, HasSubstr(directory_)));
  EXPECT_THAT(store_->Open(context_, "a"), StatusIs(errs::kIo, HasSubstr(directory_)));
}

TEST_F(LocalStoreTest, DescribesItselfByItsDirectory) {
  EXPECT_EQ(store_->Description(), directory_);
}

}  // namespace
}  // namespace siphon::storage
