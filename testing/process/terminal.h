// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_PROCESS_TERMINAL_H_
#define TESTING_PROCESS_TERMINAL_H_

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>

#include "testing/process/process.h"

namespace siphon::testing {

// A program on a terminal of its own (pty(7)), which the test reads and types on. The terminal
// echoes.
class Terminal {
 public:
  // Starts the program with argv, environment and directory of `options`, on a terminal that is
  // `columns` characters wide.
  explicit Terminal(const ProcessOptions& options, int columns = 80);
  // Kills the program if it still runs.
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // Waits until the terminal has shown `text` since the last call. False if the program ends first,
  // or after ten seconds.
  bool WaitFor(std::string_view text);
  // Types characters: "\n" is the return key, "\x03" Ctrl-C.
  void Type(std::string_view keys) const;
  // Waits for the end of the program; kills it after `limit`. Returns the exit code, or -1 if a
  // signal ended it.
  int Wait(std::chrono::seconds limit = std::chrono::seconds(10));

  // All that the terminal has shown, with "\n" at the end of a line.
  const std::string& shown() const { return shown_; }

 private:
  // Reads for at most `limit`. False at the end of the output.
  bool Read(std::chrono::milliseconds limit);

  int master_ = -1;
  pid_t pid_ = -1;
  std::string shown_;
  size_t seen_ = 0;  // The part of `shown_` before the end of the last match.
};

}  // namespace siphon::testing

#endif  // TESTING_PROCESS_TERMINAL_H_
