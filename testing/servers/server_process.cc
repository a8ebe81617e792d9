// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/server_process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "testing/process/process.h"

namespace siphon::testing {
namespace {

using Steady = std::chrono::steady_clock;

// The numbers of the keeper's two descriptors.
constexpr int kLifeline = 3;
constexpr int kReport = 4;

enum class Isolation {
  kNamespaces,  // User, process and IPC namespaces.
  kDropRoot,    // The real user 65534.
  kNone         // The test's own user, who is not root, or runs a container's engine.
};

// A message of the keeper to the test: first the process id of the server, then an errno if a step
// failed.
struct Report {
  enum Kind : int { kPid, kFailure } kind;
  int value;
};

// The data that the children need. Prepared before fork(), as only system calls are allowed after
// it.
struct Plan {
  std::vector<char*> argv;
  std::vector<char*> environment;
  std::vector<const char*> scratch;
  std::vector<char*> killer;
  const char* directory;
  const char* log;
  std::optional<uint64_t> file_limit;
  Isolation isolation;
  std::array<char, 64> uid_map;
  std::array<char, 64> gid_map;
};

absl::Status Failed(std::string_view what, int error) {
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(error)));
}

bool WriteTo(const char* path, const char* text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t size = static_cast<ssize_t>(strlen(text));
  const bool written = write(fd, text, static_cast<size_t>(size)) == size;
  close(fd);
  return written;
}

// The plain system call fork(2). The fork() of a sanitizer starts a thread in the child, and a
// process with two threads cannot enter a user namespace.
pid_t Fork() {
  return static_cast<pid_t>(syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

// The next child is the first process of the new process namespace; when it ends, the kernel kills
// all others in it.
bool EnterNamespaces(const Plan& plan) {
  return unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWIPC) == 0 &&
         WriteTo("/proc/self/setgroups", "deny") &&
         WriteTo("/proc/self/uid_map", plan.uid_map.data()) &&
         WriteTo("/proc/self/gid_map", plan.gid_map.data());
}

// Becomes user 65534, with the capability to enter folders that are closed to that user, such as
// the cache folders in /root.
bool DropRoot() {
  if (setgroups(0, nullptr) != 0 || setgid(kServerGroup) != 0) return false;
  // Keeps the capabilities across setuid(), also for access(2).
  prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP);
  if (setuid(kServerUser) != 0) return false;
  const uint32_t bits = 1u << CAP_DAC_OVERRIDE;
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2] = {{.effective = bits, .permitted = bits, .inheritable = bits},
                                    {}};
  return syscall(SYS_capset, &header, data) == 0 &&
         prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0) == 0;
}

void Tell(Report::Kind kind, int value) {
  const Report report{.kind = kind, .value = value};
  while (write(kReport, &report, sizeof(report)) < 0 && errno == EINTR) {
  }
}

[[noreturn]] void RunServer(const Plan& plan) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  close(kLifeline);
  fcntl(kReport, F_SETFD, FD_CLOEXEC);
  const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int out = open(plan.log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  bool good = dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
              dup2(out, STDERR_FILENO) >= 0 && chdir(plan.directory) == 0;
  if (good && plan.file_limit.has_value()) {
    const rlimit limit{*plan.file_limit, *plan.file_limit};
    good = setrlimit(RLIMIT_FSIZE, &limit) == 0;
  }
  if (good && plan.isolation == Isolation::kDropRoot) {
    good = DropRoot();
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // setuid() has reset it.
  }
  umask(0077);
  if (good) execve(plan.argv[0], plan.argv.data(), plan.environment.data());
  Tell(Report::kFailure, errno);
  _exit(127);
}

