// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/pipe.h"

#include <atomic>
#include <chrono>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

using ::std::chrono::milliseconds;
using ::testing::HasSubstr;

std::string Pattern(size_t size) {
  std::string data(size, '\0');
  for (size_t i = 0; i < size; ++i) data[i] = static_cast<char>(i * 131 + i / 251);
  return data;
}

TEST(PipeTest, BytesArriveInOrderWhateverTheSizes) {
  const std::string data = Pattern(1'000'003);
  for (const size_t capacity : {size_t{1}, size_t{7}, size_t{4096}, size_t{2'000'000}}) {
    const std::string_view part =
        std::string_view(data).substr(0, capacity < 100 ? 5003 : 1'000'003);
    Pipe pipe(Context(), capacity);
    std::jthread writer([&] {
      size_t size = 1;
      for (size_t at = 0; at < part.size(); at += size, size = size % 9000 + 37) {
        EXPECT_OK(pipe.writer().Write(part.substr(at, size)));
        EXPECT_LE(pipe.fill(), capacity);
      }
      EXPECT_OK(pipe.writer().Finish());
    });
    std::string read;
    std::vector<char> buffer(977);
    while (true) {
      ASSERT_OK_AND_ASSIGN(const size_t count, pipe.reader().Read(absl::MakeSpan(buffer)));
      if (count == 0) break;
      read.append(buffer.data(), count);
    }
    EXPECT_EQ(read, part) << capacity;
    EXPECT_THAT(pipe.reader().Read(absl::MakeSpan(buffer)), IsOkAndHolds(0u));
  }
}

TEST(PipeTest, WriterWaitsWhileThePipeIsFull) {
  Pipe pipe(Context(), 4);
  std::atomic<bool> written{false};
  std::jthread writer([&] {
    EXPECT_OK(pipe.writer().Write("123456"));
    written = true;
    EXPECT_OK(pipe.writer().Finish());
  });
  while (pipe.fill() < 4) std::this_thread::yield();
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_FALSE(written);
  EXPECT_EQ(pipe.fill(), 4u);
  EXPECT_THAT(ReadAll(pipe.reader(), 100), IsOkAndHolds(std::string("123456")));
}

TEST(PipeTest, EmptyWritesAndAnEmptyStreamAreFine) {
  Pipe pipe(Context(), 4);
  EXPECT_OK(pipe.writer().Write("1234"));
  EXPECT_OK(pipe.writer().Write(""));
  EXPECT_OK(pipe.writer().Finish());
  EXPECT_THAT(ReadAll(pipe.reader(), 100), IsOkAndHolds(std::string("1234")));
  Pipe empty(Context(), 4);
  EXPECT_OK(empty.writer().Finish());
  EXPECT_THAT(ReadAll(empty.reader(), 100), IsOkAndHolds(std::string()));
}

TEST(PipeTest, StopWakesAWaitingReader) {
  std::stop_source stop;
  Pipe pipe(Context(stop.get_token(), nullptr), 4);
  std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(20));
    stop.request_stop();
  });
  char buffer[4];
  EXPECT_THAT(pipe.reader().Read(absl::MakeSpan(buffer)), StatusIs(errs::kCancelled));
}

TEST(PipeTest, StopWakesAWaitingWriter) {
  std::stop_source stop;
  Pipe pipe(Context(stop.get_token(), nullptr), 4);
  std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(20));
    stop.request_stop();
  });
  EXPECT_THAT(pipe.writer().Write("12345"), StatusIs(errs::kCancelled));
}

TEST(PipeTest, DeadlineWakesAWaitingReader) {
  const auto deadline = std::chrono::steady_clock::now() + milliseconds(20);
  Pipe pipe(Context().WithDeadline(deadline), 4);
  char buffer[4];
  EXPECT_THAT(pipe.reader().Read(absl::MakeSpan(buffer)),
              StatusIs(errs::kCancelled, HasSubstr("deadline")));
}

TEST(PipeTest, AbortReachesBothSidesAndDropsWhatWaits) {
  Pipe pipe(Context(), 4);
  std::jthread aborter([&] {
    while (pipe.fill() < 4) std::this_thread::yield();
    pipe.Abort(errs::SystemError("restore", errs::kDatabase, "lost connection"));
    pipe.Abort(errs::SystemError("restore", errs::kIo, "a later reason"));
  });
  EXPECT_THAT(pipe.writer().Write("123456"), StatusIs(errs::kDatabase, HasSubstr("lost")));
  EXPECT_THAT(pipe.writer().Write(""), StatusIs(errs::kDatabase));
  EXPECT_THAT(pipe.writer().Finish(), StatusIs(errs::kDatabase));
  char buffer[4];
  EXPECT_THAT(pipe.reader().Read(absl::MakeSpan(buffer)), StatusIs(errs::kDatabase));
  EXPECT_EQ(pipe.fill(), 0u);
}

TEST(PipeTest, AbortWakesAWaitingReader) {
  Pipe pipe(Context(), 4);
  std::jthread aborter([&] {
    std::this_thread::sleep_for(milliseconds(20));
    pipe.Abort(absl::OkStatus());
  });
  char buffer[4];
  EXPECT_THAT(pipe.reader().Read(absl::MakeSpan(buffer)),
              StatusIs(errs::kInternal, HasSubstr("without a reason")));
}

TEST(PipeTest, WritingAfterTheEndIsRefused) {
  Pipe pipe(Context(), 4);
  EXPECT_OK(pipe.writer().Finish());
  EXPECT_THAT(pipe.writer().Write("x"), StatusIs(errs::kInternal));
  EXPECT_THAT(pipe.writer().Finish(), StatusIs(errs::kInternal));
}

}  // namespace
}  // namespace siphon::base
