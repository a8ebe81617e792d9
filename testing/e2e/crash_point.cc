// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/crash_point.h"

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <map>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"

namespace siphon::testing {
namespace {

using SyscallInfo = struct __ptrace_syscall_info;  // The C library's name for the kernel's.

const std::map<uint64_t, std::string_view>& ChangingCalls() {
  static const auto* const calls = new std::map<uint64_t, std::string_view>{
#ifdef SYS_open  // Architectures that came later have the "at" forms alone.
      {SYS_open, "open"},
      {SYS_creat, "creat"},
      {SYS_unlink, "unlink"},
      {SYS_rename, "rename"},
      {SYS_link, "link"},
      {SYS_mkdir, "mkdir"},
      {SYS_rmdir, "rmdir"},
#endif
      {SYS_openat, "openat"},
      {SYS_unlinkat, "unlinkat"},
      {SYS_renameat2, "renameat2"},
      {SYS_linkat, "linkat"},
      {SYS_mkdirat, "mkdirat"},
      {SYS_write, "write"},
      {SYS_writev, "writev"},
      {SYS_pwrite64, "pwrite64"},
      {SYS_pwritev, "pwritev"},
      {SYS_ftruncate, "ftruncate"},
      {SYS_truncate, "truncate"},
      {SYS_fallocate, "fallocate"},
      {SYS_copy_file_range, "copy_file_range"},
      {SYS_fsync, "fsync"},
      {SYS_fdatasync, "fdatasync"},
      {SYS_fchmod, "fchmod"},
      // A statement sent to a server may change its files.
      {SYS_sendto, "sendto"},
  };
  return *calls;
}

// True for a call that changes a file; false for opening for reading, and for writing to a
// terminal.
bool Changes(const SyscallInfo& info) {
  if (!ChangingCalls().contains(info.entry.nr)) return false;
  constexpr uint64_t kMakes = O_CREAT | O_TRUNC;
#ifdef SYS_open
  if (info.entry.nr == SYS_open) return (info.entry.args[1] & kMakes) != 0;
#endif
  if (info.entry.nr == SYS_openat) return (info.entry.args[2] & kMakes) != 0;
  if (info.entry.nr == SYS_write || info.entry.nr == SYS_writev) return info.entry.args[0] > 2;
  return true;
}

[[noreturn]] void RunTraced(const std::vector<char*>& argv, const std::vector<char*>& environment,
                            const char* directory) {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  dup2(null, STDERR_FILENO);
  if (*directory != '\0' && chdir(directory) != 0) _exit(127);
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(126);
  raise(SIGSTOP);
  execve(argv[0], argv.data(), environment.data());
  _exit(127);
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

absl::Status Failed(std::string_view what) {
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(errno)));
}

// A traced program with all its threads.
class Tracer {
 public:
  Tracer(pid_t main, int at) : main_(main), at_(at) {}

  absl::StatusOr<CrashPoint> Trace() {
    int status = 0;
    if (waitpid(main_, &status, __WALL) != main_) return Failed("waitpid");
    if (!WIFSTOPPED(status)) return absl::InternalError("the program could not be traced");
    constexpr unsigned long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
                                       PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                                       PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SETOPTIONS, main_, nullptr, kOptions) != 0) return Failed("ptrace options");
    Resume(main_, 0);
    while (true) {
      const pid_t thread = waitpid(-1, &status, __WALL);
      if (thread < 0) {
        if (errno == EINTR) continue;
        return Failed("waitpid");
      }
      if (WIFEXITED(status) || WIFSIGNALED(status)) {
        if (thread != main_) continue;
        if (WIFEXITED(status)) result_.exit_code = WEXITSTATUS(status);
        return result_;
      }
      Handle(thread, status);
    }
  }

 private:
  static void Resume(pid_t thread, int signal) {
    // The thread may have ended already, killed with its group.
    ptrace(PTRACE_SYSCALL, thread, nullptr, static_cast<long>(signal));
  }

  void Handle(pid_t thread, int status) {
    const int signal = WSTOPSIG(status);
    if (signal == (SIGTRAP | 0x80)) {
      OnCall(thread);
      Resume(thread, 0);
    } else if (status >> 16 != 0 || signal == SIGSTOP) {
      Resume(thread, 0);  // An event of ptrace's own, or a new thread's first stop.
    } else {
      Resume(thread, signal);
    }
  }

  void OnCall(pid_t thread) {
    SyscallInfo info{};
    const auto size = ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), &info);
    if (result_.killed || size <= 0 || info.op != PTRACE_SYSCALL_INFO_ENTRY || !Changes(info)) {
      return;
    }
    ++result_.calls;
    result_.last_call = std::string(ChangingCalls().at(info.entry.nr));
    if (result_.calls != at_) return;
    result_.killed = true;
    kill(main_, SIGKILL);
  }

  pid_t main_;
  int at_;
  CrashPoint result_;
};

}  // namespace

absl::StatusOr<CrashPoint> RunToCrashPoint(const ProcessOptions& options, int at) {
  const std::vector<char*> argv = Pointers(options.argv);
  const std::vector<char*> environment = Pointers(options.environment);
  const pid_t pid = fork();
  if (pid < 0) return Failed("fork");
  if (pid == 0) RunTraced(argv, environment, options.directory.c_str());
  absl::StatusOr<CrashPoint> result = Tracer(pid, at).Trace();
  if (!result.ok()) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, __WALL);
  }
  return result;
}

}  // namespace siphon::testing
