// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/process/process.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using std::chrono::milliseconds;

ProcessOptions Shell(std::string script) {
  ProcessOptions options;
  options.argv = {"/bin/sh", "-c", std::move(script)};
  options.environment = {"PATH=/usr/bin:/bin", "NAME=value"};
  return options;
}

TEST(RunProcess, ReportsOutputAndExitCode) {
  const absl::StatusOr<ProcessResult> result =
      RunProcess(Shell("echo out; echo \"err $NAME\" >&2; exit 7"));
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->exit_code, 7);
  EXPECT_EQ(result->signal, 0);
  EXPECT_EQ(result->out, "out\n");
  EXPECT_EQ(result->err, "err value\n");
  EXPECT_GT(result->wall.count(), 0);
  EXPECT_GT(result->peak_bytes, 0);
}

TEST(RunProcess, TakesMoreOutputThanAPipeHolds) {
  const absl::StatusOr<ProcessResult> result =
      RunProcess(Shell("head -c 1000000 /dev/zero | tr '\\0' x; head -c 1000000 /dev/zero >&2"));
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->out, std::string(1000000, 'x'));
  EXPECT_EQ(result->err.size(), 1000000U);
}

TEST(RunProcess, SignalsAfterTheGivenTime) {
  ProcessOptions options = Shell("exec sleep 100");
  options.signal_after = milliseconds(50);
  const absl::StatusOr<ProcessResult> result = RunProcess(options);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->signal, SIGKILL);
  EXPECT_EQ(result->exit_code, -1);
  EXPECT_GE(result->wall, milliseconds(50));
  EXPECT_LT(result->wall, std::chrono::seconds(20));
}

TEST(RunProcess, DoesNotSignalWhatHasEnded) {
  ProcessOptions options = Shell("exit 3");
  options.signal_after = std::chrono::seconds(100);
  const absl::StatusOr<ProcessResult> result = RunProcess(options);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_FALSE(result->after_signal.has_value());
}

TEST(RunProcess, FailsForAProgramThatIsNotThere) {
  ProcessOptions options;
  options.argv = {"/no/such/program"};
  EXPECT_EQ(RunProcess(options).status().code(), absl::StatusCode::kInternal);
}

TEST(RunProcess, FailsForAProgramThatRunsTooLong) {
  ProcessOptions options = Shell("exec sleep 100");
  options.limit = std::chrono::seconds(1);
  EXPECT_EQ(RunProcess(options).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(RunProcess, MeasuresTheLargestResidentSet) {
  // dd fills a buffer of the size that is asked for.
  const absl::StatusOr<ProcessResult> result =
      RunProcess(Shell("exec dd if=/dev/zero of=/dev/null bs=200M count=1 2>/dev/null"));
  ASSERT_THAT(result, IsOk());
  EXPECT_GT(result->peak_bytes, 200'000'000);
  EXPECT_LT(OwnPeakBytes(), 200'000'000);
}

}  // namespace
}  // namespace siphon::testing
