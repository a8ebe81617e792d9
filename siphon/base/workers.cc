// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/workers.h"

#include <algorithm>
#include <cstddef>
#include <stop_token>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "errs/error.h"

namespace siphon::base {
namespace {

constexpr std::string_view kOp = "workers";

// Keeps the first error and stops all workers.
class FirstError {
 public:
  explicit FirstError(std::stop_source* stop) : stop_(stop) {}

  void Record(absl::Status status) {
    if (status.ok()) return;
    {
      const absl::MutexLock lock(&mutex_);
      if (!status_.ok()) return;
      status_ = std::move(status);
    }
    // Without the lock, because it runs the callbacks of the stop token.
    stop_->request_stop();
  }

  absl::Status Get() const {
    const absl::MutexLock lock(&mutex_);
    return status_;
  }

 private:
  std::stop_source* stop_;
  mutable absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

int DefaultWorkers() {
  constexpr int kMost = 4;
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMost);
}

absl::Status RunWorkers(const Context& context, int count, WorkerFunction work) {
  if (count < 1) {
    return errs::UserError(kOp, errs::kInvalidArgument, absl::StrCat(count, " workers"),
                           "use at least one");
  }
  std::stop_source stop;
  const std::stop_callback chained(context.stop_token(), [&stop] { stop.request_stop(); });
  const Context inner = context.WithStop(stop.get_token());
  FirstError first(&stop);
  const auto run = [&](int worker) { first.Record(work(inner, worker)); };

  std::vector<std::jthread> threads;  // The destructor waits for them.
  threads.reserve(static_cast<size_t>(count) - 1);
  bool started = true;
  for (int worker = 1; worker < count && started; ++worker) {
    try {
      threads.emplace_back(run, worker);
    } catch (const std::system_error& error) {
      started = false;
      first.Record(
          errs::SystemError(kOp, errs::kIo,
                            absl::StrCat("cannot start thread ", worker, " of ", count - 1, ": ",
                                         error.code().message()),
                            "use fewer jobs, or raise the limit of processes (ulimit -u)"));
    }
  }
  if (started) run(0);
  threads.clear();
  return first.Get();
}

}  // namespace siphon::base
