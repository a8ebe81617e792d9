// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/storage/local_leases.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "testing/status_matchers.h"

namespace siphon::storage {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class LocalLeasesTest : public ::testing::Test {
 protected:
  LocalLeasesTest()
      : directory_(::testing::TempDir() + "/leases-" +
                   ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(directory_);
    leases_ = MakeLocalLeases(directory_);
  }

  bool Exists(const std::string& name) const {
    return std::filesystem::exists(directory_ + "/" + LeaseFile(name));
  }

  std::string directory_;
  std::unique_ptr<Leases> leases_;
  base::Context context_;
};

TEST_F(LocalLeasesTest, OnlyOneHasALease) {
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<Lease> first,
                       leases_->Acquire(context_, "prod", "process 1"));
  EXPECT_TRUE(Exists("prod"));
  EXPECT_THAT(
      leases_->Acquire(context_, "prod", "process 2"),
      AllOf(StatusIs(errs::kBusy, HasSubstr("process 1")), HasExitCode(errs::Code::kSystem)));
  // Another store object on the same directory, as of another process.
  EXPECT_THAT(MakeLocalLeases(directory_)->Acquire(context_, "prod", "process 3"),
              StatusIs(errs::kBusy));
  EXPECT_OK(leases_->Acquire(context_, "other", "process 2"));
  first.reset();
  EXPECT_FALSE(Exists("prod"));
  EXPECT_OK(leases_->Acquire(context_, "prod", "process 2"));
}

TEST_F(LocalLeasesTest, AnyTextNamesALease) {
  const std::string url = "postgres://app@db/shop?x=../..";
  ASSERT_OK_AND_ASSIGN(const auto lease, leases_->Acquire(context_, url, "me"));
  EXPECT_THAT(leases_->Acquire(context_, url, "you"), StatusIs(errs::kBusy));
  EXPECT_OK(leases_->Acquire(context_, url + "x", "you"));
  EXPECT_OK(leases_->Acquire(context_, "", "you"));
  EXPECT_EQ(LeaseFile("prod"), ".lease-prod");
  EXPECT_THAT(LeaseFile(url), ::testing::MatchesRegex("[.]lease-=[0-9a-f]{32}"));
}

TEST_F(LocalLeasesTest, TheLeaseOfAProcessThatDiedIsFree) {
  std::filesystem::create_directories(directory_);
  const pid_t child = fork();
  if (child == 0) {
    const auto lease = MakeLocalLeases(directory_)->Acquire(context_, "prod", "the dead");
    kill(getpid(), SIGKILL);
    _exit(1);
  }
  ASSERT_GT(child, 0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  ASSERT_TRUE(Exists("prod"));
  EXPECT_OK(leases_->Acquire(context_, "prod", "me"));
  EXPECT_FALSE(Exists("prod"));
}

TEST_F(LocalLeasesTest, AreNotRemovedAsStaleWhileHeldAndNotRefusedForTheRemoval) {
  std::atomic<bool> stop = false;
  std::thread cleaner([&] {
    while (!stop) base::RemoveStaleFiles(directory_, kLeasePrefix).status().IgnoreError();
  });
  for (int i = 0; i < 500 && !HasFailure(); ++i) {
    const auto lease = leases_->Acquire(context_, "prod", "me");
    EXPECT_OK(lease);
    EXPECT_TRUE(Exists("prod"));
  }
  stop = true;
  cleaner.join();
}

TEST_F(LocalLeasesTest, ExcludeThreads) {
  std::atomic<int> inside = 0, taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        const auto lease = leases_->Acquire(context_, "prod", "me");
        if (!lease.ok()) continue;
        EXPECT_EQ(++inside, 1);
        ++taken;
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(taken, 0);
}

TEST_F(LocalLeasesTest, WithoutAUsableDirectoryThereIsNone) {
  std::filesystem::create_directories(directory_);
  const std::string file = directory_ + "/file";
  ASSERT_OK(base::WriteFileAtomically(file, "x", 0600));
  EXPECT_THAT(MakeLocalLeases(file)->Acquire(context_, "prod", "me"),
              HasExitCode(errs::Code::kSystem));
}

}  // namespace
}  // namespace siphon::storage
