// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/terminal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "siphon/base/printable.h"
#include "siphon/cli/text_width.h"

namespace siphon::cli {
namespace {

// Turns off the echo of the terminal on stdin during its lifetime.
class EchoOff {
 public:
  EchoOff() : active_(tcgetattr(STDIN_FILENO, &saved_) == 0) {
    if (!active_) return;
    termios silent = saved_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~EchoOff() {
    if (active_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved_);
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

 private:
  termios saved_{};
  bool active_;
};

// Becomes readable when a stop is requested.
class StopDescriptor {
 public:
  explicit StopDescriptor(const std::stop_token& stop)
      : descriptor_(eventfd(0, EFD_CLOEXEC)), callback_(stop, [this] {
          const uint64_t one = 1;
          // A failure leaves the prompt waiting for its line.
          [[maybe_unused]] const ssize_t written = write(descriptor_.get(), &one, sizeof(one));
        }) {}
  int get() const { return descriptor_.get(); }

 private:
  base::FileDescriptor descriptor_;
  std::stop_callback<std::function<void()>> callback_;  // Ends before the descriptor is closed.
};

// Reads a line from a descriptor, byte by byte, so that the rest stays for later readers. False if
// the input ended first, or at a stop.
bool ReadLine(int descriptor, const std::stop_token& stop, std::string& line) {
  const StopDescriptor stopped(stop);
  while (!stop.stop_requested()) {
    pollfd waited[] = {{.fd = descriptor, .events = POLLIN, .revents = 0},
                       {.fd = stopped.get(), .events = POLLIN, .revents = 0}};
    if (poll(waited, 2, -1) < 0 && errno != EINTR) return false;
    if (waited[0].revents == 0) continue;
    char byte = 0;
    const ssize_t count = read(descriptor, &byte, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    if (byte == '\n') return true;
    line.push_back(byte);
  }
  return false;
}

}  // namespace

absl::StatusOr<std::string> AskLine(Env& env, std::string_view question) {
  // The last blank separates the question from the answer.
  const bool blank = !question.empty() && question.back() == ' ';
  if (blank) question.remove_suffix(1);
  *env.err << WrapMessage(base::Printable(question), 0, env.err_columns()) << (blank ? " " : "")
           << std::flush;
  std::string line;
  const bool read = env.in_descriptor >= 0 ? ReadLine(env.in_descriptor, env.stop, line)
                                           : static_cast<bool>(std::getline(*env.in, line));
  if (const absl::Status running = base::Context(env.stop, nullptr).Check(); !running.ok()) {
    *env.err << "\n" << std::flush;  // The next line of the terminal is the shell's.
    return running;
  }
  if (!read) {
    return errs::UserError("prompt", errs::kConfirmationRefused, "the input ended before an answer",
                           "run siphon on a terminal, or write the answer to its stdin");
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

absl::StatusOr<std::string> AskSecret(Env& env, std::string_view question) {
  if (!env.in_is_terminal) return AskLine(env, question);
  absl::StatusOr<std::string> answer;
  {
    const EchoOff echo_off;
    answer = AskLine(env, question);
  }
  *env.err << "\n" << std::flush;
  return answer;
}

}  // namespace siphon::cli
