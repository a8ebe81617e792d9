// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/frame_check.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/frames/body_fixture.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/frame_scan.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/frames/index_builder.h"
#include "siphon/domain/frames/index_reader.h"
#include "testing/status_matchers.h"

namespace siphon::frames {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

absl::StatusOr<FrameTotals> Check(std::string_view body, int workers = 2,
                                  const base::Context& context = base::Context(),
                                  const BodyLayout& layout = BodyLayout()) {
  const base::RandomAccessString source(body);
  const absl::StatusOr<IndexReader> index =
      IndexReader::Open(base::Context(), &source, layout, std::nullopt);
  if (!index.ok()) return index.status();
  return CheckFrames(context, source, *index, layout, workers, [](uint64_t) {});
}

std::vector<FrameScan::Found> FramesOf(std::string_view body) {
  const base::RandomAccessString source(body);
  FrameScan scan(&source, 0);
  std::vector<FrameScan::Found> frames;
  while (true) {
    const auto found = scan.Next(base::Context());
    if (!found.ok() || !found->has_value()) return frames;
    frames.push_back(**found);
  }
}

// The first `size` bytes of `body`, with an index of these frames.
std::string WithIndex(std::string_view body, size_t size,
                      const std::vector<FrameScan::Found>& frames,
                      uint64_t archive = kSampleArchive) {
  IndexBuilder builder(archive);
  for (const FrameScan::Found& found : frames) EXPECT_OK(builder.Add(found.entry, found.name));
  absl::StatusOr<IndexEnd> end = EncodeIndexEnd(builder, BodyLayout(), size);
  EXPECT_OK(end);
  return absl::StrCat(body.substr(0, size), end.ok() ? end->bytes : "");
}

TEST(CheckFramesTest, AcceptsABodyAndCountsIt) {
  const std::vector<SampleItem> items = SampleItems();
  const std::string body = BodyOf(items);
  uint64_t rows = 0;
  for (const SampleItem& item : items) {
    for (const Rows& part : item.parts) rows += part.size();
  }
  const FrameTotals expected{FramesOf(body).size(), rows, RowsOf(items).size()};
  for (const int workers : {1, 2, 7}) {
    EXPECT_THAT(Check(body, workers), IsOkAndHolds(expected)) << workers;
  }
  EXPECT_THAT(Check(BodyOf({})), IsOkAndHolds(FrameTotals()));
}

TEST(CheckFramesTest, PagesMayLieBetweenFrames) {
  const std::string body = BodyOf({LargeItem(2, "large", 4000, 1), LargeItem(3, "c", 1, 9)});
  EXPECT_THAT(Check(body), IsOk());
}

TEST(CheckFramesTest, ReportsHowFarItIs) {
  const std::string body = BodyOf(SampleItems());
  const base::RandomAccessString source(body);
  ASSERT_OK_AND_ASSIGN(const IndexReader index,
                       IndexReader::Open(base::Context(), &source, BodyLayout(), std::nullopt));
  std::vector<uint64_t> offsets;
  ASSERT_OK(CheckFrames(base::Context(), source, index, BodyLayout(), 3,
                        [&](uint64_t offset) { offsets.push_back(offset); }));
  EXPECT_THAT(offsets, ::testing::WhenSorted(::testing::ContainerEq(offsets)));
  EXPECT_EQ(offsets.front(), 0u);
  EXPECT_EQ(offsets.back(), index.offset());
}

TEST(CheckFramesTest, RefusesEveryChangedByte) {
  const std::string body = BodyOf({LargeItem(1, "t", 2, 100), {2, "u", {{"end\n"}}}});
  for (size_t at = 0; at < body.size(); ++at) {
    std::string changed = body;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    EXPECT_THAT(Check(changed),
                AllOf(StatusIs(errs::kIntegrity), HasExitCode(errs::Code::kIntegrity)))
        << at;
  }
}

TEST(CheckFramesTest, KnowsTheBytesOfAFormat) {
  const MarkingLayout layout;
  const auto check = [&](const std::string& body) {
    return Check(body, 2, base::Context(), layout);
  };
  EXPECT_THAT(check(BodyOf(SampleItems(), layout)), IsOk());
  EXPECT_THAT(check(BodyOf({}, layout)), IsOk());
  EXPECT_THAT(check(BodyOf({LargeItem(2, "large", 4000, 1), LargeItem(3, "c", 1, 9)}, layout)),
              IsOk());
  const std::string body = BodyOf({LargeItem(1, "t", 2, 20), {2, "u", {{"end\n"}}}}, layout);
  EXPECT_THAT(Check(body), StatusIs(errs::kIntegrity)) << "it is no plain stream";
  for (size_t at = 0; at < body.size(); ++at) {
    std::string changed = body;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    EXPECT_THAT(check(changed), StatusIs(errs::kIntegrity)) << at;
  }
}

TEST(CheckFramesTest, RefusesFramesThatTheIndexDoesNotName) {
  const std::string body = BodyOf(SampleItems());
  std::vector<FrameScan::Found> frames = FramesOf(body);
  const size_t size = frames.back().entry.end();
  EXPECT_THAT(Check(WithIndex(body, size, frames)), IsOk());
  // The last item, which is one frame; then the first.
  std::vector<FrameScan::Found> some(frames.begin(), frames.end() - 1);
  EXPECT_THAT(Check(WithIndex(body, size, some)),
              StatusIs(errs::kIntegrity, HasSubstr("bytes that the index does not name")));
  some.clear();
  for (const FrameScan::Found& found : frames) {
    if (found.entry.frame.item != 17) some.push_back(found);
  }
  EXPECT_THAT(Check(WithIndex(body, size, some)),
              StatusIs(errs::kIntegrity, HasSubstr("body at offset 0: ")));
}

TEST(CheckFramesTest, RefusesAnIndexThatLies) {
  const std::string body = BodyOf({{1, "a", {{"one\n"}, {"two\n"}}}, {2, "b", {{"three\n"}}}});
  const std::vector<FrameScan::Found> frames = FramesOf(body);
  const size_t size = frames.back().entry.end();
  const auto with = [&](auto change) {
    std::vector<FrameScan::Found> changed = frames;
    change(changed[1]);
    return Check(WithIndex(body, size, changed));
  };
  EXPECT_THAT(with([](FrameScan::Found&) {}), IsOk());
  EXPECT_THAT(with([](FrameScan::Found& found) { ++found.entry.frame.rows; }),
              StatusIs(errs::kIntegrity, HasSubstr("differs in size, rows or hash")));
  EXPECT_THAT(with([](FrameScan::Found& found) { ++found.entry.frame.raw; }),
              StatusIs(errs::kIntegrity, HasSubstr("differs in size, rows or hash")));
  EXPECT_THAT(with([](FrameScan::Found& found) { --found.entry.frame.packed; }),
              StatusIs(errs::kIntegrity));
  EXPECT_THAT(with([](FrameScan::Found& found) { found.entry.frame.sha256[0] ^= 1; }),
              StatusIs(errs::kIntegrity, HasSubstr("differs in size, rows or hash")));
  EXPECT_THAT(with([](FrameScan::Found& found) { found.entry.frame.range = "x"; }),
              StatusIs(errs::kIntegrity, HasSubstr("differs")));
  EXPECT_THAT(with([](FrameScan::Found& found) {
                ++found.entry.offset;
                --found.entry.frame.packed;
              }),
              StatusIs(errs::kIntegrity));
  // The names of two items exchanged.
  std::vector<FrameScan::Found> swapped = frames;
  swapped[0].name = swapped[1].name = "b";
  swapped[2].name = "a";
  EXPECT_THAT(Check(WithIndex(body, size, swapped)), StatusIs(errs::kIntegrity));
  // Frames of another archive.
  EXPECT_THAT(Check(WithIndex(body, size, frames, kSampleArchive + 1)),
              StatusIs(errs::kIntegrity, HasSubstr("belongs to another archive")));
}

TEST(CheckFramesTest, EndsWithItsContext) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(Check(BodyOf(SampleItems()), 2, base::Context(stop.get_token(), nullptr)),
              StatusIs(errs::kCancelled));
}

}  // namespace
}  // namespace siphon::frames
