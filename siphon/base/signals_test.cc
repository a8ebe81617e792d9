// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/signals.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

using ::std::chrono::milliseconds;

// Runs `body` in a process of its own, as signals are the process's; returns how it ended as a
// shell tells it.
template <typename Body>
int ExitOf(const Body& body) {
  const pid_t pid = fork();
  if (pid == 0) {
    alarm(20);  // SIGALRM ends a test that hangs.
    body();
    _exit(0);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(SignalGuardTest, StartsAndEndsWithoutASignal) {
  for (int i = 0; i < 20; ++i) {
    const SignalGuard guard;
    EXPECT_FALSE(guard.stop_token().stop_requested());
    EXPECT_EQ(ReceivedSignal(), 0);
  }
}

TEST(SignalGuardTest, InterruptRequestsTheStop) {
  EXPECT_EQ(ExitOf([] {
              const SignalGuard guard;
              const Context context(guard.stop_token(), nullptr);
              kill(getpid(), SIGINT);
              const absl::Status status = context.Sleep(std::chrono::hours(1));
              _exit(errs::Is(status, errs::kCancelled) && ReceivedSignal() == SIGINT ? 42 : 1);
            }),
            42);
}

TEST(SignalGuardTest, TerminationRequestsTheStopAndIsTold) {
  EXPECT_EQ(ExitOf([] {
              const SignalGuard guard;
              const Context context(guard.stop_token(), nullptr);
              kill(getpid(), SIGTERM);
              const absl::Status status = context.Sleep(std::chrono::hours(1));
              _exit(errs::Is(status, errs::kTerminated) ? errs::ExitCode(status) : 1);
            }),
            143);
}

TEST(SignalGuardTest, SecondSignalEndsTheProcessAtOnce) {
  for (const int number : {SIGINT, SIGTERM}) {
    EXPECT_EQ(ExitOf([number] {
                const SignalGuard guard;
                const Context context(guard.stop_token(), nullptr);
                kill(getpid(), SIGINT);
                context.Sleep(std::chrono::hours(1)).IgnoreError();
                kill(getpid(), number);
                std::this_thread::sleep_for(std::chrono::hours(1));
              }),
              128 + number);
  }
}

TEST(SignalGuardTest, DeafWorkEndsTheProcessAfterItsLimit) {
  EXPECT_EQ(ExitOf([] {
              const SignalGuard guard;
              const DeafWork deaf;
              kill(getpid(), SIGTERM);
              std::this_thread::sleep_for(std::chrono::hours(1));
            }),
            143);
}

TEST(SignalGuardTest, DeafWorkThatEndsInTimeEndsNothing) {
  EXPECT_EQ(ExitOf([] {
              const SignalGuard guard;
              kill(getpid(), SIGTERM);
              for (int i = 0; i < 3; ++i) {
                const DeafWork deaf;
                std::this_thread::sleep_for(kDeafLimit * 2 / 3);
                // The next one has the whole limit.
              }
              _exit(42);
            }),
            42);
}

TEST(SignalGuardTest, DeafWorkWithoutASignalTakesItsTime) {
  EXPECT_EQ(ExitOf([] {
              const SignalGuard guard;
              const DeafWork deaf;
              std::this_thread::sleep_for(kDeafLimit + milliseconds(500));
              _exit(42);
            }),
            42);
}

TEST(SignalGuardTest, SecondSignalKillsTheGroupsThatWereNamed) {
  const pid_t group = fork();
  if (group == 0) {
    setpgid(0, 0);
    alarm(20);
    pause();
    _exit(1);
  }
  setpgid(group, group);
  EXPECT_EQ(ExitOf([group] {
              const SignalGuard guard;
              const Context context(guard.stop_token(), nullptr);
              KillAtExit(999'999'999);
              KillAtExit(group);
              ForgetAtExit(999'999'999);
              kill(getpid(), SIGTERM);
              context.Sleep(std::chrono::hours(1)).IgnoreError();
              kill(getpid(), SIGTERM);
              std::this_thread::sleep_for(std::chrono::hours(1));
            }),
            143);
  int status = 0;
  ASSERT_EQ(waitpid(group, &status, 0), group);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(SignalGuardTest, InterruptIsAForegroundChildsAffair) {
  EXPECT_EQ(ExitOf([] {
              const SignalGuard guard;
              const Context context(guard.stop_token(), nullptr);
              {
                const SigintIgnored editor;
                kill(getpid(), SIGINT);
                if (!context.Sleep(milliseconds(100)).ok()) _exit(1);
              }
              kill(getpid(), SIGINT);
              _exit(context.Sleep(std::chrono::hours(1)).ok() ? 2 : 42);
            }),
            42);
}

TEST(SignalGuardTest, WritingToAClosedPipeOnlyFails) {
  EXPECT_EQ(ExitOf([] {
              const SignalGuard guard;
              int fds[2];
              if (pipe(fds) != 0) _exit(1);
              close(fds[0]);
              _exit(write(fds[1], "x", 1) < 0 && errno == EPIPE ? 42 : 2);
            }),
            42);
}

TEST(SignalGuardTest, ASignalAfterItsEndMakesNoFailureOfASuccess) {
  for (const int number : {SIGINT, SIGTERM}) {
    EXPECT_EQ(ExitOf([number] {
                { const SignalGuard guard; }
                kill(getpid(), number);
                _exit(42);
              }),
              42);
  }
}

TEST(SignalGuardTest, PutsBackWhatItIgnored) {
  EXPECT_EQ(ExitOf([] {
              { const SignalGuard guard; }
              raise(SIGPIPE);
              _exit(1);
            }),
            128 + SIGPIPE);
}

}  // namespace
}  // namespace siphon::base
