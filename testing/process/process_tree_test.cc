// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/process/process_tree.h"

#include <csignal>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/process/running_process.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
using ::testing::Gt;
using ::testing::HasSubstr;

ProcessOptions Shell(const std::string& script) {
  return {.argv = {"/bin/sh", "-c", script}, .environment = {"PATH=/usr/bin:/bin"}};
}

TEST(RunningProcess, RunsWhileTheTestDoesOtherThings) {
  RunningProcess shell(Shell("echo begun; exec sleep 300"));
  ASSERT_GT(shell.pid(), 0);
  RunningProcess other(Shell("sleep 0.1; echo done; exit 3"));
  ASSERT_OK_AND_ASSIGN(const ProcessResult ended, other.Wait());
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(ended.out, "done\n");
  EXPECT_FALSE(shell.ended());
  shell.Signal(SIGTERM);
  ASSERT_OK_AND_ASSIGN(const ProcessResult killed, shell.Wait());
  EXPECT_EQ(killed.signal, SIGTERM);
  EXPECT_EQ(killed.out, "begun\n");
}

// The shells' children end by themselves; they hold no pipe that a RunningProcess would wait for.

TEST(RunningProcess, TellsWhatCouldNotBeRun) {
  RunningProcess none({.argv = {"/no/such/program"}, .environment = {}});
  EXPECT_EQ(none.pid(), 0);
  none.Signal(SIGKILL);
  EXPECT_THAT(none.Wait().status().message(), HasSubstr("/no/such/program"));
}

TEST(ProcessTree, SeesTheArgumentsAndTheMemoryOfAllDescendants) {
  const std::string script = "exec >/dev/null 2>&1; (sleep 30; :) & sleep 30; :";
  RunningProcess shell(Shell(script));
  const ProcessTree tree(shell.pid());
  ASSERT_OK(tree.WaitFor("sleep 30", seconds(10)));
  EXPECT_FALSE(tree.Saw("no such program"));
  int roots = 0;
  for (const ProcessTree::Seen& process : tree.seen()) {
    roots += process.root ? 1 : 0;
    EXPECT_THAT(process.peak_bytes, Gt(0));
    if (process.root) {
      EXPECT_THAT(process.command_lines, Contains("/bin/sh -c " + script));
    }
  }
  EXPECT_EQ(roots, 1);
}

TEST(ProcessTree, StillKnowsThoseWhoseParentHasDied) {
  RunningProcess shell(Shell("exec >/dev/null 2>&1; sleep 2 & sleep 30; :"));
  const ProcessTree tree(shell.pid());
  ASSERT_OK(tree.WaitFor("sleep 2", seconds(10)));
  ASSERT_OK(tree.WaitFor("sleep 30", seconds(10)));
  shell.Signal(SIGKILL);
  ASSERT_OK(shell.Wait());
  EXPECT_THAT(tree.WaitUntilGone(seconds(0)).message(), HasSubstr("sleep 30"));
}

TEST(ProcessTree, TellsWhenAllAreGone) {
  RunningProcess shell(Shell("sleep 0.2"));
  const ProcessTree tree(shell.pid());
  EXPECT_THAT(tree.WaitFor("no such program", seconds(0)).message(), HasSubstr("sleep 0.2"));
  ASSERT_OK(shell.Wait());
  EXPECT_OK(tree.WaitUntilGone(seconds(10)));
}

}  // namespace
}  // namespace siphon::testing
