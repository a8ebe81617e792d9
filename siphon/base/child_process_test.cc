// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "siphon/base/io.h"
#include "siphon/base/signals.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

using ::std::chrono::milliseconds;
using ::std::chrono::seconds;
using ::std::chrono::steady_clock;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

using Options = ChildProcess::Options;
using Stream = ChildProcess::Stream;

const Context kForever;

Options Shell(const std::string& script) {
  Options options;
  options.argv = {"sh", "-c", script};
  options.environment = {"PATH=/usr/local/bin:/usr/bin:/bin"};
  return options;
}

Options ShellWithOutput(const std::string& script) {
  Options options = Shell(script);
  options.out = Stream::kPipe;
  return options;
}

// The output and exit code of a child that is run to its end.
struct Result {
  std::string out;
  ChildProcess::Outcome outcome;
};
absl::StatusOr<Result> RunToEnd(Options options) {
  options.out = Stream::kPipe;
  auto child = ChildProcess::Start(kForever, std::move(options));
  if (!child.ok()) return child.status();
  auto out = ReadAll((*child)->out(), 100'000'000);
  if (!out.ok()) return out.status();
  auto outcome = (*child)->Wait();
  if (!outcome.ok()) return outcome.status();
  return Result{*std::move(out), *outcome};
}

// True while the process exists and is no zombie.
bool IsAlive(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string stat;
  std::getline(file, stat);
  const size_t end = stat.rfind(')');
  return end != std::string::npos && end + 2 < stat.size() && stat[end + 2] != 'Z' &&
         stat[end + 2] != 'X';
}

bool DiesSoon(pid_t pid) {
  for (int i = 0; i < 1000 && IsAlive(pid); ++i) std::this_thread::sleep_for(milliseconds(10));
  return !IsAlive(pid);
}

// Reads one line, a pid, that a script wrote.
pid_t ReadPid(Reader& reader) {
  std::string line;
  char c = 0;
  while (true) {
    const auto count = reader.Read(absl::MakeSpan(&c, 1));
    if (!count.ok() || *count == 0 || c == '\n') break;
    line.push_back(c);
  }
  return line.empty() ? -1 : std::stoi(line);
}

TEST(ChildProcessTest, ExitCodeIsReported) {
  ASSERT_OK_AND_ASSIGN(const Result result, RunToEnd(Shell("exit 7")));
  EXPECT_EQ(result.outcome.code, 7);
  EXPECT_EQ(result.outcome.signal, 0);
  ASSERT_OK_AND_ASSIGN(const Result good, RunToEnd(Shell("true")));
  EXPECT_EQ(good.outcome.code, 0);
}

TEST(ChildProcessTest, DeathBySignalIsReported) {
  ASSERT_OK_AND_ASSIGN(const Result result, RunToEnd(Shell("kill -9 $$")));
  EXPECT_EQ(result.outcome.code, 137);
  EXPECT_EQ(result.outcome.signal, SIGKILL);
}

TEST(ChildProcessTest, OutputArrivesWhole) {
  ASSERT_OK_AND_ASSIGN(const Result result,
                       RunToEnd(Shell("head -c 20000000 /dev/zero; echo end")));
  EXPECT_EQ(result.out.size(), 20'000'004u);
  EXPECT_THAT(result.out.substr(20'000'000), "end\n");
}

TEST(ChildProcessTest, InputAndOutputFlowAtTheSameTime) {
  Options options = ShellWithOutput("cat");
  options.in = Stream::kPipe;
  ASSERT_OK_AND_ASSIGN(const auto child, ChildProcess::Start(kForever, options));
  const std::string data(5'000'000, 'x');
  std::jthread writer([&] {
    EXPECT_OK(child->in().Write(data));
    EXPECT_OK(child->in().Finish());
  });
  ASSERT_OK_AND_ASSIGN(const std::string out, ReadAll(child->out(), 10'000'000));
  EXPECT_EQ(out == data, true);
  writer.join();
  EXPECT_OK(child->Wait());
  EXPECT_THAT(child->in().Write("x"), StatusIs(errs::kInternal));
}

