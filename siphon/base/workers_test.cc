// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/workers.h"

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/barrier.h"
#include "absl/synchronization/mutex.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/event.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::chrono::nanoseconds kLong = std::chrono::hours(1);

ptrdiff_t Threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

absl::Status Failure(std::string_view text) { return errs::SystemError("test", errs::kIo, text); }

TEST(RunWorkersTest, EachWorkerRunsOnceAndTheFirstInTheCallingThread) {
  absl::Mutex mutex;
  std::multiset<int> workers;
  std::set<std::thread::id> threads;
  std::thread::id first;
  EXPECT_OK(RunWorkers(Context(), 4, [&](const Context&, int worker) {
    const absl::MutexLock lock(&mutex);
    workers.insert(worker);
    threads.insert(std::this_thread::get_id());
    if (worker == 0) first = std::this_thread::get_id();
    return absl::OkStatus();
  }));
  EXPECT_THAT(workers, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(threads.size(), 4u);
  EXPECT_EQ(first, std::this_thread::get_id());
}

TEST(RunWorkersTest, OneWorkerNeedsNoThread) {
  const ptrdiff_t before = Threads();
  EXPECT_OK(RunWorkers(Context(), 1, [&](const Context&, int worker) {
    EXPECT_EQ(worker, 0);
    EXPECT_EQ(Threads(), before);
    return absl::OkStatus();
  }));
}

TEST(RunWorkersTest, AllWorkersRunAtOnceAndNoThreadIsLeft) {
  const ptrdiff_t before = Threads();
  std::atomic<int> passed{0};
  auto* all = new absl::Barrier(8);
  EXPECT_OK(RunWorkers(Context(), 8, [&](const Context&, int) {
    const bool last = all->Block();
    ++passed;
    if (last) delete all;
    return absl::OkStatus();
  }));
  EXPECT_EQ(passed, 8);
  EXPECT_EQ(Threads(), before);
}

TEST(RunWorkersTest, TheFirstErrorStopsTheOthersAndIsTheResult) {
  for (const int failing : {0, 1, 3}) {
    std::atomic<int> stopped{0};
    const absl::Status status =
        RunWorkers(Context(), 4, [&](const Context& context, int worker) -> absl::Status {
          if (worker == failing) return Failure("disk is full");
          absl::Status sleep = context.Sleep(kLong);
          stopped += errs::Is(sleep, errs::kCancelled) ? 1 : 0;
          return sleep;
        });
    EXPECT_THAT(status, StatusIs(errs::kIo, HasSubstr("disk is full"))) << failing;
    EXPECT_EQ(stopped, 3) << failing;
  }
}

TEST(RunWorkersTest, AnErrorDoesNotStopTheCallersContext) {
  std::stop_source source;
  const Context context(source.get_token(), nullptr);
  EXPECT_FALSE(
      RunWorkers(context, 2, [](const Context&, int) { return Failure("no space"); }).ok());
  EXPECT_FALSE(source.stop_requested());
  EXPECT_OK(context.Check());
}

TEST(RunWorkersTest, TheCallersStopEndsAllWorkers) {
  std::stop_source source;
  const Context context(source.get_token(), nullptr);
  std::atomic<int> running{0};
  const absl::Status status = RunWorkers(context, 4, [&](const Context& inner, int) {
    if (++running == 4) source.request_stop();
    return inner.Sleep(kLong);
  });
  EXPECT_THAT(status, StatusIs(errs::kCancelled));
}

TEST(RunWorkersTest, AContextThatHasStoppedStopsTheWorkersFromTheBeginning) {
  std::stop_source source;
  source.request_stop();
  const absl::Status status = RunWorkers(Context(source.get_token(), nullptr), 3,
                                         [&](const Context& inner, int) { return inner.Check(); });
  EXPECT_THAT(status, StatusIs(errs::kCancelled));
}

TEST(RunWorkersTest, WorkersHaveTheDeadlineAndTheEventsOfTheContext) {
  class Sink : public EventSink {
   public:
    void Emit(const Event& event) override {
      const absl::MutexLock lock(&mutex_);
      texts_.insert(event.message);
    }
    std::multiset<std::string> texts() {
      const absl::MutexLock lock(&mutex_);
      return texts_;
    }

   private:
    absl::Mutex mutex_;
    std::multiset<std::string> texts_ ABSL_GUARDED_BY(mutex_);
  };
  Sink sink;
  const Context context =
      Context(std::stop_token(), &sink)
          .WithDeadline(std::chrono::steady_clock::now() + std::chrono::milliseconds(20));
  const absl::Status status = RunWorkers(context, 2, [&](const Context& inner, int worker) {
    inner.Message("test", worker == 0 ? "zero" : "one");
    return inner.Sleep(kLong);
  });
  EXPECT_THAT(status, StatusIs(errs::kCancelled, HasSubstr("deadline")));
  EXPECT_THAT(sink.texts(), ElementsAre("one", "zero"));
}

TEST(RunWorkersTest, RefusesACountBelowOne) {
  const auto none = [](const Context&, int) { return absl::OkStatus(); };
  EXPECT_THAT(RunWorkers(Context(), 0, none), StatusIs(errs::kInvalidArgument));
  EXPECT_THAT(RunWorkers(Context(), -1, none), StatusIs(errs::kInvalidArgument));
}

// The default size of stacks during its life.
class StackSize {
 public:
  explicit StackSize(size_t size) {
    pthread_getattr_default_np(&before_);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, size);
    EXPECT_EQ(pthread_setattr_default_np(&attributes), 0);
    pthread_attr_destroy(&attributes);
  }
  ~StackSize() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }

 private:
  pthread_attr_t before_;
};

TEST(RunWorkersTest, AThreadThatCannotStartIsAnError) {
  const ptrdiff_t before = Threads();
  const StackSize impossible(size_t{1} << 47);  // All of the address space.
  std::atomic<bool> ran{false};
  const absl::Status status = RunWorkers(Context(), 3, [&](const Context&, int) {
    ran = true;
    return absl::OkStatus();
  });
  EXPECT_THAT(status, StatusIs(errs::kIo, HasSubstr("cannot start thread 1 of 2")));
  EXPECT_THAT(status, HasHint(HasSubstr("fewer jobs")));
  EXPECT_FALSE(ran);
  EXPECT_EQ(Threads(), before);
}

TEST(RunWorkersTest, WorkersMayRunWorkers) {
  std::atomic<int> runs{0};
  EXPECT_OK(RunWorkers(Context(), 3, [&](const Context& context, int) {
    return RunWorkers(context, 2, [&](const Context&, int) {
      ++runs;
      return absl::OkStatus();
    });
  }));
  EXPECT_EQ(runs, 6);
}

// Races of errors with one another and with a stop from outside, for the thread sanitizer.
TEST(RunWorkersTest, ManyErrorsAndStopsAtOnce) {
  for (int round = 0; round < 200; ++round) {
    std::stop_source source;
    const Context context(source.get_token(), nullptr);
    const absl::Status status =
        RunWorkers(context, 4, [&](const Context& inner, int worker) -> absl::Status {
          if (worker == round % 4) source.request_stop();
          if (worker % 2 == round % 2) return Failure("both");
          return inner.Sleep(kLong);
        });
    EXPECT_FALSE(status.ok());
  }
}

}  // namespace
}  // namespace siphon::base
