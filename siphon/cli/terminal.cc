// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/terminal.h"

#include <termios.h>
#include <unistd.h>

#include <string>

#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/printable.h"

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

}  // namespace

absl::StatusOr<std::string> AskLine(Env& env, std::string_view question) {
  *env.err << base::Printable(question) << std::flush;
  std::string line;
  if (!std::getline(*env.in, line)) {
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
