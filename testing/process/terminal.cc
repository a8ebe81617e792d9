// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/process/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_replace.h"

namespace siphon::testing {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kStep{50};

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Terminal::Terminal(const ProcessOptions& options, int columns) {
  master_ = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0) return;
  const char* const name = ptsname(master_);
  if (name == nullptr) return;
  const std::string slave = name;
  const std::vector<char*> argv = Pointers(options.argv);
  const std::vector<char*> environment = Pointers(options.environment);
  pid_ = fork();
  if (pid_ != 0) return;
  // The new session's first terminal becomes its controlling one.
  setsid();
  const int terminal = open(slave.c_str(), O_RDWR);
  if (terminal < 0) _exit(126);
  const winsize size = {.ws_row = 24,
                        .ws_col = static_cast<decltype(winsize::ws_col)>(columns),
                        .ws_xpixel = 0,
                        .ws_ypixel = 0};
  ioctl(terminal, TIOCSWINSZ, &size);
  for (const int target : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(terminal, target);
  if (terminal > STDERR_FILENO) close(terminal);
  if (!options.directory.empty() && chdir(options.directory.c_str()) != 0) _exit(125);
  execve(argv[0], argv.data(), environment.data());
  _exit(127);
}

Terminal::~Terminal() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (master_ >= 0) close(master_);
}

bool Terminal::Read(milliseconds limit) {
  pollfd waited = {.fd = master_, .events = POLLIN, .revents = 0};
  if (poll(&waited, 1, static_cast<int>(limit.count())) <= 0) return true;
  std::array<char, 4096> buffer;
  const ssize_t count = read(master_, buffer.data(), buffer.size());
  if (count <= 0) return false;  // EIO: the program has closed the terminal.
  shown_.append(buffer.data(), static_cast<size_t>(count));
  shown_ = absl::StrReplaceAll(shown_, {{"\r\n", "\n"}});
  return true;
}

bool Terminal::WaitFor(std::string_view text) {
  const Steady::time_point end = Steady::now() + seconds(10);
  while (true) {
    const size_t found = shown_.find(text, seen_);
    if (found != std::string::npos) {
      seen_ = found + text.size();
      return true;
    }
    if (Steady::now() >= end || !Read(kStep)) return false;
  }
}

void Terminal::Type(std::string_view keys) const {
  [[maybe_unused]] const ssize_t written = write(master_, keys.data(), keys.size());
}

int Terminal::Wait(seconds limit) {
  const Steady::time_point end = Steady::now() + limit;
  int status = 0;
  bool open = true;
  while (pid_ > 0) {
    if (waitpid(pid_, &status, WNOHANG) == pid_) break;
    if (Steady::now() >= end) {
      kill(pid_, SIGKILL);
      waitpid(pid_, &status, 0);
      break;
    }
    if (open) {
      open = Read(kStep);
    } else {
      usleep(10'000);
    }
  }
  pid_ = -1;
  while (open) {
    const size_t before = shown_.size();
    open = Read(milliseconds(0)) && shown_.size() > before;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace siphon::testing
