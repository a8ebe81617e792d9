// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Two backups of one profile do not overlap.

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/running_process.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::string_view kFile = ".lease-app";

// What another backup of the profile "app" holds (docs/dumps.md).
class HeldLease {
 public:
  explicit HeldLease(const Sandbox& box)
      : path_(absl::StrCat(box.DumpDirectory(), "/", kFile)),
        fd_(open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    EXPECT_GE(fd_, 0) << path_;
    EXPECT_EQ(flock(fd_, LOCK_EX | LOCK_NB), 0);
    EXPECT_EQ(write(fd_, "process 4711", 12), 12);
  }
  ~HeldLease() {
    unlink(path_.c_str());
    close(fd_);
  }
  HeldLease(const HeldLease&) = delete;
  HeldLease& operator=(const HeldLease&) = delete;

 private:
  std::string path_;
  int fd_;
};

class LeaseTest : public ::testing::Test {
 protected:
  LeaseTest() {
    std::filesystem::create_directories(box_.DumpDirectory());
    EXPECT_OK(MakeSampleDatabase(box_.Path("app.db"), {.bytes = 50000, .seed = 1}));
    Clear(box_.Path("config"));
    WriteBytes(box_.Path("config/config.yaml"),
               absl::StrCat(
                   "version: 1\nprofiles:\n  app: {driver: sqlite, database: ", box_.Path("app.db"),
                   "}\n  other: {driver: sqlite, database: ", box_.Path("app.db"), "}\n"));
  }

  Sandbox box_;
};

TEST_F(LeaseTest, ASecondBackupOfAProfileIsBusy) {
  auto lease = std::make_unique<HeldLease>(box_);
  const ProcessResult busy = box_.Run({"backup", "app", "--json"});
  EXPECT_EQ(busy.exit_code, 2);
  const auto json = nlohmann::json::parse(busy.out, nullptr, false);
  ASSERT_TRUE(json.is_object()) << busy.out;
  EXPECT_EQ(json["error"]["cause"], "busy");
  EXPECT_THAT(json["error"]["message"].get<std::string>(), HasSubstr("process 4711"));
  EXPECT_EQ(box_.Run({"backup", "other"}).exit_code, 0) << "of another profile";
  EXPECT_THAT(box_.ListedDumps(), SizeIs(1)) << "a list removes no lease that is held";
  EXPECT_EQ(box_.Run({"backup", "app"}).exit_code, 2);
  lease.reset();
  EXPECT_EQ(box_.Run({"backup", "app"}).exit_code, 0);
  EXPECT_THAT(Names(box_.DumpDirectory()), SizeIs(4)) << "no lease is left";
}

TEST_F(LeaseTest, WaitEndsWithTheOtherBackup) {
  auto lease = std::make_unique<HeldLease>(box_);
  RunningProcess waiting(box_.Options({"backup", "app", "--wait"}));
  std::this_thread::sleep_for(std::chrono::seconds(1));
  EXPECT_FALSE(waiting.ended());
  lease.reset();
  ASSERT_OK_AND_ASSIGN(const ProcessResult result, waiting.Wait());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("waiting: another backup of app runs (process 4711)"));
}

TEST_F(LeaseTest, WaitEndsAtASignal) {
  const HeldLease lease(box_);
  RunningProcess waiting(box_.Options({"backup", "app", "--wait"}));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  waiting.Signal(SIGINT);
  ASSERT_OK_AND_ASSIGN(const ProcessResult result, waiting.Wait());
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_THAT(Names(box_.DumpDirectory()), ElementsAre(kFile));
}

}  // namespace
}  // namespace siphon::testing
