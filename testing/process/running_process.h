// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_PROCESS_RUNNING_PROCESS_H_
#define TESTING_PROCESS_RUNNING_PROCESS_H_

#include <sys/types.h>

#include <atomic>
#include <thread>

#include "absl/status/statusor.h"
#include "testing/process/process.h"

namespace siphon::testing {

// A program that runs in the background of the test. Its output is collected continuously.
class RunningProcess {
 public:
  // Returns when the program runs. If it could not be started, Wait() returns the error.
  explicit RunningProcess(ProcessOptions options);
  // Kills the program if Wait() was not called.
  ~RunningProcess();
  RunningProcess(const RunningProcess&) = delete;
  RunningProcess& operator=(const RunningProcess&) = delete;

  // 0 if the program could not be started.
  pid_t pid() const { return pid_; }
  bool ended() const { return ended_; }
  // Sends a signal; does nothing if the program has ended.
  void Signal(int signal) const;
  // Waits for the end of the program and returns its result. Call it once.
  absl::StatusOr<ProcessResult> Wait();

 private:
  std::atomic<bool> ended_ = false;
  pid_t pid_ = 0;
  absl::StatusOr<ProcessResult> result_;
  std::thread thread_;
};

}  // namespace siphon::testing

#endif  // TESTING_PROCESS_RUNNING_PROCESS_H_
