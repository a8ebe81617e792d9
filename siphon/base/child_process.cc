// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <system_error>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/child_launch.h"
#include "siphon/base/signals.h"

namespace siphon::base {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kOp = "process";
// The time between SIGTERM and SIGKILL.
constexpr std::chrono::seconds kGrace{1};
// The interval of waitpid() on kernels without pidfd_open() (before Linux 5.3).
constexpr std::chrono::milliseconds kPollInterval{20};

// The timeout for poll() to return at `until`, rounded up so that it never returns before.
int PollTimeout(std::optional<Clock::time_point> until) {
  if (!until.has_value()) return -1;
  const Clock::time_point now = Clock::now();
  if (*until <= now) return 0;
  constexpr std::chrono::minutes kLongest{1};
  if (*until - now > kLongest) return std::chrono::milliseconds(kLongest).count();
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(*until - now).count());
}

// write() that fails with EPIPE and never raises SIGPIPE.
ssize_t WriteWithoutSigpipe(int fd, std::string_view data) {
  sigset_t pipe_only, old, pending;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  sigpending(&pending);
  pthread_sigmask(SIG_BLOCK, &pipe_only, &old);
  const ssize_t count = write(fd, data.data(), data.size());
  const int errnum = errno;
  if (count < 0 && errnum == EPIPE && sigismember(&pending, SIGPIPE) == 0) {
    constexpr timespec kNow{0, 0};
    while (sigtimedwait(&pipe_only, nullptr, &kNow) < 0 && errno == EINTR) {
    }
  }
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  errno = errnum;
  return count;
}

