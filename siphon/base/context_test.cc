// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/context.h"

#include <chrono>
#include <stop_token>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/event.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

using ::std::chrono::hours;
using ::std::chrono::milliseconds;
using ::std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RecordingSink : public EventSink {
 public:
  void Emit(const Event& event) override { events.push_back(event); }
  std::vector<Event::Kind> kinds() const {
    std::vector<Event::Kind> kinds;
    for (const Event& event : events) kinds.push_back(event.kind);
    return kinds;
  }
  std::vector<Event> events;
};

TEST(ContextTest, DefaultNeverStops) {
  const Context context;
  EXPECT_OK(context.Check());
  EXPECT_FALSE(context.Stopped());
  EXPECT_OK(context.Sleep(milliseconds(1)));
  context.Message("stage", "goes nowhere");
}

TEST(ContextTest, EventsOfAJobCarryItsNameAndItsDump) {
  RecordingSink sink;
  const Context context({}, &sink);
  context.SetDump("nowhere");
  context.Message("stage", "of no job");
  const Context job = context.WithJob("backup prod");
  const Context copy = job.WithStop({});
  Stage stage(job, "backup");
  copy.SetDump("01M");
  EXPECT_OK(stage.Finish(absl::OkStatus()));
  context.WithJob("backup other").Message("stage", "of another job");
  ASSERT_EQ(sink.events.size(), 4u);
  EXPECT_EQ(sink.events[0].job + "," + sink.events[0].dump, ",");
  EXPECT_EQ(sink.events[1].job + "," + sink.events[1].dump, "backup prod,");
  EXPECT_EQ(sink.events[2].job + "," + sink.events[2].dump, "backup prod,01M");
  EXPECT_EQ(sink.events[3].job + "," + sink.events[3].dump, "backup other,");
}

TEST(ContextTest, StopMakesCheckReturnCancelled) {
  std::stop_source stop;
  const Context context(stop.get_token(), nullptr);
  EXPECT_OK(context.Check());
  stop.request_stop();
  EXPECT_THAT(context.Check(), StatusIs(errs::kCancelled));
  EXPECT_THAT(context.Check(), HasExitCode(errs::Code::kCancelled));
}

TEST(ContextTest, PassedDeadlineIsCancelledAndSaysSo) {
  const Context context = Context().WithDeadline(steady_clock::now() - milliseconds(1));
  EXPECT_THAT(context.Check(), StatusIs(errs::kCancelled, HasSubstr("deadline exceeded")));
  EXPECT_OK(Context().WithDeadline(steady_clock::now() + hours(1)).Check());
}

TEST(ContextTest, WithStopReplacesTheToken) {
  std::stop_source outer, inner;
  const Context context = Context(outer.get_token(), nullptr).WithStop(inner.get_token());
  outer.request_stop();
  EXPECT_OK(context.Check());
  inner.request_stop();
  EXPECT_THAT(context.Check(), StatusIs(errs::kCancelled));
}

TEST(ContextTest, SleepWakesWhenStopped) {
  std::stop_source stop;
  const Context context(stop.get_token(), nullptr);
  const auto before = steady_clock::now();
  std::jthread stopper([&stop] {
    std::this_thread::sleep_for(milliseconds(20));
    stop.request_stop();
  });
  EXPECT_THAT(context.Sleep(hours(1)), StatusIs(errs::kCancelled));
  EXPECT_LT(steady_clock::now() - before, std::chrono::seconds(30));
}

TEST(ContextTest, SleepEndsAtTheDeadline) {
  const Context context = Context().WithDeadline(steady_clock::now() + milliseconds(10));
  EXPECT_THAT(context.Sleep(std::chrono::nanoseconds::max()), StatusIs(errs::kCancelled));
}

TEST(ContextTest, SleepReturnsOkAfterItsTime) {
  const auto before = steady_clock::now();
  EXPECT_OK(Context().Sleep(milliseconds(15)));
  EXPECT_GE(steady_clock::now() - before, milliseconds(15));
}

TEST(ContextTest, MessagesReachTheSink) {
  RecordingSink sink;
  const Context context(std::stop_token(), &sink);
  context.Message("backup", "hello");
  context.Warn("backup", "careful");
  context.Detail("backup", "table t");
  ASSERT_THAT(sink.kinds(),
              ElementsAre(Event::Kind::kMessage, Event::Kind::kWarning, Event::Kind::kDetail));
  EXPECT_EQ(sink.events[0].stage, "backup");
  EXPECT_EQ(sink.events[1].message, "careful");
  EXPECT_EQ(sink.events[2].message, "table t");
}

