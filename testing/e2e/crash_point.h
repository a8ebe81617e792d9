// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_CRASH_POINT_H_
#define TESTING_E2E_CRASH_POINT_H_

#include <limits>
#include <string>

#include "absl/status/statusor.h"
#include "testing/process/process.h"

namespace siphon::testing {

// The result of a run up to a crash point.
struct CrashPoint {
  bool killed = false;    // False when the program ended before it came that far.
  int exit_code = -1;     // When it was not killed.
  int calls = 0;          // Calls that change files or would have, the one of the kill included.
  std::string last_call;  // The name of that one, as in "rename".
};

inline constexpr int kNoCrash = std::numeric_limits<int>::max();

// Runs the program under ptrace(2), counts the system calls that change files (open for creation,
// write, rename, unlink, fsync and similar) or that send to a server, in all threads, and kills the
// program when it enters call number `at` (from 1). That call is not executed. The output is
// discarded.
absl::StatusOr<CrashPoint> RunToCrashPoint(const ProcessOptions& options, int at);

}  // namespace siphon::testing

#endif  // TESTING_E2E_CRASH_POINT_H_
