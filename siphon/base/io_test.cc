// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/io.h"

#include <algorithm>
#include <string>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::base {
namespace {

using ::testing::HasSubstr;

// Hands out a few bytes at a time, then fails or ends.
class TrickleReader : public Reader {
 public:
  TrickleReader(std::string_view data, absl::Status end) : rest_(data), end_(std::move(end)) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    if (rest_.size() == 0 && !end_.ok()) return end_;
    return rest_.Read(out.first(std::min<size_t>(out.size(), 3)));
  }

 private:
  class Rest : public StringReader {
   public:
    explicit Rest(std::string_view data) : StringReader(data), size_(data.size()) {}
    absl::StatusOr<size_t> Read(absl::Span<char> out) override {
      absl::StatusOr<size_t> count = StringReader::Read(out);
      size_ -= *count;
      return count;
    }
    size_t size() const { return size_; }

   private:
    size_t size_;
  };
  Rest rest_;
  absl::Status end_;
};

class FailingWriter : public Writer {
 public:
  absl::Status Write(std::string_view) override {
    return errs::SystemError("test", errs::kIo, "disk full");
  }
  absl::Status Finish() override { return errs::SystemError("test", errs::kIo, "not finished"); }
};

TEST(IoTest, ReadFullJoinsShortReadsAndStopsAtTheEnd) {
  char buffer[8];
  TrickleReader reader("0123456789", absl::OkStatus());
  EXPECT_THAT(ReadFull(reader, absl::MakeSpan(buffer)), IsOkAndHolds(8u));
  EXPECT_EQ(std::string(buffer, 8), "01234567");
  EXPECT_THAT(ReadFull(reader, absl::MakeSpan(buffer)), IsOkAndHolds(2u));
  EXPECT_THAT(ReadFull(reader, absl::MakeSpan(buffer)), IsOkAndHolds(0u));
}

TEST(IoTest, ReadFullPassesOnFailures) {
  char buffer[8];
  TrickleReader reader("01234", errs::SystemError("test", errs::kIo, "torn"));
  EXPECT_THAT(ReadFull(reader, absl::MakeSpan(buffer)), StatusIs(errs::kIo, HasSubstr("torn")));
}

TEST(IoTest, ReadAllTakesUpToTheLimit) {
  TrickleReader exact("0123456789", absl::OkStatus());
  EXPECT_THAT(ReadAll(exact, 10), IsOkAndHolds(std::string("0123456789")));
  StringReader empty("");
  EXPECT_THAT(ReadAll(empty, 0), IsOkAndHolds(std::string()));
}

TEST(IoTest, ReadAllRefusesMoreThanTheLimit) {
  TrickleReader trickle("0123456789", absl::OkStatus());
  EXPECT_THAT(ReadAll(trickle, 9), StatusIs(errs::kIo, HasSubstr("longer than 9 bytes")));
  StringReader one("x");
  EXPECT_THAT(ReadAll(one, 0), HasExitCode(errs::Code::kUser));
}

TEST(IoTest, CopyMovesEverythingAndDoesNotFinish) {
  const std::string data(3 * kCopyBufferSize + 17, 'x');
  StringReader reader(data);
  StringWriter writer;
  CountingWriter counting(&writer);
  EXPECT_THAT(Copy(reader, counting), IsOkAndHolds(data.size()));
  EXPECT_EQ(writer.data(), data);
  EXPECT_EQ(counting.count(), data.size());
}

TEST(IoTest, CopyPassesOnFailuresOfEitherSide) {
  StringReader reader("data");
  FailingWriter broken;
  EXPECT_THAT(Copy(reader, broken), StatusIs(errs::kIo, HasSubstr("disk full")));
  TrickleReader torn("data", errs::SystemError("test", errs::kIo, "torn"));
  StringWriter writer;
  EXPECT_THAT(Copy(torn, writer), StatusIs(errs::kIo, HasSubstr("torn")));
}

TEST(IoTest, CountingReaderCountsTheBytesRead) {
  StringReader reader("abcdef");
  CountingReader counting(&reader);
  char buffer[4];
  EXPECT_THAT(counting.Read(absl::MakeSpan(buffer)), IsOkAndHolds(4u));
  EXPECT_EQ(counting.count(), 4u);
  EXPECT_THAT(counting.Read(absl::MakeSpan(buffer)), IsOkAndHolds(2u));
  EXPECT_THAT(counting.Read(absl::MakeSpan(buffer)), IsOkAndHolds(0u));
  EXPECT_EQ(counting.count(), 6u);
}

TEST(IoTest, CountingReaderPassesOnFailures) {
  TrickleReader broken("", errs::SystemError("test", errs::kIo, "unplugged"));
  CountingReader counting(&broken);
  char buffer[4];
  EXPECT_THAT(counting.Read(absl::MakeSpan(buffer)), StatusIs(errs::kIo));
  EXPECT_EQ(counting.count(), 0u);
}

TEST(IoTest, CountingWriterCountsOnlyWhatWentThrough) {
  FailingWriter broken;
  CountingWriter counting(&broken);
  EXPECT_THAT(counting.Write("abc"), StatusIs(errs::kIo));
  EXPECT_EQ(counting.count(), 0u);
  EXPECT_THAT(counting.Finish(), StatusIs(errs::kIo, HasSubstr("not finished")));
}

}  // namespace
}  // namespace siphon::base
