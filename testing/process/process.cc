// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/process/process.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace siphon::testing {
namespace {

using Steady = std::chrono::steady_clock;

absl::Status Failed(std::string_view what, int error) {
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(error)));
}

// A pipe; the destructor closes its ends.
struct PipeEnds {
  int read = -1;
  int write = -1;
  PipeEnds() = default;
  PipeEnds(const PipeEnds&) = delete;
  PipeEnds& operator=(const PipeEnds&) = delete;
  ~PipeEnds() {
    CloseRead();
    CloseWrite();
  }
  bool Open() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read = ends[0];
    write = ends[1];
    return true;
  }
  void CloseRead() {
    if (read >= 0) close(std::exchange(read, -1));
  }
  void CloseWrite() {
    if (write >= 0) close(std::exchange(write, -1));
  }
};

// The data that the child needs between fork and exec, where only system calls are allowed.
struct Plan {
  std::vector<char*> argv;
  std::vector<char*> environment;
  const char* directory;
  const char* root;
  std::optional<uint64_t> file_limit;
  std::array<char, 64> uid_map;
  std::array<char, 64> gid_map;
};

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

void WriteTo(const char* path, const char* text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  [[maybe_unused]] const ssize_t written = write(fd, text, strlen(text));
  close(fd);
}

// chroot(2), with a user namespace's privilege where the caller has none.
bool EnterRoot(const Plan& plan) {
  if (chroot(plan.root) == 0) return chdir("/") == 0;
  if (errno != EPERM) return false;
  if (unshare(CLONE_NEWUSER) != 0) return false;
  WriteTo("/proc/self/setgroups", "deny");
  WriteTo("/proc/self/uid_map", plan.uid_map.data());
  WriteTo("/proc/self/gid_map", plan.gid_map.data());
  return chroot(plan.root) == 0 && chdir("/") == 0;
}

