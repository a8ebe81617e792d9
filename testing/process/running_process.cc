// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/process/running_process.h"

#include <csignal>
#include <future>
#include <memory>
#include <utility>

namespace siphon::testing {

RunningProcess::RunningProcess(ProcessOptions options) {
  // Shared, as this thread may be on its way before the other one has left set_value().
  auto started = std::make_shared<std::promise<pid_t>>();
  std::future<pid_t> pid = started->get_future();
  thread_ = std::thread([this, started, options = std::move(options)]() mutable {
    bool told = false;
    options.on_start = [&](pid_t value) {
      told = true;
      started->set_value(value);
    };
    result_ = RunProcess(options);
    ended_ = true;
    if (!told) started->set_value(0);
  });
  pid_ = pid.get();
}

RunningProcess::~RunningProcess() {
  if (!thread_.joinable()) return;
  Signal(SIGKILL);
  thread_.join();
}

void RunningProcess::Signal(int signal) const {
  if (pid_ > 0 && !ended_) kill(pid_, signal);
}

absl::StatusOr<ProcessResult> RunningProcess::Wait() {
  thread_.join();
  return std::move(result_);
}

}  // namespace siphon::testing