TEST(ChildProcessTest, StandardErrorHasItsOwnPipe) {
  Options options = ShellWithOutput("echo out; echo err >&2");
  options.err = Stream::kPipe;
  ASSERT_OK_AND_ASSIGN(const auto child, ChildProcess::Start(kForever, options));
  EXPECT_THAT(ReadAll(child->out(), 100), IsOkAndHolds(std::string("out\n")));
  EXPECT_THAT(ReadAll(child->err(), 100), IsOkAndHolds(std::string("err\n")));
  EXPECT_THAT(child->in().Write("x"), StatusIs(errs::kInternal));
}

TEST(ChildProcessTest, CloseInEndsTheChildsInput) {
  Options options = ShellWithOutput("cat; echo done");
  options.in = Stream::kPipe;
  ASSERT_OK_AND_ASSIGN(const auto child, ChildProcess::Start(kForever, options));
  child->CloseIn();
  EXPECT_THAT(ReadAll(child->out(), 100), IsOkAndHolds(std::string("done\n")));
}

TEST(ChildProcessTest, NullInputIsEmpty) {
  ASSERT_OK_AND_ASSIGN(const Result result, RunToEnd(Shell("cat; echo done")));
  EXPECT_EQ(result.out, "done\n");
}

TEST(ChildProcessTest, WritingToAChildThatHasGoneFailsWithoutASignal) {
  Options options = Shell("exec true");
  options.in = Stream::kPipe;
  ASSERT_OK_AND_ASSIGN(const auto child, ChildProcess::Start(kForever, options));
  ASSERT_OK(child->Wait());
  EXPECT_THAT(child->in().Write(std::string(1'000'000, 'x')),
              StatusIs(errs::kIo, HasSubstr("sh no longer reads")));
}

TEST(ChildProcessTest, EnvironmentIsExactlyWhatWasGiven) {
  Options options;
  options.argv = {"env"};
  options.environment = {"PATH=/usr/bin:/bin", "A=1", "EMPTY="};
  ASSERT_OK_AND_ASSIGN(const Result result, RunToEnd(options));
  EXPECT_EQ(result.out, "PATH=/usr/bin:/bin\nA=1\nEMPTY=\n");
  options.executable = "/usr/bin/env";
  options.environment = {};
  ASSERT_OK_AND_ASSIGN(const Result none, RunToEnd(options));
  EXPECT_EQ(none.out, "");
}

TEST(ChildProcessTest, Argv0MayDifferFromTheExecutable) {
  Options options;
  options.argv = {"pg_dump", "-c", "echo $0"};
  options.executable = "/bin/sh";
  ASSERT_OK_AND_ASSIGN(const Result result, RunToEnd(options));
  EXPECT_EQ(result.out, "pg_dump\n");
}

TEST(ChildProcessTest, MissingProgramIsNotFoundByName) {
  Options options;
  options.argv = {"no-such-program"};
  EXPECT_THAT(ChildProcess::Start(kForever, options),
              StatusIs(errs::kNotFound, HasSubstr("no-such-program")));
  EXPECT_THAT(ChildProcess::Start(kForever, options), HasHint(HasSubstr("PATH")));
  options.argv = {"/no/such/program"};
  EXPECT_THAT(ChildProcess::Start(kForever, options),
              StatusIs(errs::kNotFound, HasSubstr("/no/such/program")));
}

TEST(ChildProcessTest, ProgramIsLookedUpInTheChildsPathOnly) {
  Options options = Shell("true");
  options.environment = {"PATH=/nowhere:relative::"};
  EXPECT_THAT(ChildProcess::Start(kForever, options), StatusIs(errs::kNotFound));
}

TEST(ChildProcessTest, ProgramThatCannotBeRunIsAnIoError) {
  const std::string path = ::testing::TempDir() + "/not_a_program_" + std::to_string(getpid());
  std::ofstream(path) << "text";
  chmod(path.c_str(), 0600);
  Options options;
  options.argv = {path};
  EXPECT_THAT(ChildProcess::Start(kForever, options), StatusIs(errs::kIo, HasSubstr(path)));
  options.argv = {"/"};
  EXPECT_THAT(ChildProcess::Start(kForever, options), StatusIs(errs::kIo));
  std::filesystem::remove(path);
}

