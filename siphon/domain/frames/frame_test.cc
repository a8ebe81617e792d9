// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/frame.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::frames {
namespace {

using ::testing::HasSubstr;

Frame Valid() {
  Frame frame;
  frame.item = 7;
  frame.rows = 10;
  frame.raw = 1000;
  frame.packed = 300;
  return frame;
}

// A frame at this place.
Frame At(uint32_t item, uint64_t part, uint64_t number, std::string_view ends = "") {
  Frame frame = Valid();
  frame.item = item;
  frame.part = part;
  frame.number = number;
  frame.ends_part = ends == "part" || ends == "item";
  frame.ends_item = ends == "item";
  return frame;
}

TEST(FrameTest, TheDigestIsSha256) {
  EXPECT_EQ(ToHex(DigestOf("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(CheckFrameTest, AcceptsFactsThatAgree) {
  EXPECT_OK(CheckFrame(Valid(), "here"));
  Frame empty = Valid();
  empty.rows = empty.raw = 0;
  empty.packed = 13;
  EXPECT_OK(CheckFrame(empty, "here"));
  Frame largest = Valid();
  largest.raw = kMaxRaw;
  largest.packed = PackedLimit(kMaxRaw);
  EXPECT_OK(CheckFrame(largest, "here"));
}

TEST(CheckFrameTest, RefusesFactsThatContradictOneAnother) {
  const std::vector<std::pair<std::function<void(Frame&)>, std::string>> changes = {
      {[](Frame& f) { f.content = static_cast<Content>('x'); }, "here: unknown content 120"},
      {[](Frame& f) { f.content = static_cast<Content>('\xFF'); }, "unknown content 255"},
      {[](Frame& f) { f.raw = kMaxRaw + 1; }, "8388609 bytes before compression"},
      {[](Frame& f) { f.raw = ~uint64_t{0}; }, "18446744073709551615 bytes before compression"},
      {[](Frame& f) { f.packed = 0; }, "a frame of 0 bytes"},
      {[](Frame& f) { f.packed = PackedLimit(f.raw) + 1; }, "1520 bytes for 1000 before"},
      {[](Frame& f) { f.rows = 1001; }, "1001 rows in 1000 bytes"},
      {[](Frame& f) { f.ends_item = true; }, "ends its item but not its part"},
      {[](Frame& f) { f.ends_part = f.splits_row = true; }, "ends its part within a row"},
      {[](Frame& f) { f.stored = true; }, "300 bytes of 1000 that are not compressed"},
  };
  for (const auto& [change, message] : changes) {
    Frame frame = Valid();
    change(frame);
    EXPECT_THAT(CheckFrame(frame, "here"), StatusIs(errs::kIntegrity, HasSubstr(message)));
  }
}

TEST(SequenceTest, FramesFollowOneAnother) {
  Sequence sequence;
  EXPECT_OK(sequence.End());
  EXPECT_OK(sequence.Next(At(9, 0, 0)));
  EXPECT_THAT(sequence.End(), StatusIs(errs::kIntegrity, HasSubstr("does not end its item")));
  EXPECT_OK(sequence.Next(At(9, 0, 1, "part")));
  EXPECT_OK(sequence.Next(At(9, 1, 0, "part")));
  EXPECT_OK(sequence.Next(At(9, 2, 0)));
  EXPECT_OK(sequence.Next(At(9, 2, 1, "item")));
  EXPECT_OK(sequence.End());
  EXPECT_OK(sequence.Next(At(3, 0, 0, "item")));
  EXPECT_OK(sequence.Next(At(4, 0, 0, "item")));
  EXPECT_OK(sequence.End());
}

TEST(SequenceTest, RefusesFramesThatAreMissingDoubledOrSwapped) {
  const std::vector<std::pair<std::vector<Frame>, std::string>> cases = {
      {{At(9, 0, 1)}, "frame 1 of part 0 of item 9 cannot be the first frame"},
      {{At(9, 1, 0)}, "cannot be the first frame"},
      {{At(9, 0, 0), At(9, 0, 2)}, "frame 2 of part 0 of item 9 cannot follow frame 0 of part 0"},
      {{At(9, 0, 0), At(9, 0, 0)}, "cannot follow"},
      {{At(9, 0, 0), At(9, 1, 0)}, "cannot follow"},
      {{At(9, 0, 0), At(8, 0, 0)}, "cannot follow"},
      {{At(9, 0, 0, "part"), At(9, 0, 1)}, "cannot follow"},
      {{At(9, 0, 0, "part"), At(9, 2, 0)}, "cannot follow"},
      {{At(9, 0, 0, "part"), At(9, 1, 1)}, "cannot follow"},
      {{At(9, 0, 0, "part"), At(8, 0, 0)}, "cannot follow"},
      {{At(9, 0, 0, "item"), At(9, 1, 0)}, "cannot follow"},
      {{At(9, 0, 0, "item"), At(9, 0, 0)}, "cannot follow"},
      {{At(9, 0, 0, "item"), At(8, 0, 1)}, "cannot follow"},
      {{At(9, 0, 0, "item"), At(8, 0, 0, "item"), At(9, 0, 0)}, "cannot follow"},
  };
  for (const auto& [frames, message] : cases) {
    Sequence sequence;
    for (size_t i = 0; i + 1 < frames.size(); ++i) EXPECT_OK(sequence.Next(frames[i]));
    EXPECT_THAT(sequence.Next(frames.back()), StatusIs(errs::kIntegrity, HasSubstr(message)));
  }
}

TEST(SequenceTest, AnItemHasOneContent) {
  Sequence sequence;
  EXPECT_OK(sequence.Next(At(9, 0, 0)));
  Frame other = At(9, 0, 1);
  other.content = Content::kPages;
  EXPECT_THAT(sequence.Next(other), StatusIs(errs::kIntegrity));
}

}  // namespace
}  // namespace siphon::frames
