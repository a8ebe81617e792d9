// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// A dump without a catalogue: through a pipe, and damaged.

#include <sys/stat.h>

#include <filesystem>
#include <string>

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

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class OutputTest : public ::testing::Test {
 protected:
  OutputTest() { EXPECT_OK(MakeSampleDatabase(box_.Path("app.db"), {.bytes = 400000, .seed = 1})); }

  // Runs a line of the shell with "siphon" as the program under test. Returns its exit code.
  int Shell(const std::string& line) const {
    std::string command = absl::StrCat("cd ", box_.root(), "; siphon() { ", SiphonBinary(),
                                       " \"$@\"; }; set -o pipefail; ");
    for (const auto& [name, value] : box_.environment) {
      absl::StrAppend(&command, "export ", name, "='", value, "'; ");
    }
    absl::StrAppend(&command, line);
    const ProcessResult result = RunBash(command);
    EXPECT_EQ(result.signal, 0);
    return result.exit_code;
  }

  static ProcessResult RunBash(const std::string& command) {
    const auto result =
        RunProcess({.argv = {"/bin/bash", "-c", command}, .environment = {"PATH=/usr/bin:/bin"}});
    EXPECT_OK(result);
    return result.ok() ? *result : ProcessResult{};
  }

  Sandbox box_;
};

TEST_F(OutputTest, PassesThroughAPipe) {
  EXPECT_EQ(Shell("siphon backup sqlite://app.db --output - --quiet | cat |"
                  " siphon restore - --profile sqlite://copy.db --quiet"),
            0);
  EXPECT_EQ(*Fingerprint(box_.Path("copy.db")), *Fingerprint(box_.Path("app.db")));
  EXPECT_THAT(box_.ListedDumps(), IsEmpty());
}

TEST_F(OutputTest, AnIncompleteStreamChangesNothing) {
  for (const char* compression : {"0", "1"}) {
    EXPECT_NE(Shell(absl::StrCat("siphon backup sqlite://app.db --output - --quiet --compression ",
                                 compression, " | head -c 20000 |",
                                 " siphon restore - --profile sqlite://copy.db --quiet")),
              0);
    EXPECT_THAT(Names(box_.root()), Not(Contains("copy.db"))) << compression;
  }
}

TEST_F(OutputTest, ABackupThatFailsLeavesNoFile) {
  const ProcessResult result =
      box_.Run({"backup", box_.Url("missing.db"), "--output", box_.Path("out/app.dump")});
  EXPECT_EQ(result.exit_code, 2);
  Clear(box_.Path("out"));
  EXPECT_EQ(
      box_.Run({"backup", box_.Url("missing.db"), "--output", box_.Path("out/app.dump")}).exit_code,
      2);
  EXPECT_THAT(Names(box_.Path("out")), IsEmpty());
}

TEST_F(OutputTest, ADamagedFileChangesNothing) {
  const std::string path = box_.Path("app.dump");
  ASSERT_EQ(box_.Run({"backup", box_.Url("app.db"), "--output", path}).exit_code, 0);
  const std::string whole = ReadBytes(path);
  for (const size_t at : {size_t{0}, size_t{5000}, whole.size() / 2, whole.size() - 1}) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    WriteBytes(path, damaged);
    const ProcessResult result =
        box_.Run({"restore", path, "--profile", box_.Url("copy.db"), "--quiet"});
    EXPECT_EQ(result.exit_code, 3) << at << ": " << result.err;
    EXPECT_THAT(Names(box_.root()), Not(Contains("copy.db"))) << at;
  }
  WriteBytes(path, whole.substr(0, whole.size() - 1));
  EXPECT_EQ(box_.Run({"restore", path, "--profile", box_.Url("copy.db")}).exit_code, 3);
  WriteBytes(path, whole);
  EXPECT_EQ(box_.Run({"restore", path, "--profile", box_.Url("copy.db")}).exit_code, 0);
  EXPECT_EQ(*Fingerprint(box_.Path("copy.db")), *Fingerprint(box_.Path("app.db")));
}

TEST_F(OutputTest, MetricsAreWrittenAfterEachBackup) {
  Clear(box_.Path("metrics"));
  const std::string path = box_.Path("metrics/siphon.prom");
  ASSERT_EQ(box_.Run({"backup", box_.Url("app.db"), "--metrics", path}).exit_code, 0);
  const std::string label = absl::StrCat("{profile=\"", box_.Url("app.db"), "\"}");
  std::string metrics = ReadBytes(path);
  EXPECT_THAT(metrics, HasSubstr(absl::StrCat("siphon_dumps", label, " 1\n")));
  EXPECT_THAT(metrics, HasSubstr(absl::StrCat("siphon_profile_state", label, " 0\n")));
  EXPECT_THAT(metrics,
              Not(HasSubstr(absl::StrCat("siphon_last_success_timestamp_seconds", label, " 0\n"))));
  struct stat info;
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0644u);
  // Of a backup that fails, too.
  ASSERT_EQ(box_.Run({"backup", box_.Url("app.db")}).exit_code, 0);
  ASSERT_EQ(box_.Run({"backup", box_.Url("missing.db"), "--metrics", path}).exit_code, 2);
  EXPECT_THAT(ReadBytes(path), HasSubstr(absl::StrCat("siphon_dumps", label, " 2\n")));
  // A catalogue that cannot be read changes nothing.
  metrics = ReadBytes(path);
  std::filesystem::remove_all(box_.DumpDirectory());
  WriteBytes(box_.DumpDirectory(), "a file");
  EXPECT_EQ(box_.Run({"status", "--metrics", path}).exit_code, 3);
  EXPECT_EQ(ReadBytes(path), metrics);
  EXPECT_THAT(Names(box_.Path("metrics")), ::testing::ElementsAre("siphon.prom"));
}

}  // namespace
}  // namespace siphon::testing