void StandardSignals() {
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void RunKiller(const Plan& plan) {
  const pid_t killer = Fork();
  if (killer == 0) {
    execve(plan.killer[0], plan.killer.data(), plan.environment.data());
    _exit(127);
  }
  while (killer > 0 && waitpid(killer, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// Waits for the end of the server or of the test; in the latter case ends the server.
int KeepUntilTheEnd(const Plan& plan, pid_t server) {
  const int ended = static_cast<int>(syscall(SYS_pidfd_open, server, 0));
  std::array<pollfd, 2> waiting{pollfd{ended, POLLIN, 0}, pollfd{kLifeline, POLLIN, 0}};
  while (poll(waiting.data(), waiting.size(), -1) < 0 && errno == EINTR) {
  }
  const bool test_is_gone = waiting[1].revents != 0 || ended < 0;
  if (test_is_gone && plan.killer[0] != nullptr) RunKiller(plan);
  if (test_is_gone) kill(server, SIGKILL);
  int status = 0;
  while (waitpid(server, &status, 0) < 0 && errno == EINTR) {
  }
  // If the server had no namespace, waits for its orphans, which end when they notice.
  while (waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
  }
  if (test_is_gone) {
    for (const char* path : plan.scratch) {
      if (unlink(path) != 0) rmdir(path);
    }
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// The child of the test: enters the namespaces, starts the server in them and waits for it.
[[noreturn]] void RunKeeper(const Plan& plan, int lifeline, int report) {
  setsid();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  StandardSignals();
  // Moves the descriptors to 3 and 4 by way of other numbers, and closes all others of the test.
  lifeline = fcntl(lifeline, F_DUPFD, 5);
  report = fcntl(report, F_DUPFD, 5);
  dup2(lifeline, kLifeline);
  dup2(report, kReport);
  syscall(SYS_close_range, 5u, ~0u, 0u);
  if (plan.isolation == Isolation::kNamespaces && !EnterNamespaces(plan)) {
    Tell(Report::kFailure, errno);
    _exit(127);
  }
  const pid_t server = Fork();
  if (server == 0) RunServer(plan);
  Tell(server < 0 ? Report::kFailure : Report::kPid, server < 0 ? errno : server);
  if (server < 0) _exit(127);
  close(kReport);
  _exit(KeepUntilTheEnd(plan, server));
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

void FillMaps(Plan& plan) {
  const uid_t user = geteuid() == 0 ? kServerUser : geteuid();
  const gid_t group = geteuid() == 0 ? kServerGroup : getegid();
  snprintf(plan.uid_map.data(), plan.uid_map.size(), "%u %u 1", user, geteuid());
  snprintf(plan.gid_map.data(), plan.gid_map.size(), "%u %u 1", group, getegid());
}

// The isolation that the kernel allows; a child process tries it.
Isolation FindIsolation() {
  Plan plan{};
  FillMaps(plan);
  const pid_t child = Fork();
  if (child == 0) _exit(EnterNamespaces(plan) && Fork() >= 0 ? 0 : 1);
  int status = 1;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status == 0) return Isolation::kNamespaces;
  return geteuid() == 0 ? Isolation::kDropRoot : Isolation::kNone;
}

Isolation ThisIsolation() {
  static const Isolation isolation = FindIsolation();
  return isolation;
}

struct PipeEnds {
  base::FileDescriptor read, write;
};

absl::StatusOr<PipeEnds> MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Failed("pipe2", errno);
  return PipeEnds{base::FileDescriptor(ends[0]), base::FileDescriptor(ends[1])};
}

// Reads until exec closes the pipe; returns the process id of the server, or the error.
absl::StatusOr<pid_t> ReadReport(int fd, std::string_view program) {
  std::optional<pid_t> pid;
  Report report{};
  while (true) {
    const ssize_t got = read(fd, &report, sizeof(report));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    if (report.kind == Report::kFailure) {
      return Failed(absl::StrCat("starting ", program), report.value);
    }
    pid = report.value;
  }
  if (!pid.has_value()) {
    return absl::InternalError(absl::StrCat("starting ", program, ": its keeper died"));
  }
  return *pid;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(const ServerCommand& command) {
  Plan plan{.argv = Pointers(command.argv),
            .environment = Pointers(command.environment),
            .scratch = {},
            .killer = Pointers(command.killer),
            .directory = command.directory.empty() ? "/" : command.directory.c_str(),
            .log = command.log.c_str(),
            .file_limit = command.file_limit,
            .isolation = command.in_container ? Isolation::kNone : ThisIsolation(),
            .uid_map = {},
            .gid_map = {}};
  for (const std::string& path : command.scratch) plan.scratch.push_back(path.c_str());
  FillMaps(plan);
  absl::StatusOr<PipeEnds> lifeline = MakePipe();
  absl::StatusOr<PipeEnds> report = MakePipe();
  if (!lifeline.ok()) return lifeline.status();
  if (!report.ok()) return report.status();
  // No signal handler of the test may run in the child.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  const pid_t keeper = Fork();
  if (keeper == 0) RunKeeper(plan, lifeline->read.get(), report->write.get());
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  if (keeper < 0) return Failed("fork", error);
  report->write.Reset();
  const absl::StatusOr<pid_t> pid = ReadReport(report->read.get(), command.argv[0]);
  std::unique_ptr<ServerProcess> server(
      new ServerProcess(keeper, pid.value_or(0), std::move(lifeline->write), command));
  if (!pid.ok()) return pid.status();
  return server;
}

ServerProcess::~ServerProcess() { Kill(); }

bool ServerProcess::Reap(bool wait) {
  if (exit_.has_value()) return true;
  int status = 0;
  pid_t reaped = 0;
  do {
    reaped = waitpid(keeper_, &status, wait ? 0 : WNOHANG);
  } while (reaped < 0 && errno == EINTR);
  if (reaped == 0) return false;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  exit_ = code >= 128 ? Exit{.code = -1, .signal = code - 128} : Exit{.code = code, .signal = 0};
  return true;
}

void ServerProcess::Signal(int signal) {
  if (pid_ <= 0 || Reap(false)) return;
  if (!command_.in_container) {
    kill(pid_, signal);
    return;
  }
  std::vector<std::string> argv = command_.signaller;
  argv.push_back(absl::StrCat("--signal=", signal));
  // An engine may need some time to notice that its container runs.
  for (int i = 0; i < 50 && !Reap(false); ++i) {
    const absl::StatusOr<ProcessResult> sent =
        RunProcess({.argv = argv, .environment = command_.environment});
    if (sent.ok() && sent->exit_code == 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

std::optional<ServerProcess::Exit> ServerProcess::Ended() {
  Reap(false);
  return exit_;
}

absl::StatusOr<ServerProcess::Exit> ServerProcess::Wait(std::chrono::seconds limit) {
  const Steady::time_point end = Steady::now() + limit;
  while (!Reap(false)) {
    if (Steady::now() >= end) {
      return absl::DeadlineExceededError(
          absl::StrCat("process ", pid_, " still runs after ", limit.count(), " s"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return *exit_;
}

void ServerProcess::Kill() {
  if (command_.in_container && !Reap(false)) {
    // If that fails, at least the engine is killed below.
    RunProcess({.argv = command_.killer, .environment = command_.environment}).IgnoreError();
  }
  if (pid_ > 0 && !Reap(false)) kill(pid_, SIGKILL);
  Reap(true);
}

absl::Status GiveToServer(const std::string& path) {
  return ThisIsolation() == Isolation::kDropRoot ? GiveToServerUser(path) : absl::OkStatus();
}

absl::Status GiveToServerUser(const std::string& path) {
  if (lchown(path.c_str(), kServerUser, kServerGroup) != 0)
    return Failed(absl::StrCat("giving ", path, " to user ", kServerUser), errno);
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator it(path, error), end; it != end;
       it.increment(error)) {
    if (lchown(it->path().c_str(), kServerUser, kServerGroup) != 0) {
      return Failed(absl::StrCat("giving ", it->path().string(), " to user ", kServerUser), errno);
    }
  }
  return absl::OkStatus();
}

}  // namespace siphon::testing
