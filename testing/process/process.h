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

// A program to run to its end, as a user's shell would.
struct ProcessOptions {
  std::vector<std::string> argv;         // argv[0] is the program's path; no PATH is searched.
  std::vector<std::string> environment;  // The whole of it, "NAME=value".
  std::string directory = {};            // Working directory; empty: the caller's.
  std::string root = {};  // Changed to by chroot(2); directory and argv[0] are inside. Empty: none.
  // `signal` is sent this long after the program began to run, unless it has ended by then.
  std::optional<std::chrono::nanoseconds> signal_after = {};
  int signal = SIGKILL;
  // Killed, and an error returned, when it runs for longer.
  std::chrono::seconds limit{300};
  // No file that it writes may become longer, in bytes: more is EFBIG (RLIMIT_FSIZE, with SIGXFSZ
  // ignored).
  std::optional<uint64_t> file_limit = {};
  // Called with the process's id as soon as the program runs.
  std::function<void(pid_t)> on_start = {};
};

// How it ended and what it took.
struct ProcessResult {
  int exit_code = -1;  // -1 when a signal ended it.
  int signal = 0;      // 0 when it exited by itself.
  std::string out, err;
  std::chrono::nanoseconds wall{0};
  // From sending `signal` to the end; nothing when it was not sent.
  std::optional<std::chrono::nanoseconds> after_signal;
  // The largest resident set (wait4(2), ru_maxrss). The kernel counts the moment between fork and
  // exec in, so that no figure is below the caller's own resident set.
  int64_t peak_bytes = 0;
};

// Standard input is empty. An error only when the program could not be run or ran into `limit`.
absl::StatusOr<ProcessResult> RunProcess(const ProcessOptions& options);

// The caller's own largest resident set.
int64_t OwnPeakBytes();

// The first of the usual folders (/usr/bin, ...) that holds the program; nothing when none does.
std::optional<std::string> FindProgram(std::string_view name);

}  // namespace siphon::testing

#endif  // TESTING_PROCESS_PROCESS_H_
