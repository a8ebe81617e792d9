// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/stream_reader.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/io.h"
#include "siphon/domain/frames/body_fixture.h"
#include "siphon/domain/frames/body_layout.h"
#include "testing/status_matchers.h"

namespace siphon::frames {
namespace {

using ::testing::HasSubstr;

// What the reader returns, read in pieces of this size.
absl::StatusOr<std::string> ReadStream(std::string_view body, size_t piece = 1000) {
  base::StringReader source(body);
  absl::StatusOr<std::unique_ptr<StreamReader>> reader = StreamReader::Create(&source);
  if (!reader.ok()) return reader.status();
  std::string out;
  std::string buffer(piece, '\0');
  while (true) {
    const absl::StatusOr<size_t> count = (*reader)->Read(absl::MakeSpan(buffer));
    if (!count.ok()) return count.status();
    if (*count == 0) return out;
    out.append(buffer, 0, *count);
  }
}

std::string BodyOfArchive(const std::vector<SampleItem>& items, uint64_t archive) {
  base::StringWriter sink;
  EXPECT_OK(WriteItems(items, BodyLayout(), sink, {.archive = archive}));
  return sink.data();
}

TEST(StreamReaderTest, ReturnsWhatZstdWould) {
  const std::vector<SampleItem> items = SampleItems();
  const std::string body = BodyOf(items);
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{100'000}}) {
    EXPECT_THAT(ReadStream(body, piece), IsOkAndHolds(RowsOf(items)));
  }
  EXPECT_THAT(ReadStream(BodyOf({})), IsOkAndHolds(""));
}

TEST(StreamReaderTest, SkipsPagesBetweenFrames) {
  const std::vector<SampleItem> items = {LargeItem(2, "large", 4000, 1), LargeItem(3, "c", 1, 9)};
  EXPECT_THAT(ReadStream(BodyOf(items)), IsOkAndHolds(RowsOf(items)));
}

TEST(StreamReaderTest, EveryChangedByteIsRefused) {
  const std::string body = BodyOf({LargeItem(1, "t", 2, 50), {2, "u", {{"end\n"}}}});
  for (size_t at = 0; at < body.size(); ++at) {
    std::string changed = body;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    EXPECT_THAT(ReadStream(changed), StatusIs(errs::kIntegrity)) << at;
  }
}

TEST(StreamReaderTest, TheIndexNamesExactlyTheFramesThatWereRead) {
  const SampleItem a{1, "a", {{"one\n"}, {"two\n"}}};
  const SampleItem b{2, "b", {{"three\n"}}};
  const std::string whole = BodyOf({a, b});
  // The frames of one body with the index of another one, whose offsets are right for them.
  const auto with_index_of = [](const std::string& frames, const std::string& index) {
    const auto end = [](const std::string& body) { return body.find("SIPHPAG1") - 8; };
    return frames.substr(0, end(frames)) + index.substr(end(index));
  };
  EXPECT_THAT(ReadStream(with_index_of(whole, whole)), IsOkAndHolds("one\ntwo\nthree\n"));
  const std::string other = BodyOf({a, {2, "c", {{"three\n"}}}});
  ASSERT_EQ(other.size(), whole.size());
  EXPECT_THAT(ReadStream(with_index_of(other, whole)),
              StatusIs(errs::kIntegrity, HasSubstr("item 2 (c) differs from the index")));
  const std::string foreign = BodyOfArchive({a, b}, kSampleArchive + 1);
  ASSERT_EQ(foreign.size(), whole.size());
  EXPECT_THAT(ReadStream(with_index_of(foreign, whole)),
              StatusIs(errs::kIntegrity, HasSubstr("the index belongs to another archive")));
}

TEST(StreamReaderTest, EveryTruncationIsRefused) {
  const std::string body = BodyOf({LargeItem(1, "t", 2, 50)});
  for (size_t size = 0; size < body.size(); ++size) {
    EXPECT_THAT(ReadStream(body.substr(0, size)), StatusIs(errs::kIntegrity)) << size;
  }
  EXPECT_THAT(ReadStream(body + "x"),
              StatusIs(errs::kIntegrity, HasSubstr("bytes follow the index")));
  EXPECT_THAT(ReadStream(body + body), StatusIs(errs::kIntegrity));
}

TEST(StreamReaderTest, OtherFramesAreRefused) {
  const std::string a = BodyOfArchive({{1, "a", {{"one\n"}}}}, 1);
  const std::string b = BodyOfArchive({{2, "b", {{"two\n"}}}}, 2);
  const std::string same = BodyOfArchive({{2, "b", {{"two\n"}}}}, 1);
  const auto frame = [](const std::string& body) {
    const size_t page = body.find("SIPHPAG1");
    return body.substr(0, page - 8);
  };
  const std::string index = a.substr(frame(a).size());
  EXPECT_THAT(ReadStream(frame(a) + frame(same) + index), StatusIs(errs::kIntegrity));
  EXPECT_THAT(ReadStream(frame(a) + frame(b) + index),
              StatusIs(errs::kIntegrity, HasSubstr("belongs to another archive")));
  EXPECT_THAT(ReadStream(frame(a) + frame(a) + index),
              StatusIs(errs::kIntegrity, HasSubstr("cannot follow")));
  EXPECT_THAT(ReadStream("plain text that is no frame"), StatusIs(errs::kIntegrity));
  EXPECT_THAT(ReadStream(BodyOf({{1, "a", {{"one\n"}}}}, MarkingLayout())),
              StatusIs(errs::kIntegrity));
  std::string changed = a;
  changed[frame(a).size() - 1] = '?';
  EXPECT_THAT(ReadStream(changed),
              StatusIs(errs::kIntegrity, HasSubstr("(a) at offset 117: its SHA-256 differs")));
}

TEST(StreamReaderTest, AnErrorOfTheSourceIsPassedOn) {
  class Failing : public base::Reader {
   public:
    absl::StatusOr<size_t> Read(absl::Span<char>) override {
      return errs::SystemError("test", errs::kIo, "the disk has gone");
    }
  };
  Failing source;
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<StreamReader> reader, StreamReader::Create(&source));
  char out = 0;
  EXPECT_THAT(reader->Read(absl::MakeSpan(&out, 1)), StatusIs(errs::kIo));
  EXPECT_THAT(reader->Read(absl::MakeSpan(&out, 1)), StatusIs(errs::kIo));
}

}  // namespace
}  // namespace siphon::frames
