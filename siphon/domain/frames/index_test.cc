// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/index.h"

#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/frames/chunk_header.h"
#include "siphon/domain/frames/frame.h"
#include "testing/status_matchers.h"

namespace siphon::frames {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Entry EntryAt(uint64_t offset, uint64_t number) {
  Entry entry;
  entry.offset = offset;
  entry.lead = 130;
  entry.frame.item = 7;
  entry.frame.number = number;
  entry.frame.rows = 3;
  entry.frame.raw = 1000;
  entry.frame.packed = 400;
  entry.frame.sha256 = DigestOf("abc");
  entry.frame.range = "(0,0)-(8,0)";
  return entry;
}

std::string PageOf(const std::vector<Entry>& entries) {
  std::string bytes;
  for (const Entry& entry : entries) bytes += EncodeEntry(entry);
  return EncodePage(static_cast<uint32_t>(entries.size()), bytes);
}

// Two pages and three items before offset 10,000.
Directory Sample() {
  Directory directory;
  directory.archive = 0x1122334455667788;
  directory.facts = {{"server", "18.6"}, {"snapshot", "00000003-1"}};
  directory.pages = {{5000, 300, 3, DigestOf("one")}, {8000, 200, 1, DigestOf("two")}};
  directory.items = {{0, "", 0, 1, 0, 900, 0, 900, 900},
                     {9, "public.items", 1, 2, 905, 4000, 30, 9000, 2000},
                     {4, "public.notes", 3, 1, 4005, 4900, 1, 5, 14}};
  return directory;
}

constexpr uint64_t kPlace = 10'000;

std::string Encoded(const Directory& directory, uint64_t offset = kPlace) {
  const absl::StatusOr<std::string> bytes = EncodeDirectory(directory, offset);
  EXPECT_OK(bytes);
  return bytes.value_or("");
}

absl::StatusOr<Tail> TailOf(std::string_view bytes, uint64_t offset = kPlace) {
  return DecodeTail(bytes.substr(bytes.size() - kTailSize), offset + bytes.size());
}

absl::StatusOr<Directory> Decode(std::string_view bytes) {
  const absl::StatusOr<Tail> tail = TailOf(bytes);
  if (!tail.ok()) return tail.status();
  return DecodeDirectory(bytes, *tail);
}

TEST(IndexPageTest, EntriesComeBack) {
  Entry stored;
  stored.frame.stored = true;
  stored.frame.content = Content::kDefinitions;
  stored.frame.ends_part = stored.frame.ends_item = true;
  stored.frame.raw = stored.frame.packed = 500;
  Entry last = EntryAt(1200, 1);
  last.frame.splits_row = true;
  last.frame.range = "";
  const std::vector<Entry> entries = {stored, EntryAt(630, 0), last};
  const std::string page = PageOf(entries);
  EXPECT_EQ(page.size(), 8 + 8 + 4 + 3 * 90 + 11u);
  EXPECT_THAT(DecodePage(page, 4242), IsOkAndHolds(entries));
  EXPECT_EQ(entries[1].begin(), 500u);
  EXPECT_EQ(entries[1].end(), 1030u);
}

TEST(IndexPageTest, AnEntryHasTheDocumentedBytes) {
  EXPECT_EQ(
      absl::BytesToHexString(EncodeEntry(EntryAt(0x0102030405060708, 2))),
      absl::StrCat("0807060504030201", "8200", "72", "00", "0b00", "07000000", "0000000000000000",
                   "0200000000000000", "0300000000000000", "e803000000000000", "9001000000000000",
                   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                   absl::BytesToHexString("(0,0)-(8,0)")));
}

TEST(IndexPageTest, EntriesThatLieAreRefused) {
  const std::vector<std::pair<std::function<void(Entry&)>, std::string>> changes = {
      {[](Entry& e) { e.lead = 109; }, "entry 1: a chunk header 109 bytes before offset 1200"},
      {[](Entry& e) { e.lead = kMaxLead + 1; }, "a chunk header 4113 bytes before"},
      {[](Entry& e) { e.offset = 120; }, "a chunk header 130 bytes before offset 120"},
      {[](Entry& e) { e.offset = 1159; },
       "begins at offset 1029, but the frame before ends at 1030"},
      {[](Entry& e) { e.offset = std::numeric_limits<uint64_t>::max(); }, "400 bytes at offset"},
      {[](Entry& e) { e.frame.rows = 1001; }, "1001 rows in 1000 bytes"},
      {[](Entry& e) { e.frame.packed = 100'000; }, "100000 bytes for 1000"},
      {[](Entry& e) { e.frame.raw = uint64_t{1} << 60; }, "bytes before compression"},
      {[](Entry& e) { e.frame.stored = true; }, "400 bytes of 1000 that are not compressed"},
      {[](Entry& e) { e.frame.range.resize(4000); }, "a range of 4000 bytes"},
  };
  for (const auto& [change, message] : changes) {
    Entry entry = EntryAt(1200, 1);
    change(entry);
    EXPECT_THAT(DecodePage(PageOf({EntryAt(630, 0), entry}), 4242),
                StatusIs(errs::kIntegrity,
                         AllOf(HasSubstr("index page at offset 4242"), HasSubstr(message))));
  }
}

TEST(IndexPageTest, CountsThatLieAreRefused) {
  const std::string entry = EncodeEntry(EntryAt(630, 0));
  for (const uint32_t count : {0u, 2u, 4'000'000'000u}) {
    EXPECT_THAT(DecodePage(EncodePage(count, entry), 0),
                StatusIs(errs::kIntegrity, HasSubstr(absl::StrCat(count, " entries in"))));
  }
  EXPECT_THAT(DecodePage(EncodePage(1, entry + "more"), 0),
              StatusIs(errs::kIntegrity, HasSubstr("4 bytes after its 1 entries")));
  EXPECT_THAT(DecodePage(EncodePage(1, entry) + "more", 0), StatusIs(errs::kIntegrity));
  EXPECT_THAT(DecodePage(Encoded(Sample()), 0),
              StatusIs(errs::kIntegrity, HasSubstr("found \"SIPHIDX1\"")));
}

TEST(DirectoryTest, ComesBack) {
  const std::string bytes = Encoded(Sample());
  EXPECT_THAT(Decode(bytes), IsOkAndHolds(Sample()));
  ASSERT_OK_AND_ASSIGN(const Tail tail, TailOf(bytes));
  EXPECT_EQ(tail.offset, kPlace);
  EXPECT_EQ(tail.size, bytes.size());
  EXPECT_EQ(tail.root, DigestOf(std::string_view(bytes).substr(0, bytes.size() - kTailSize)));

  Directory empty;
  EXPECT_THAT(Decode(Encoded(empty)), IsOkAndHolds(empty));
}

TEST(DirectoryTest, ATailHasTheDocumentedBytes) {
  const std::string bytes = Encoded(Sample());
  ASSERT_OK_AND_ASSIGN(const Tail tail, TailOf(bytes));
  EXPECT_EQ(absl::BytesToHexString(bytes.substr(bytes.size() - kTailSize)),
            absl::StrCat(
                "1027000000000000",
                absl::BytesToHexString(std::string({static_cast<char>(bytes.size() & 0xFF),
                                                    static_cast<char>(bytes.size() >> 8), 0, 0})),
                ToHex(tail.root), absl::BytesToHexString("SIPHEND1")));
}

TEST(DirectoryTest, EveryChangedBitIsRefused) {
  const std::string bytes = Encoded(Sample());
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_THAT(Decode(changed), StatusIs(errs::kIntegrity)) << bit;
  }
}

TEST(DirectoryTest, EveryTruncationIsRefused) {
  const std::string bytes = Encoded(Sample());
  for (size_t size = kTailSize; size < bytes.size(); ++size) {
    EXPECT_THAT(Decode(bytes.substr(0, size)), StatusIs(errs::kIntegrity)) << size;
  }
}

TEST(DirectoryTest, RecordsThatLieAreRefused) {
  const std::vector<std::pair<std::function<void(Directory&)>, std::string>> changes = {
      {[](Directory& d) { d.pages[1].offset = 9801; }, "page 1 of 200 bytes at offset 9801"},
      {[](Directory& d) { d.pages[1].offset = ~uint64_t{0}; }, "page 1 of 200 bytes"},
      {[](Directory& d) { d.pages[1].offset = 5299; }, "does not lie between 5300 and 10000"},
      {[](Directory& d) { d.pages[0].size = kPageLimit + 1; }, "page 0 of"},
      {[](Directory& d) { d.pages[0].count = 4; }, "page 0 has 4 entries in 300 bytes"},
      {[](Directory& d) { d.pages[0].count = 0; }, "page 0 has 0 entries"},
      {[](Directory& d) { d.pages[0].count = 2; }, "item 2 has 1 frames from number 3 on"},
      {[](Directory& d) { d.pages[1].count = 2; }, "items of 4 frames, but pages of 5"},
      {[](Directory& d) { d.items[1].id = 0; }, "item 1 has the id 0 of an item before"},
      {[](Directory& d) { d.items[1].first = 2; }, "item 1 has 2 frames from number 2 on"},
      {[](Directory& d) { d.items[1].frames = 0; }, "item 1 has 0 frames"},
      {[](Directory& d) { d.items[1].frames = ~uint64_t{0}; }, "item 1 has 18446744073709551615"},
      {[](Directory& d) { d.items[1].begin = 899; }, "item 1 at offsets 899 to 4000"},
      {[](Directory& d) { d.items[1].end = 905; }, "item 1 at offsets 905 to 905"},
      {[](Directory& d) { d.items[2].end = 10'001; }, "item 2 at offsets 4005 to 10001"},
      {[](Directory& d) { std::swap(d.items[1], d.items[2]); },
       "item 1 has 1 frames from number 3"},
      {[](Directory& d) { d.items[1].packed = 3096; }, "compressed 3096"},
      {[](Directory& d) { d.items[1].rows = 9001; }, "9001 rows in 9000 bytes"},
  };
  for (const auto& [change, message] : changes) {
    Directory directory = Sample();
    change(directory);
    EXPECT_THAT(Decode(Encoded(directory)),
                StatusIs(errs::kIntegrity,
                         AllOf(HasSubstr("directory at offset 10000"), HasSubstr(message))));
  }
}

TEST(DirectoryTest, ATailThatNamesAnotherPlaceIsRefused) {
  const std::string bytes = Encoded(Sample());
  EXPECT_THAT(TailOf(bytes, kPlace + 1),
              StatusIs(errs::kIntegrity, HasSubstr("bytes at offset 10000, which do not end at")));
  EXPECT_THAT(DecodeTail(std::string(kTailSize, 'x'), 100),
              StatusIs(errs::kIntegrity, HasSubstr("the body does not end with an index")));
  EXPECT_THAT(DecodeTail("", 0), StatusIs(errs::kIntegrity));
}

TEST(DirectoryTest, OneThatWouldBeTooLargeIsNotWritten) {
  Directory directory;
  directory.facts["note"] = std::string(kDirectoryLimit, 'x');
  EXPECT_THAT(EncodeDirectory(directory, 0),
              StatusIs(errs::kInternal, HasSubstr("larger than 67108864 bytes")));
}

}  // namespace
}  // namespace siphon::frames