TEST(ChildProcessTest, MeaninglessOptionsAreRefused) {
  Options options;
  EXPECT_THAT(ChildProcess::Start(kForever, options), StatusIs(errs::kInternal));
  options.argv = {""};
  EXPECT_THAT(ChildProcess::Start(kForever, options), StatusIs(errs::kInternal));
  options.argv = {"echo", std::string("a\0b", 3)};
  EXPECT_THAT(ChildProcess::Start(kForever, options), StatusIs(errs::kInvalidArgument));
}

TEST(ChildProcessTest, StoppedContextStartsNothing) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(ChildProcess::Start(Context(stop.get_token(), nullptr), Shell("true")),
              StatusIs(errs::kCancelled));
}

TEST(ChildProcessTest, OnlyNamedDescriptorsAreInherited) {
  const FileDescriptor secret(open("/dev/null", O_RDONLY));  // Without O_CLOEXEC, on purpose.
  const FileDescriptor shared(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  Options options = Shell("for fd in /proc/self/fd/*; do readlink $fd; done");
  options.inherit = {shared.get()};
  ASSERT_OK_AND_ASSIGN(const Result result, RunToEnd(options));
  EXPECT_THAT(result.out, HasSubstr("/dev/zero"));
  ASSERT_OK_AND_ASSIGN(const Result listing, RunToEnd(Shell("ls /proc/self/fd")));
  std::istringstream lines(listing.out);
  std::vector<int> fds;
  for (int fd = 0; lines >> fd;) fds.push_back(fd);
  // 0, 1, 2 and the descriptor with which ls reads the folder.
  EXPECT_EQ(fds.size(), 4u) << listing.out;
}

TEST(ChildProcessTest, ChildLeadsItsOwnSession) {
  ASSERT_OK_AND_ASSIGN(const auto child, ChildProcess::Start(kForever, Shell("sleep 100")));
  EXPECT_EQ(getpgid(child->pid()), child->pid());
  EXPECT_EQ(getsid(child->pid()), child->pid());
}

TEST(ChildProcessTest, ForegroundChildStaysInTheGroup) {
  Options options = Shell("sleep 100");
  options.foreground = true;
  ASSERT_OK_AND_ASSIGN(auto child, ChildProcess::Start(kForever, options));
  const pid_t pid = child->pid();
  EXPECT_EQ(getpgid(pid), getpgid(0));
  child.reset();
  EXPECT_FALSE(IsAlive(pid));
}

TEST(ChildProcessTest, SignalsAreAsInAFreshProcess) {
  sigset_t blocked, old;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGINT);
  pthread_sigmask(SIG_BLOCK, &blocked, &old);
  signal(SIGPIPE, SIG_IGN);
  const auto result = RunToEnd(Shell("exec cat /proc/self/status"));
  signal(SIGPIPE, SIG_DFL);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  ASSERT_OK(result);
  EXPECT_THAT(result->out, HasSubstr("SigBlk:\t0000000000000000\n"));
  // Except signals 32 and 33, which the C library uses and the test's parent may have set.
  EXPECT_THAT(result->out, ContainsRegex("SigIgn:\t0000000[0-3][08]0000000\n"));
}

