// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/child_launch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::base {
namespace {

constexpr std::string_view kOp = "process.start";
// The search path if the child's environment has no PATH.
constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

absl::StatusOr<FileDescriptor> Above2(FileDescriptor fd) {
  if (fd.get() > 2) return fd;
  FileDescriptor moved(fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
  if (!moved.valid()) return errs::ErrnoError(kOp, "cannot duplicate a descriptor", errno);
  return moved;
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& each : strings) pointers.push_back(const_cast<char*>(each.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// The data for the child, prepared before fork(), after which only async-signal-safe calls are
// allowed.
struct ChildPlan {
  const char* path;
  char* const* argv;
  char* const* environment;
  int streams[3];
  const int* inherit;
  size_t inherit_count;
  int status;  // The descriptor to which errno is written if exec() fails.
  pid_t parent;
  bool own_session;
};

// Marks all descriptors above 2 to be closed by exec().
void CloseAllOnExec() {
  constexpr unsigned kCloseOnExec = 1u << 2;  // CLOSE_RANGE_CLOEXEC, since Linux 5.11.
  if (syscall(SYS_close_range, 3u, ~0u, kCloseOnExec) == 0) return;
  constexpr rlim_t kMost = 65536;
  rlimit limit{kMost, kMost};
  getrlimit(RLIMIT_NOFILE, &limit);
  const int end = static_cast<int>(std::min(limit.rlim_cur, kMost));
  for (int fd = 3; fd < end; ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

[[noreturn]] void RunChild(const ChildPlan& plan) {
  if (plan.own_session) setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before prctl().
  if (getppid() != plan.parent) _exit(127);
  int errnum = 0;
  for (int i = 0; i < 3; ++i) {
    if (plan.streams[i] >= 0 && dup2(plan.streams[i], i) < 0) errnum = errno;
  }
  CloseAllOnExec();
  for (size_t i = 0; i < plan.inherit_count; ++i) {
    if (fcntl(plan.inherit[i], F_SETFD, 0) < 0) errnum = errno;
  }
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (errnum == 0) {
    execve(plan.path, plan.argv, plan.environment);
    errnum = errno;
  }
  while (write(plan.status, &errnum, sizeof(errnum)) < 0 && errno == EINTR) {
  }
  _exit(127);
}

// Returns 0 if the child's exec() has closed the pipe, else the errno that the child wrote.
int ReadExecStatus(int fd) {
  int errnum = 0;
  while (true) {
    const ssize_t count = read(fd, &errnum, sizeof(errnum));
    if (count == static_cast<ssize_t>(sizeof(errnum))) return errnum;
    if (count == 0) return 0;
    if (count < 0 && errno != EINTR) return errno;
  }
}

bool IsProgram(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

absl::StatusOr<PipeEnds> MakePipe() {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return errs::ErrnoError(kOp, "cannot make a pipe", errno);
  FileDescriptor read_end(fds[0]), write_end(fds[1]);
  // A larger pipe saves context switches. If it cannot be enlarged, it works all the same.
  fcntl(fds[1], F_SETPIPE_SZ, 1 << 18);
  PipeEnds ends;
  ASSIGN_OR_RETURN(ends.read, Above2(std::move(read_end)));
  ASSIGN_OR_RETURN(ends.write, Above2(std::move(write_end)));
  return ends;
}

absl::StatusOr<FileDescriptor> OpenNull() {
  FileDescriptor fd(open("/dev/null", O_RDWR | O_CLOEXEC));
  // A root file system with siphon alone has no devices; an empty file in memory also reads as
  // empty.
  if (!fd.valid()) fd = FileDescriptor(memfd_create("null", MFD_CLOEXEC));
  if (!fd.valid()) return errs::ErrnoError(kOp, "cannot open /dev/null", errno);
  return Above2(std::move(fd));
}

absl::StatusOr<std::string> FindProgram(const std::string& program,
                                        const std::vector<std::string>& environment) {
  if (absl::StrContains(program, '/')) return program;
  std::string_view path = kDefaultPath;
  for (const std::string& variable : environment) {
    if (absl::StartsWith(variable, "PATH=")) {
      path = std::string_view(variable).substr(5);
      break;
    }
  }
  for (const std::string_view directory : absl::StrSplit(path, ':')) {
    if (!absl::StartsWith(directory, "/")) continue;
    std::string candidate = JoinPath(directory, program);
    if (IsProgram(candidate)) return candidate;
  }
  return errs::SystemError(kOp, errs::kNotFound, absl::StrCat("program ", program),
                           "install it, or name its folder in PATH");
}

absl::StatusOr<pid_t> Launch(LaunchPlan& plan) {
  ASSIGN_OR_RETURN(PipeEnds status, MakePipe());
  const std::vector<char*> argv = Pointers(plan.argv);
  const std::vector<char*> environment = Pointers(plan.environment);
  const ChildPlan child{
      .path = plan.path.c_str(),
      .argv = argv.data(),
      .environment = environment.data(),
      .streams = {plan.streams[0].get(), plan.streams[1].get(), plan.streams[2].get()},
      .inherit = plan.inherit.data(),
      .inherit_count = plan.inherit.size(),
      .status = status.write.get(),
      .parent = getpid(),
      .own_session = plan.own_session};
  // Signal handlers of siphon must not run in the child.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  const pid_t pid = fork();
  if (pid == 0) RunChild(child);
  const int fork_errnum = errno;
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  for (FileDescriptor& stream : plan.streams) stream.Reset();
  if (pid < 0) return errs::ErrnoError(kOp, "cannot fork", fork_errnum);
  status.write.Reset();
  const int errnum = ReadExecStatus(status.read.get());
  if (errnum == 0) return pid;
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  const absl::Status failure =
      errs::ErrnoError(kOp, absl::StrCat("cannot run ", plan.path), errnum);
  if (errnum != ENOENT) return failure;
  return errs::WithHint(failure, "check the program's path");
}

}  // namespace siphon::base
