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

// A program that runs while the test does other things. Its output is collected all the time.
class RunningProcess {
 public:
  // Returns when the program runs, or could not be run, which Wait() tells.
  explicit RunningProcess(ProcessOptions options);
  // Kills it when nobody has waited for it.
  ~RunningProcess();
  RunningProcess(const RunningProcess&) = delete;
  RunningProcess& operator=(const RunningProcess&) = delete;

  // 0 when it could not be run.
  pid_t pid() const { return pid_; }
  bool ended() const { return ended_; }
  // Nothing when it has ended.
  void Signal(int signal) const;
  // How it ended; called once.
  absl::StatusOr<ProcessResult> Wait();

 private:
  std::atomic<bool> ended_ = false;
  pid_t pid_ = 0;
  absl::StatusOr<ProcessResult> result_;
  std::thread thread_;
};

}  // namespace siphon::testing

#endif  // TESTING_PROCESS_RUNNING_PROCESS_H_
