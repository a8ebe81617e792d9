// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Every user of the machine can read the arguments of a process. siphon covers those with secrets
// before anything else of it runs.

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/sandbox.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kMark = "S3CR3T";

// 14,627 were counted on x86-64: glibc's start without a dynamic linker, and the cover itself. What
// glibc asks of the processor differs between models.
constexpr int kMostInstructions = 40'000;

// The arguments of a process as another user sees them; "" when it has ended.
std::string ShownArguments(pid_t pid) {
  const int fd = open(absl::StrCat("/proc/", pid, "/cmdline").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  std::string text(4096, '\0');
  const ssize_t size = read(fd, text.data(), text.size());
  close(fd);
  text.resize(size < 0 ? 0 : static_cast<size_t>(size));
  return text;
}

class ArgumentsTest : public ::testing::Test {
 protected:
  ArgumentsTest() : options_(box_.Options({"inspect", kUrl, "--json"})) {
    for (const std::string& word : options_.argv) argv_.push_back(const_cast<char*>(word.c_str()));
    for (const std::string& word : options_.environment) {
      environment_.push_back(const_cast<char*>(word.c_str()));
    }
    argv_.push_back(nullptr);
    environment_.push_back(nullptr);
  }

  // Starts siphon with its output closed.
  pid_t Start(bool traced) {
    const pid_t child = fork();
    if (child != 0) return child;
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    if (traced) ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    execve(argv_[0], argv_.data(), environment_.data());
    _exit(127);
  }

  // Nothing listens on port 1.
  static constexpr char kUrl[] =
      "postgres://app:S3CR3T-password@127.0.0.1:1/app?options=-c%20app.key%3DS3CR3T-option";
  Sandbox box_;
  ProcessOptions options_;
  std::vector<char*> argv_, environment_;
};

TEST_F(ArgumentsTest, AreCoveredBeforeTheFirstFileIsOpened) {
  if (kSanitized) return;  // A sanitizer's own initialisation comes first there.
  const pid_t child = Start(true);
  ASSERT_GT(child, 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSTOPPED(status)) << status;  // After exec(), before the first instruction.
  ASSERT_THAT(ShownArguments(child), HasSubstr(kMark));
  std::vector<long> calls;
  while (ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) == 0) {
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSTOPPED(status)) << absl::StrJoin(calls, " ");
    if (!absl::StrContains(ShownArguments(child), kMark)) break;
    user_regs_struct registers{};
    ASSERT_EQ(ptrace(PTRACE_GETREGS, child, nullptr, &registers), 0);
    calls.push_back(static_cast<long>(registers.orig_rax));
  }
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  // System calls of glibc's own for memory and threads; none of them can block.
  EXPECT_THAT(calls,
              ::testing::Each(::testing::AnyOf(
                  SYS_brk, SYS_arch_prctl, SYS_set_tid_address, SYS_set_robust_list, SYS_rseq,
                  SYS_mprotect, SYS_prlimit64, SYS_readlink, SYS_getrandom, SYS_readlinkat)))
      << absl::StrJoin(calls, " ");
  // Each call is seen twice: at its beginning and its end.
  EXPECT_LT(calls.size(), 40u);
}

// From exec() on, before the first instruction of the program, the kernel shows the arguments to
// all: how often somebody who looks all the time sees them depends on the machine. The program's
// part of that time is counted, not measured: in instructions.
TEST_F(ArgumentsTest, AreCoveredWithinTheFirstInstructions) {
  if (kSanitized) return;  // A sanitizer's own initialisation comes first there.
  const pid_t child = Start(true);
  ASSERT_GT(child, 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSTOPPED(status)) << status;  // After exec(), before the first instruction.
  const std::string path = absl::StrCat("/proc/", child, "/cmdline");
  const int shown = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(shown, 0);
  const auto is_covered = [&] {
    char text[4096];
    const ssize_t size = pread(shown, text, sizeof text, 0);
    return !absl::StrContains(std::string_view(text, size < 0 ? 0 : static_cast<size_t>(size)),
                              kMark);
  };
  EXPECT_FALSE(is_covered());
  int instructions = 0;
  for (; instructions < kMostInstructions && !is_covered(); ++instructions) {
    ASSERT_EQ(ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr), 0);
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSTOPPED(status)) << instructions;
  }
  EXPECT_TRUE(is_covered());
  std::cout << "covered after " << instructions << " instructions\n";
  close(shown);
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
}

TEST_F(ArgumentsTest, StayReadableForTheirOwner) {
  const ProcessResult result = box_.Run({"inspect", kUrl});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("127.0.0.1"));
  EXPECT_THAT(result.err, Not(HasSubstr(kMark)));
}

}  // namespace
}  // namespace siphon::testing