absl::Status CheckOptions(const ChildProcess::Options& options) {
  if (options.argv.empty() || (options.argv[0].empty() && options.executable.empty())) {
    return errs::InternalError(kOp, "no program is given");
  }
  for (const auto* list : {&options.argv, &options.environment}) {
    for (const std::string& item : *list) {
      if (absl::StrContains(item, '\0')) {
        return errs::UserError(kOp, errs::kInvalidArgument, "a NUL byte in an argument");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

// The state shared by the caller's threads and the supervisor, a thread for each child, which
// forks, watches, kills and reaps it. The thread must live as long as the child, because
// PR_SET_PDEATHSIG acts when the forking thread ends.
struct ChildProcess::State {
  State(const Context& process_context, Options process_options)
      : context(process_context),
        options(std::move(process_options)),
        name(options.executable.empty() ? options.argv[0] : options.executable) {}
  ~State();

  absl::Status Start();
  absl::Status PrepareStreams();
  // Runs in the supervisor.
  void Supervise();
  void AwaitEnd();
  void Reap();
  bool HasEnded() const;
  void Signal(int number) const { kill(options.foreground ? pid : -pid, number); }
  // For the pipes: waits until `fd` is ready, the child is reaped or the context stops.
  void AwaitReady(int fd, short events) const;

  class In final : public Writer {
   public:
    explicit In(State* state) : state_(state) {}
    absl::Status Write(std::string_view data) override;
    absl::Status Finish() override;
    FileDescriptor fd;

   private:
    State* state_;
  };
  class Out final : public Reader {
   public:
    explicit Out(State* state) : state_(state) {}
    absl::StatusOr<size_t> Read(absl::Span<char> out) override;
    FileDescriptor fd;

   private:
    State* state_;
  };

  const Context context;
  const Options options;
  const std::string name;
  LaunchPlan plan;
  In in{this};
  Out out{this};
  Out err{this};
  FileDescriptor stop_event;  // Readable when the child must end.
  FileDescriptor done_event;  // Readable when the child is reaped.
  std::atomic<bool> done{false};

  std::mutex mutex;
  std::condition_variable changed;
  std::optional<absl::StatusOr<pid_t>> launched;
  Outcome outcome;

  // Used by the supervisor only, until `done`.
  pid_t pid = -1;
  bool stopped = false;  // The child was asked to end.

  std::thread supervisor;
  std::optional<std::stop_callback<std::function<void()>>> on_stop;
};

ChildProcess::State::~State() {
  on_stop.reset();
  in.fd.Reset();
  if (!supervisor.joinable()) return;
  eventfd_write(stop_event.get(), 1);
  supervisor.join();
}

absl::Status ChildProcess::State::PrepareStreams() {
  const Stream wanted[] = {options.in, options.out, options.err};
  FileDescriptor* const near[] = {&in.fd, &out.fd, &err.fd};
  for (size_t i = 0; i < 3; ++i) {
    if (wanted[i] == Stream::kNull) {
      ASSIGN_OR_RETURN(plan.streams[i], OpenNull());
    } else if (wanted[i] == Stream::kPipe) {
      ASSIGN_OR_RETURN(PipeEnds ends, MakePipe());
      const bool writes = i == 0;
      *near[i] = std::move(writes ? ends.write : ends.read);
      plan.streams[i] = std::move(writes ? ends.read : ends.write);
      // Only siphon's end: the two ends of a pipe have separate flags.
      fcntl(near[i]->get(), F_SETFL, O_NONBLOCK | (writes ? O_WRONLY : O_RDONLY));
    }
  }
  return absl::OkStatus();
}

absl::Status ChildProcess::State::Start() {
  ASSIGN_OR_RETURN(plan.path, FindProgram(name, options.environment));
  plan.argv = options.argv;
  plan.environment = options.environment;
  plan.inherit = options.inherit;
  plan.own_session = !options.foreground;
  RETURN_IF_ERROR(PrepareStreams());
  stop_event = FileDescriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  done_event = FileDescriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_event.valid() || !done_event.valid()) {
    return errs::ErrnoError(kOp, "cannot make an event descriptor", errno);
  }
  try {
    supervisor = std::thread([this] { Supervise(); });
  } catch (const std::system_error& error) {
    return errs::ErrnoError(kOp, "cannot start a thread", error.code().value());
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [this] { return launched.has_value(); });
  RETURN_IF_ERROR(launched->status());
  lock.unlock();
  on_stop.emplace(context.stop_token(), [this] { eventfd_write(stop_event.get(), 1); });
  return absl::OkStatus();
}

void ChildProcess::State::Supervise() {
  std::optional<SigintIgnored> sigint_is_the_childs;
  if (options.foreground) sigint_is_the_childs.emplace();
  absl::StatusOr<pid_t> result = Launch(plan);
  const bool running = result.ok();
  if (running) {
    pid = *result;
    if (!options.foreground) KillAtExit(pid);
  }
  {
    const std::lock_guard lock(mutex);
    launched = std::move(result);
    changed.notify_all();
  }
  if (!running) return;
  AwaitEnd();
  Reap();
}

bool ChildProcess::State::HasEnded() const {
  siginfo_t info = {};
  // WNOWAIT keeps the zombie, so that its pid and process group are not reused.
  const int result = waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
  return result == 0 ? info.si_pid != 0 : errno == ECHILD;
}

void ChildProcess::State::AwaitEnd() {
  const FileDescriptor pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  std::optional<Clock::time_point> until = context.deadline();
  bool killed = false;
  while (!HasEnded()) {
    std::optional<Clock::time_point> wake = until;
    if (!pidfd.valid())
      wake = std::min(until.value_or(Clock::time_point::max()), Clock::now() + kPollInterval);
    // poll() ignores negative descriptors.
    pollfd waits[] = {{pidfd.get(), POLLIN, 0}, {stopped ? -1 : stop_event.get(), POLLIN, 0}};
    if (poll(waits, 2, PollTimeout(wake)) < 0) continue;
    const bool due = until.has_value() && Clock::now() >= *until;
    if (!stopped && (waits[1].revents != 0 || due)) {
      stopped = true;
      until = Clock::now() + kGrace;
      Signal(SIGTERM);
    } else if (stopped && due && !killed) {
      killed = true;
      until.reset();
      Signal(SIGKILL);
    }
  }
}

void ChildProcess::State::Reap() {
  if (!options.foreground) {
    // Kill the processes that the child left in its group.
    kill(-pid, SIGKILL);
    ForgetAtExit(pid);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  const std::lock_guard lock(mutex);
  outcome.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  outcome.code = WIFSIGNALED(status) ? 128 + outcome.signal : WEXITSTATUS(status);
  done = true;
  eventfd_write(done_event.get(), 1);
  changed.notify_all();
}

void ChildProcess::State::AwaitReady(int fd, short events) const {
  pollfd waits[] = {{fd, events, 0}, {stop_event.get(), POLLIN, 0}, {done_event.get(), POLLIN, 0}};
  poll(waits, 3, PollTimeout(context.deadline()));
}

absl::Status ChildProcess::State::In::Write(std::string_view data) {
  if (!fd.valid()) return errs::InternalError(kOp, "the child's input is no open pipe");
  while (!data.empty()) {
    RETURN_IF_ERROR(state_->context.Check());
    const bool ended = state_->done;
    const ssize_t count = WriteWithoutSigpipe(fd.get(), data);
    if (count >= 0) {
      data.remove_prefix(static_cast<size_t>(count));
    } else if (errno == EPIPE || (errno == EAGAIN && ended)) {
      return errs::SystemError(kOp, errs::kIo,
                               absl::StrCat(state_->name, " no longer reads its input"));
    } else if (errno == EAGAIN) {
      state_->AwaitReady(fd.get(), POLLOUT);
    } else if (errno != EINTR) {
      return errs::ErrnoError(kOp, absl::StrCat("cannot write to ", state_->name), errno);
    }
  }
  return absl::OkStatus();
}

absl::Status ChildProcess::State::In::Finish() {
  if (!fd.valid()) return errs::InternalError(kOp, "the child's input is no open pipe");
  fd.Reset();
  return absl::OkStatus();
}

absl::StatusOr<size_t> ChildProcess::State::Out::Read(absl::Span<char> out) {
  if (!fd.valid()) return errs::InternalError(kOp, "the child's output is no open pipe");
  while (true) {
    RETURN_IF_ERROR(state_->context.Check());
    // After the child has ended, its output ends with the bytes in the pipe, even if a process that
    // left its group (a daemon) still has the other end open.
    const bool ended = state_->done;
    const ssize_t count = read(fd.get(), out.data(), out.size());
    if (count >= 0) return static_cast<size_t>(count);
    if (errno == EAGAIN && ended) return size_t{0};
    if (errno == EAGAIN) {
      state_->AwaitReady(fd.get(), POLLIN);
    } else if (errno != EINTR) {
      return errs::ErrnoError(kOp, absl::StrCat("cannot read from ", state_->name), errno);
    }
  }
}

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(const Context& context,
                                                                  Options options) {
  RETURN_IF_ERROR(context.Check());
  RETURN_IF_ERROR(CheckOptions(options));
  auto state = std::make_unique<State>(context, std::move(options));
  RETURN_IF_ERROR(state->Start());
  return std::unique_ptr<ChildProcess>(new ChildProcess(std::move(state)));
}

ChildProcess::ChildProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}
ChildProcess::~ChildProcess() = default;

Writer& ChildProcess::in() { return state_->in; }
Reader& ChildProcess::out() { return state_->out; }
Reader& ChildProcess::err() { return state_->err; }
void ChildProcess::CloseIn() { state_->in.fd.Reset(); }
pid_t ChildProcess::pid() const { return state_->pid; }

absl::StatusOr<ChildProcess::Outcome> ChildProcess::Wait() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->done.load(); });
  if (state_->stopped) RETURN_IF_ERROR(state_->context.Check());
  return state_->outcome;
}

}  // namespace siphon::base