TEST(ChildProcessTest, StopEndsAWaitPromptlyAndTheWholeGroup) {
  std::stop_source stop;
  const Context context(stop.get_token(), nullptr);
  ASSERT_OK_AND_ASSIGN(
      const auto child,
      ChildProcess::Start(context, ShellWithOutput("sleep 100 & echo $!; sleep 100")));
  const pid_t grandchild = ReadPid(child->out());
  ASSERT_GT(grandchild, 0);
  EXPECT_TRUE(IsAlive(grandchild));
  const auto before = steady_clock::now();
  std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(20));
    stop.request_stop();
  });
  EXPECT_THAT(child->Wait(), StatusIs(errs::kCancelled));
  EXPECT_LT(steady_clock::now() - before, seconds(10));
  EXPECT_TRUE(DiesSoon(grandchild));
  // Reaped: not even a zombie is left.
  EXPECT_EQ(waitpid(child->pid(), nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(ChildProcessTest, StopKillsAGroupThatIgnoresTerminationAfterASecond) {
  std::stop_source stop;
  const Context context(stop.get_token(), nullptr);
  ASSERT_OK_AND_ASSIGN(
      const auto child,
      ChildProcess::Start(context,
                          ShellWithOutput("trap '' TERM; (sleep 100; sleep 100) & echo $!; "
                                          "sleep 100; sleep 100")));
  const pid_t grandchild = ReadPid(child->out());
  ASSERT_GT(grandchild, 0);
  const auto before = steady_clock::now();
  stop.request_stop();
  EXPECT_THAT(child->Wait(), StatusIs(errs::kCancelled));
  EXPECT_GE(steady_clock::now() - before, milliseconds(900));
  EXPECT_LT(steady_clock::now() - before, seconds(20));
  EXPECT_TRUE(DiesSoon(grandchild));
}

TEST(ChildProcessTest, DeadlineEndsTheChild) {
  const Context context = Context().WithDeadline(steady_clock::now() + milliseconds(100));
  ASSERT_OK_AND_ASSIGN(const auto child,
                       ChildProcess::Start(context, ShellWithOutput("sleep 100")));
  char buffer[10];
  EXPECT_THAT(child->out().Read(absl::MakeSpan(buffer)),
              StatusIs(errs::kCancelled, HasSubstr("deadline")));
  EXPECT_THAT(child->Wait(), StatusIs(errs::kCancelled, HasSubstr("deadline")));
}

TEST(ChildProcessTest, StopWakesReadersAndWritersOfThePipes) {
  for (const bool reading : {true, false}) {
    std::stop_source stop;
    const Context context(stop.get_token(), nullptr);
    // The child ignores SIGTERM, so that its pipes stay open for the second of grace.
    Options options = ShellWithOutput("trap '' TERM; sleep 100; sleep 100");
    options.in = Stream::kPipe;
    ASSERT_OK_AND_ASSIGN(const auto child, ChildProcess::Start(context, options));
    std::jthread stopper([&] {
      std::this_thread::sleep_for(milliseconds(50));
      stop.request_stop();
    });
    if (reading) {
      char buffer[10];
      EXPECT_THAT(child->out().Read(absl::MakeSpan(buffer)), StatusIs(errs::kCancelled));
    } else {
      EXPECT_THAT(child->in().Write(std::string(1'000'000, 'x')), StatusIs(errs::kCancelled));
    }
  }
}

TEST(ChildProcessTest, StopAfterTheEndKeepsTheOutcome) {
  std::stop_source stop;
  const Context context(stop.get_token(), nullptr);
  ASSERT_OK_AND_ASSIGN(const auto child, ChildProcess::Start(context, Shell("exit 5")));
  EXPECT_OK(child->Wait());
  stop.request_stop();
  ASSERT_OK_AND_ASSIGN(const auto outcome, child->Wait());
  EXPECT_EQ(outcome.code, 5);
}

TEST(ChildProcessTest, DestructionKillsAndReaps) {
  ASSERT_OK_AND_ASSIGN(auto child,
                       ChildProcess::Start(kForever, ShellWithOutput("sleep 100 & echo $!; wait")));
  const pid_t pid = child->pid();
  const pid_t grandchild = ReadPid(child->out());
  ASSERT_GT(grandchild, 0);
  child.reset();
  EXPECT_FALSE(IsAlive(pid));
  EXPECT_EQ(waitpid(pid, nullptr, WNOHANG), -1);
  EXPECT_TRUE(DiesSoon(grandchild));
}

TEST(ChildProcessTest, WhatAChildLeavesInItsGroupIsKilled) {
  ASSERT_OK_AND_ASSIGN(
      const auto child,
      ChildProcess::Start(kForever, ShellWithOutput("sleep 100 & echo $!; exit 3")));
  const pid_t grandchild = ReadPid(child->out());
  ASSERT_OK_AND_ASSIGN(const auto outcome, child->Wait());
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(DiesSoon(grandchild));
}

TEST(ChildProcessTest, OutputEndsWithTheChildEvenWhenADaemonHoldsThePipe) {
  ASSERT_OK_AND_ASSIGN(const auto child,
                       ChildProcess::Start(kForever, ShellWithOutput("setsid sleep 5 & echo $!; "
                                                                     "sleep 0.3; echo bye")));
  const pid_t daemon = ReadPid(child->out());
  const auto before = steady_clock::now();
  EXPECT_THAT(ReadAll(child->out(), 100), IsOkAndHolds(std::string("bye\n")));
  EXPECT_LT(steady_clock::now() - before, seconds(4));
  if (IsAlive(daemon)) kill(daemon, SIGKILL);
}

TEST(ChildProcessTest, KilledParentTakesItsChildWithIt) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    auto child = ChildProcess::Start(kForever, Shell("exec sleep 100"));
    const pid_t pid = child.ok() ? (*child)->pid() : -1;
    if (write(fds[1], &pid, sizeof(pid)) != sizeof(pid)) _exit(1);
    std::this_thread::sleep_for(std::chrono::hours(1));
  }
  pid_t pid = -1;
  ASSERT_EQ(read(fds[0], &pid, sizeof(pid)), static_cast<ssize_t>(sizeof(pid)));
  ASSERT_GT(pid, 0);
  EXPECT_TRUE(IsAlive(pid));
  kill(parent, SIGKILL);
  ASSERT_EQ(waitpid(parent, nullptr, 0), parent);
  EXPECT_TRUE(DiesSoon(pid));
  close(fds[0]);
  close(fds[1]);
}

