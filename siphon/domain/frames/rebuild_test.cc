// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/rebuild.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/frames/appender.h"
#include "siphon/domain/frames/body_fixture.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/frame_scan.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/frames/index_reader.h"
#include "testing/status_matchers.h"

namespace siphon::frames {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

absl::StatusOr<Rebuilt> Rebuild(std::string_view body, const BodyLayout& layout = BodyLayout(),
                                uint64_t begin = 0) {
  const base::RandomAccessString source(body);
  return RebuildIndex(base::Context(), source, begin, layout);
}

// The items of an index at the end of a body, after a visit of all frames.
absl::StatusOr<std::vector<std::string>> ItemsOf(std::string_view body, const BodyLayout& layout) {
  const base::RandomAccessString source(body);
  const absl::StatusOr<IndexReader> reader =
      IndexReader::Open(base::Context(), &source, layout, std::nullopt);
  if (!reader.ok()) return reader.status();
  std::vector<std::string> names;
  for (const Item& item : reader->directory().items) {
    names.push_back(item.name);
    const absl::Status status = reader->Visit(base::Context(), item, [&](const Entry& entry) {
      EXPECT_EQ(DigestOf(body.substr(entry.offset, entry.frame.packed)), entry.frame.sha256);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
  }
  return names;
}

std::vector<Entry> EntriesOf(std::string_view body) {
  const base::RandomAccessString source(body);
  FrameScan scan(&source, 0);
  std::vector<Entry> entries;
  while (true) {
    absl::StatusOr<std::optional<FrameScan::Found>> found = scan.Next(base::Context());
    EXPECT_OK(found);
    if (!found.ok() || !found->has_value()) return entries;
    entries.push_back((*found)->entry);
  }
}

std::vector<std::string> NamesOf(const std::vector<BrokenItem>& broken) {
  std::vector<std::string> names;
  for (const BrokenItem& item : broken) names.push_back(item.name);
  return names;
}

// Three items of several frames each.
std::vector<SampleItem> ThreeItems() {
  return {LargeItem(1, "a", 2, 150), LargeItem(2, "b", 2, 150), LargeItem(3, "c", 2, 150)};
}

TEST(RebuildTest, TheIndexOfAWholeBodyIsMadeAgainAsItWas) {
  const MarkingLayout marking;
  const BodyLayout plain;
  for (const BodyLayout* layout : {static_cast<const BodyLayout*>(&marking), &plain}) {
    const std::string body = BodyOf(SampleItems(), *layout);
    ASSERT_OK_AND_ASSIGN(const Rebuilt rebuilt, Rebuild(body, *layout));
    EXPECT_EQ(body.substr(rebuilt.keep), rebuilt.index);
    EXPECT_THAT(rebuilt.losses, IsEmpty());
    EXPECT_THAT(rebuilt.broken, IsEmpty());
    // The same without the old index.
    ASSERT_OK_AND_ASSIGN(const Rebuilt again, Rebuild(body.substr(0, rebuilt.keep), *layout));
    EXPECT_EQ(again.index, rebuilt.index);
    EXPECT_EQ(again.root, rebuilt.root);
  }
}

TEST(RebuildTest, AnIndexOfManyPagesIsMadeAgain) {
  const std::vector<SampleItem> items = {LargeItem(2, "large", 6000, 1), LargeItem(3, "c", 1, 9)};
  const MarkingLayout layout;
  const std::string body = BodyOf(items, layout);
  ASSERT_OK_AND_ASSIGN(const Rebuilt rebuilt, Rebuild(body, layout));
  EXPECT_THAT(rebuilt.losses, IsEmpty());
  EXPECT_GE(rebuilt.directory.pages.size(), 3u);
  EXPECT_THAT(ItemsOf(body.substr(0, rebuilt.keep) + rebuilt.index, layout),
              IsOkAndHolds(ElementsAre("large", "c")));
}

TEST(RebuildTest, TheHeadBecomesAnItem) {
  const std::string head(2'500'000, 'h');
  const std::string body = head + BodyOf(ThreeItems(), MarkingLayout());
  ASSERT_OK_AND_ASSIGN(const Rebuilt rebuilt, Rebuild(body, MarkingLayout(), head.size()));
  ASSERT_THAT(rebuilt.directory.items, SizeIs(4));
  EXPECT_EQ(rebuilt.directory.items[0].end, head.size());
  EXPECT_EQ(rebuilt.directory.items[0].frames, 3u);
  EXPECT_THAT(ItemsOf(body.substr(0, rebuilt.keep) + rebuilt.index, MarkingLayout()),
              IsOkAndHolds(ElementsAre("", "a", "b", "c")));
}

TEST(RebuildTest, ABodyThatIsCutOffAnywhereKeepsItsCompleteItems) {
  const MarkingLayout layout;
  const std::string whole = BodyOf(ThreeItems(), layout);
  ASSERT_OK_AND_ASSIGN(const Rebuilt all, Rebuild(whole, layout));
  for (size_t size = 0; size < whole.size(); size += size < 400 ? 1 : 61) {
    const std::string body = whole.substr(0, size);
    const absl::StatusOr<Rebuilt> rebuilt = Rebuild(body, layout);
    std::vector<std::string> complete;
    for (const Item& item : all.directory.items) {
      if (item.end <= size) complete.push_back(item.name);
    }
    if (!rebuilt.ok()) {
      EXPECT_THAT(rebuilt, StatusIs(errs::kIntegrity, HasSubstr("no frame was found")));
      EXPECT_THAT(complete, IsEmpty()) << size;
      continue;
    }
    EXPECT_THAT(ItemsOf(body.substr(0, rebuilt->keep) + rebuilt->index, layout),
                IsOkAndHolds(complete))
        << size;
    // A frame that is cut off is named.
    if (rebuilt->keep + 300 < size && size < all.keep) {
      EXPECT_THAT(rebuilt->losses, Not(IsEmpty())) << size;
    }
  }
}

TEST(RebuildTest, ADamagedFrameBreaksItsItemAndNoOther) {
  const std::string whole = BodyOf(ThreeItems());
  const std::vector<Entry> entries = EntriesOf(whole);
  for (const Entry& entry : entries) {
    for (const uint64_t at :
         {entry.begin(), entry.begin() + 30, entry.offset - 1, entry.offset, entry.end() - 1}) {
      std::string body = whole;
      body[at] = static_cast<char>(body[at] ^ 0x20);
      ASSERT_OK_AND_ASSIGN(const Rebuilt rebuilt, Rebuild(body));
      const std::string name(1, static_cast<char>('a' + entry.frame.item - 1));
      EXPECT_THAT(NamesOf(rebuilt.broken), ElementsAre(name)) << at;
      EXPECT_THAT(rebuilt.directory.items, SizeIs(2));
      ASSERT_THAT(rebuilt.losses, SizeIs(1)) << at;
      EXPECT_EQ(rebuilt.losses[0].begin, entry.begin());
      EXPECT_THAT(ItemsOf(body.substr(0, rebuilt.keep) + rebuilt.index, BodyLayout()),
                  IsOkAndHolds(SizeIs(2)));
    }
  }
}

TEST(RebuildTest, TheOldDirectoryTellsWhichItemsAreMissing) {
  const std::string whole = BodyOf(ThreeItems());
  ASSERT_OK_AND_ASSIGN(const Rebuilt all, Rebuild(whole));
  EXPECT_TRUE(all.confirmed);
  EXPECT_THAT(all.missing, IsEmpty());
  const std::vector<Entry> entries = EntriesOf(whole);
  uint64_t begin = entries.back().begin();
  for (const Entry& entry : entries) {
    if (entry.frame.item == entries.back().frame.item) begin = std::min(begin, entry.begin());
  }
  // The last item is cut out.
  std::string body = whole;
  body.erase(begin, entries.back().end() - begin);
  ASSERT_OK_AND_ASSIGN(const Rebuilt cut, Rebuild(body));
  EXPECT_THAT(cut.missing, ElementsAre("c"));
  EXPECT_FALSE(cut.confirmed);
  EXPECT_THAT(cut.broken, IsEmpty());
  // Without a directory nobody knows.
  body.resize(begin);
  ASSERT_OK_AND_ASSIGN(const Rebuilt unknown, Rebuild(body));
  EXPECT_THAT(unknown.missing, IsEmpty());
  EXPECT_FALSE(unknown.confirmed);
  // Nor if the directory is another archive's.
  base::StringWriter other;
  ASSERT_OK(WriteItems({{9, "other", {{"x\n"}}}}, BodyLayout(), other, {.archive = 9}));
  ASSERT_OK_AND_ASSIGN(const Rebuilt foreign,
                       Rebuild(body + other.data().substr(other.data().find("SIPHPAG1") - 8)));
  EXPECT_THAT(foreign.missing, IsEmpty());
  EXPECT_FALSE(foreign.confirmed);
}

TEST(RebuildTest, LostBytesCostOnlyTheFrameThatLacksThem) {
  const std::string whole = BodyOf(ThreeItems());
  const std::vector<Entry> entries = EntriesOf(whole);
  // Cut out of the middle of a frame, so that its size leads into the next.
  std::string body = whole;
  body.erase(entries[1].offset + 20, 50);
  ASSERT_OK_AND_ASSIGN(const Rebuilt rebuilt, Rebuild(body));
  ASSERT_THAT(rebuilt.broken, SizeIs(1));
  EXPECT_EQ(rebuilt.broken[0].name, "a");
  uint64_t frames = 0;
  for (const Entry& entry : entries) frames += entry.frame.item == 1 ? 1 : 0;
  EXPECT_EQ(rebuilt.broken[0].frames, frames - 1);
  EXPECT_THAT(rebuilt.losses[0].what, HasSubstr("frame 1 of part 0 of item 1 (a): its SHA-256"));
}

TEST(RebuildTest, FramesThatAreMissingDoubledOrSwappedBreakTheirItem) {
  const std::string whole = BodyOf(ThreeItems());
  const std::vector<Entry> entries = EntriesOf(whole);
  const auto frame = [&](size_t i) {
    return whole.substr(entries[i].begin(), entries[i].end() - entries[i].begin());
  };
  const auto with = [&](size_t i, std::string_view bytes) {
    std::string body = whole;
    body.replace(entries[i].begin(), entries[i].end() - entries[i].begin(), bytes);
    return body;
  };
  const auto broken = [&](const std::string& body) {
    const absl::StatusOr<Rebuilt> rebuilt = Rebuild(body);
    EXPECT_OK(rebuilt);
    return rebuilt.ok() ? NamesOf(rebuilt->broken) : std::vector<std::string>();
  };
  EXPECT_THAT(broken(with(1, "")), ElementsAre("a"));
  EXPECT_THAT(broken(with(1, frame(1) + frame(1))), ElementsAre("a"));
  EXPECT_THAT(broken(with(1, frame(2) + frame(1))), ElementsAre("a"));
  const size_t other = entries.size() - 1;
  EXPECT_THAT(broken(with(1, frame(1) + frame(other))), ElementsAre("a", "c"));
  EXPECT_THAT(broken(with(other, "")), ElementsAre("c"));
}

TEST(RebuildTest, FramesOfAnotherArchiveAreNotTaken) {
  const std::string whole = BodyOf(ThreeItems());
  base::StringWriter sink;
  ASSERT_OK(WriteItems({LargeItem(9, "foreign", 1, 20)}, BodyLayout(), sink, {.archive = 99}));
  const std::string foreign = sink.data();
  const std::vector<Entry> entries = EntriesOf(whole);
  std::string body = whole;
  body.insert(entries[3].begin(), foreign);
  ASSERT_OK_AND_ASSIGN(const Rebuilt rebuilt, Rebuild(body));
  EXPECT_THAT(rebuilt.broken, IsEmpty());
  EXPECT_THAT(rebuilt.directory.items, SizeIs(3));
  ASSERT_THAT(rebuilt.losses, Not(IsEmpty()));
  EXPECT_THAT(rebuilt.losses[0].what, HasSubstr("(foreign) of another archive"));
}

TEST(RebuildTest, ABodyWithoutFramesIsRefused) {
  for (const std::string_view body : {"", "SIPHFRM1", "INSERT INTO t VALUES (1);\n"}) {
    EXPECT_THAT(Rebuild(body), StatusIs(errs::kIntegrity, HasSubstr("no frame was found")));
  }
  EXPECT_THAT(Rebuild("short", BodyLayout(), 100), StatusIs(errs::kIntegrity));
}

TEST(FrameScanTest, NamesSomeLossesAndCountsAll) {
  const std::string whole = BodyOf({LargeItem(1, "t", 350, 1)});
  std::string body = whole;
  for (const Entry& entry : EntriesOf(whole)) {
    if (entry.frame.part % 2 == 1) body[entry.offset] = '?';
  }
  const base::RandomAccessString source(body);
  FrameScan scan(&source, 0);
  uint64_t found = 0;
  while (true) {
    ASSERT_OK_AND_ASSIGN(const std::optional<FrameScan::Found> frame, scan.Next(base::Context()));
    if (!frame.has_value()) break;
    ++found;
  }
  EXPECT_EQ(found, 175u);
  EXPECT_EQ(scan.loss_count(), 175u);
  EXPECT_THAT(scan.losses(), SizeIs(FrameScan::kMostLosses));
}

}  // namespace
}  // namespace siphon::frames