bool LimitFiles(std::optional<uint64_t> bytes) {
  if (!bytes.has_value()) return true;
  signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{*bytes, *bytes};
  return setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

[[noreturn]] void RunChild(const Plan& plan, int out, int err, int failure) {
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (dup2(null, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
      dup2(err, STDERR_FILENO) >= 0 && (plan.root == nullptr || EnterRoot(plan)) &&
      (plan.directory == nullptr || chdir(plan.directory) == 0) && LimitFiles(plan.file_limit)) {
    // A separate process group, so that a signal to the group of the test does not reach the
    // program.
    setpgid(0, 0);
    execve(plan.argv[0], plan.argv.data(), plan.environment.data());
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(failure, &error, sizeof(error));
  _exit(127);
}

Plan MakePlan(const ProcessOptions& options) {
  Plan plan{.argv = Pointers(options.argv),
            .environment = Pointers(options.environment),
            .directory = options.directory.empty() ? nullptr : options.directory.c_str(),
            .root = options.root.empty() ? nullptr : options.root.c_str(),
            .file_limit = options.file_limit,
            .uid_map = {},
            .gid_map = {}};
  snprintf(plan.uid_map.data(), plan.uid_map.size(), "0 %u 1", geteuid());
  snprintf(plan.gid_map.data(), plan.gid_map.size(), "0 %u 1", getegid());
  return plan;
}

// Reads the available bytes; false at the end of the stream.
bool Drain(int fd, std::string& text) {
  std::array<char, 16384> buffer;
  const ssize_t got = read(fd, buffer.data(), buffer.size());
  if (got < 0) return errno == EINTR;
  text.append(buffer.data(), static_cast<size_t>(got));
  return got > 0;
}

// A running program: collects its output and sends the signal at its time.
class Attendant {
 public:
  Attendant(const ProcessOptions& options, pid_t pid, PipeEnds& out, PipeEnds& err)
      : options_(options), pid_(pid), out_(out), err_(err) {
    limit_ = start_ + options.limit;
    if (options.signal_after.has_value()) signal_at_ = start_ + *options.signal_after;
  }

  absl::StatusOr<ProcessResult> Attend() {
    while (out_.read >= 0 || err_.read >= 0) {
      if (!Step()) return Reap(true);
    }
    return Reap(false);
  }

 private:
  // Waits for output or the next action; false if the limit has passed.
  bool Step() {
    const Steady::time_point next = signal_at_.has_value() ? std::min(*signal_at_, limit_) : limit_;
    const auto left =
        std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(next - Steady::now()));
    const timespec timeout{.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000),
                           .tv_nsec = static_cast<long>(left.count() % 1'000'000'000)};
    std::array<pollfd, 2> waiting{pollfd{out_.read, POLLIN, 0}, pollfd{err_.read, POLLIN, 0}};
    if (ppoll(waiting.data(), waiting.size(), &timeout, nullptr) > 0) {
      if (waiting[0].revents != 0 && !Drain(out_.read, result_.out)) out_.CloseRead();
      if (waiting[1].revents != 0 && !Drain(err_.read, result_.err)) err_.CloseRead();
    }
    const Steady::time_point now = Steady::now();
    if (signal_at_.has_value() && now >= *signal_at_) {
      kill(pid_, options_.signal);
      signalled_ = now;
      signal_at_.reset();
    }
    return now < limit_;
  }

  absl::StatusOr<ProcessResult> Reap(bool overdue) {
    if (overdue) kill(pid_, SIGKILL);
    int status = 0;
    rusage usage{};
    while (wait4(pid_, &status, 0, &usage) < 0) {
      if (errno != EINTR) return Failed("wait4", errno);
    }
    const Steady::time_point end = Steady::now();
    if (overdue) {
      return absl::DeadlineExceededError(absl::StrCat(options_.argv[0], " ran for more than ",
                                                      options_.limit.count(),
                                                      " s; stderr: ", result_.err));
    }
    result_.wall = end - start_;
    if (signalled_.has_value()) result_.after_signal = end - *signalled_;
    result_.peak_bytes = int64_t{usage.ru_maxrss} * 1024;
    if (WIFEXITED(status)) result_.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result_.signal = WTERMSIG(status);
    return std::move(result_);
  }

  const ProcessOptions& options_;
  pid_t pid_;
  PipeEnds& out_;
  PipeEnds& err_;
  Steady::time_point start_ = Steady::now();
  Steady::time_point limit_;
  std::optional<Steady::time_point> signal_at_, signalled_;
  ProcessResult result_;
};

}  // namespace

absl::StatusOr<ProcessResult> RunProcess(const ProcessOptions& options) {
  PipeEnds out, err, failure;
  if (!out.Open() || !err.Open() || !failure.Open()) return Failed("pipe2", errno);
  const Plan plan = MakePlan(options);
  malloc_trim(0);  // Free memory would count as the child's until exec.
  const pid_t pid = fork();
  if (pid < 0) return Failed("fork", errno);
  if (pid == 0) RunChild(plan, out.write, err.write, failure.write);
  out.CloseWrite();
  err.CloseWrite();
  failure.CloseWrite();
  int error = 0;
  ssize_t got = 0;
  do {
    got = read(failure.read, &error, sizeof(error));  // Ends when exec closes the pipe.
  } while (got < 0 && errno == EINTR);
  if (got > 0) {
    waitpid(pid, nullptr, 0);
    return Failed(absl::StrCat("running ", options.argv[0]), error);
  }
  if (options.on_start) options.on_start(pid);
  return Attendant(options, pid, out, err).Attend();
}

int64_t OwnPeakBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

std::optional<std::string> FindProgram(std::string_view name) {
  for (const std::string_view folder : {"/usr/local/bin", "/usr/bin", "/bin"}) {
    std::string path = absl::StrCat(folder, "/", name);
    if (access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

}  // namespace siphon::testing
