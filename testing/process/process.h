// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_PROCESS_PROCESS_H_
#define TESTING_PROCESS_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace siphon::testing {

// A program and how RunProcess() runs it.
struct ProcessOptions {
  std::vector<std::string> argv;         // argv[0] is the program's path; no PATH is searched.
  std::vector<std::string> environment;  // The whole of it, "NAME=value".
  std::string directory = {};            // Working directory; empty: the caller's.
  std::string root = {};  // Changed to by chroot(2); directory and argv[0] are inside. Empty: none.
  // Sends `signal` after this time, unless the program has ended.
  std::optional<std::chrono::nanoseconds> signal_after = {};
  int signal = SIGKILL;
  // A program that runs longer is killed, and RunProcess() returns an error.
  std::chrono::seconds limit{300};
  // The largest size of a file that the program writes, in bytes (RLIMIT_FSIZE). SIGXFSZ is
  // ignored, so that a write beyond the limit fails with EFBIG.
  std::optional<uint64_t> file_limit = {};
  // Called with the process id as soon as the program runs.
  std::function<void(pid_t)> on_start = {};
};

// How a program ended, what it printed and the resources it used.
struct ProcessResult {
  int exit_code = -1;  // -1 when a signal ended it.
  int signal = 0;      // 0 when it exited by itself.
  std::string out, err;
  std::chrono::nanoseconds wall{0};
  // The time between `signal` and the end of the program; nullopt if the signal was not sent.
  std::optional<std::chrono::nanoseconds> after_signal;
  // The largest resident set (wait4(2), ru_maxrss). The kernel includes the time between fork and
  // exec, so the figure is never below the resident set of the caller.
  int64_t peak_bytes = 0;
};

// Runs the program to its end, with an empty standard input. Fails only if the program could not be
// started or exceeded `limit`; a non-zero exit code is no error.
absl::StatusOr<ProcessResult> RunProcess(const ProcessOptions& options);

// The largest resident set of the calling process.
int64_t OwnPeakBytes();

// The path of a program in the standard folders (/usr/bin, ...); nullopt if there is none.
std::optional<std::string> FindProgram(std::string_view name);

}  // namespace siphon::testing

#endif  // TESTING_PROCESS_PROCESS_H_