TEST(StageTest, DoneCarriesBytesAndTime) {
  RecordingSink sink;
  const Context context(std::stop_token(), &sink);
  Stage stage(context, "backup");
  stage.SetTotal(100);
  stage.Progress(42);
  EXPECT_OK(stage.Finish(absl::OkStatus()));
  ASSERT_THAT(sink.kinds(), ElementsAre(Event::Kind::kStarted, Event::Kind::kDone));
  EXPECT_EQ(sink.events[1].stage, "backup");
  EXPECT_EQ(sink.events[1].bytes, 42u);
  EXPECT_EQ(sink.events[1].total_bytes, 100u);
  EXPECT_GT(sink.events[1].elapsed.count(), 0);
}

TEST(StageTest, ProgressIsAtMostTenASecond) {
  RecordingSink sink;
  const Context context(std::stop_token(), &sink);
  Stage stage(context, "backup");
  const auto before = steady_clock::now();
  uint64_t bytes = 0;
  while (steady_clock::now() - before < milliseconds(350)) stage.Progress(++bytes);
  const auto tenths = (steady_clock::now() - before) / milliseconds(100);
  EXPECT_OK(stage.Finish(absl::OkStatus()));
  const auto progress = static_cast<int64_t>(sink.events.size()) - 2;
  EXPECT_GE(progress, 1);
  EXPECT_LE(progress, tenths);
  EXPECT_EQ(sink.events.back().bytes, bytes);
}

TEST(StageTest, TheFillAndTheTableBelongToProgressAlone) {
  RecordingSink sink;
  const Context context(std::stop_token(), &sink);
  Stage stage(context, "sync");
  EXPECT_OK(context.Sleep(milliseconds(110)));
  stage.SetFill(120);
  stage.SetTable("orders");
  stage.Progress(1);
  EXPECT_OK(stage.Finish(absl::OkStatus()));
  ASSERT_THAT(sink.kinds(),
              ElementsAre(Event::Kind::kStarted, Event::Kind::kProgress, Event::Kind::kDone));
  EXPECT_EQ(sink.events[1].fill_percent, 100);
  EXPECT_EQ(sink.events[2].fill_percent, std::nullopt);
  EXPECT_EQ(sink.events[1].table, "orders");
  EXPECT_EQ(sink.events[2].table, "");
}

TEST(StageTest, FailureIsReportedOnOneLineAndReturned) {
  RecordingSink sink;
  const Context context(std::stop_token(), &sink);
  Stage stage(context, "backup");
  EXPECT_THAT(stage.Finish(errs::SystemError("op", errs::kIo, "two\nlines")), StatusIs(errs::kIo));
  ASSERT_THAT(sink.kinds(), ElementsAre(Event::Kind::kStarted, Event::Kind::kFailed));
  EXPECT_EQ(sink.events[1].message, "input/output error: two lines");
}

TEST(StageTest, CancellationIsNoFailure) {
  RecordingSink sink;
  std::stop_source stop;
  const Context context(stop.get_token(), &sink);
  Stage stage(context, "backup");
  stop.request_stop();
  EXPECT_THAT(stage.Finish(context.Check()), StatusIs(errs::kCancelled));
  EXPECT_THAT(sink.kinds(), ElementsAre(Event::Kind::kStarted, Event::Kind::kCancelled));
}

TEST(StageTest, DestructionWithoutFinishCounts) {
  RecordingSink sink;
  std::stop_source stop;
  const Context context(stop.get_token(), &sink);
  { const Stage stage(context, "failed"); }
  stop.request_stop();
  { const Stage stage(context, "cancelled"); }
  EXPECT_THAT(sink.kinds(), ElementsAre(Event::Kind::kStarted, Event::Kind::kFailed,
                                        Event::Kind::kStarted, Event::Kind::kCancelled));
}

TEST(StageTest, SecondFinishEmitsNothing) {
  RecordingSink sink;
  Stage stage(Context(std::stop_token(), &sink), "backup");
  EXPECT_OK(stage.Finish(absl::OkStatus()));
  sink.events.clear();
  EXPECT_OK(stage.Finish(absl::OkStatus()));
  EXPECT_THAT(sink.events, IsEmpty());
}

}  // namespace
}  // namespace siphon::base