TEST(ChildProcessTest, ChildOutlivesTheThreadThatStartedIt) {
  absl::StatusOr<std::unique_ptr<ChildProcess>> child = nullptr;
  std::thread([&] { child = ChildProcess::Start(kForever, Shell("sleep 0.3; exit 4")); }).join();
  ASSERT_OK(child);
  ASSERT_OK_AND_ASSIGN(const auto outcome, (*child)->Wait());
  EXPECT_EQ(outcome.code, 4);
}

TEST(ChildProcessTest, ManyChildrenAtOnceAreAllReaped) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([i] {
      for (int round = 0; round < 5; ++round) {
        const auto result = RunToEnd(Shell("head -c 100000 /dev/zero; exit " + std::to_string(i)));
        ASSERT_OK(result);
        EXPECT_EQ(result->outcome.code, i);
        EXPECT_EQ(result->out.size(), 100'000u);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(ChildProcessTest, DescriptorsDoNotLeak) {
  const auto count = [] {
    const std::filesystem::directory_iterator fds("/proc/self/fd");
    return std::distance(begin(fds), end(fds));
  };
  ASSERT_OK(RunToEnd(Shell("true")));
  const auto before = count();
  for (int i = 0; i < 5; ++i) {
    ASSERT_OK(RunToEnd(Shell("true")));
    Options missing;
    missing.argv = {"/no/such"};
    EXPECT_THAT(RunToEnd(missing), StatusIs(errs::kNotFound));
  }
  EXPECT_EQ(count(), before);
}

// Runs in a process without descriptors 0 and 1; returns 42 when all is well.
int RunWithoutStandardDescriptors() {
  close(0);
  close(1);
  Options options = ShellWithOutput("cat; echo out; echo err >&2");
  options.in = Stream::kPipe;
  options.err = Stream::kPipe;
  auto child = ChildProcess::Start(kForever, options);
  if (!child.ok() || !(*child)->in().Write("in ").ok()) return 1;
  (*child)->CloseIn();
  const auto out = ReadAll((*child)->out(), 100);
  const auto err = ReadAll((*child)->err(), 100);
  return out.ok() && err.ok() && *out == "in out\n" && *err == "err\n" ? 42 : 2;
}

TEST(ChildProcessTest, StandardDescriptorsThatAreClosedDoNotConfuseTheStreams) {
  const pid_t parent = fork();
  if (parent == 0) _exit(RunWithoutStandardDescriptors());
  int status = 0;
  ASSERT_EQ(waitpid(parent, &status, 0), parent);
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

}  // namespace
}  // namespace siphon::base
