// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/index_reader.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
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
#include "siphon/domain/frames/index.h"
#include "siphon/domain/frames/index_builder.h"
#include "testing/status_matchers.h"

namespace siphon::frames {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Counts the bytes that are read.
class Counted : public base::RandomAccess {
 public:
  explicit Counted(std::string_view data) : inner_(data) {}
  uint64_t size() const override { return inner_.size(); }
  uint64_t count() const { return count_; }

 protected:
  absl::StatusOr<size_t> ReadSome(uint64_t offset, absl::Span<char> out) const override {
    count_ += out.size();
    if (absl::Status status = inner_.ReadAt(offset, out); !status.ok()) return status;
    return out.size();
  }

 private:
  base::RandomAccessString inner_;
  mutable uint64_t count_ = 0;
};

absl::StatusOr<IndexReader> Open(const base::RandomAccess& body,
                                 const BodyLayout& layout = BodyLayout(),
                                 const std::optional<Digest>& root = std::nullopt) {
  return IndexReader::Open(base::Context(), &body, layout, root);
}

// Opens the index of a body and reads all entries.
absl::StatusOr<std::vector<Entry>> EntriesOf(std::string_view body,
                                             const BodyLayout& layout = BodyLayout()) {
  const base::RandomAccessString source(body);
  const absl::StatusOr<IndexReader> reader = Open(source, layout);
  if (!reader.ok()) return reader.status();
  std::vector<Entry> entries;
  for (const Item& item : reader->directory().items) {
    const absl::Status status = reader->Visit(base::Context(), item, [&](const Entry& entry) {
      entries.push_back(entry);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
  }
  return entries;
}

TEST(IndexReaderTest, FindsTheIndexAtTheEndOfABody) {
  for (const bool marked : {false, true}) {
    const MarkingLayout marking;
    const BodyLayout plain;
    const BodyLayout& layout = marked ? static_cast<const BodyLayout&>(marking) : plain;
    base::StringWriter sink;
    ASSERT_OK_AND_ASSIGN(
        const Appender::Result result,
        WriteItems(SampleItems(), layout, sink,
                   {.archive = kSampleArchive, .facts = {{"snapshot", "00000003-1"}}}));
    const base::RandomAccessString body(sink.data());
    ASSERT_OK_AND_ASSIGN(const IndexReader reader, Open(body, layout, result.root));
    EXPECT_EQ(reader.directory(), result.directory);
    EXPECT_EQ(reader.directory().archive, kSampleArchive);
    EXPECT_EQ(reader.directory().facts.at("snapshot"), "00000003-1");
    EXPECT_EQ(reader.root(), result.root);
    ASSERT_NE(reader.Find("public.notes"), nullptr);
    EXPECT_EQ(reader.Find("public.notes")->id, 4u);
    EXPECT_EQ(reader.Find("notes"), nullptr);

    ASSERT_OK_AND_ASSIGN(const std::vector<Entry> entries, EntriesOf(sink.data(), layout));
    uint64_t frames = 0;
    for (const Item& item : result.directory.items) frames += item.frames;
    EXPECT_EQ(entries.size(), frames);
    for (const Entry& entry : entries) {
      EXPECT_EQ(DigestOf(sink.data().substr(entry.offset, entry.frame.packed)), entry.frame.sha256);
    }
  }
}

TEST(IndexReaderTest, AnIndexOfManyPagesIsReadPageByPage) {
  // About 2,700 entries have the size of a page.
  const std::vector<SampleItem> items = {
      LargeItem(1, "small", 1, 10), LargeItem(2, "large", 7000, 1), LargeItem(3, "last", 2, 10)};
  const std::string bytes = BodyOf(items);
  const Counted body(bytes);
  ASSERT_OK_AND_ASSIGN(const IndexReader reader, Open(body));
  EXPECT_GE(reader.directory().pages.size(), 3u);
  const uint64_t opened = body.count();
  EXPECT_LE(opened, 2 * 64 * 1024u);
  const auto visit = [&](std::string_view name) {
    uint64_t rows = 0;
    EXPECT_OK(reader.Visit(base::Context(), *reader.Find(name), [&](const Entry& entry) {
      rows += entry.frame.rows;
      return absl::OkStatus();
    }));
    return rows;
  };
  EXPECT_EQ(visit("last"), 20u);
  EXPECT_LE(body.count() - opened, kPageLimit);
  EXPECT_EQ(visit("small"), 10u);
  EXPECT_EQ(visit("large"), 7000u);
  // The pages in between are skipped by zstd, too.
  EXPECT_THAT(Decompress(bytes), IsOkAndHolds(RowsOf(items)));
}

TEST(IndexReaderTest, AVisitorsErrorEndsTheVisit) {
  const std::string bytes = BodyOf(SampleItems());
  const base::RandomAccessString body(bytes);
  ASSERT_OK_AND_ASSIGN(const IndexReader reader, Open(body));
  int calls = 0;
  EXPECT_THAT(reader.Visit(base::Context(), reader.directory().items[0],
                           [&](const Entry&) {
                             ++calls;
                             return errs::SystemError("test", errs::kIo, "stop here");
                           }),
              StatusIs(errs::kIo));
  EXPECT_EQ(calls, 1);
}

TEST(IndexReaderTest, BodiesWithoutAnIndexAreRefused) {
  for (const std::string body : {"", "x",
                                 "not a dump at all, but longer than the tail of an index "
                                 "would be, so that it is read as one"}) {
    EXPECT_THAT(EntriesOf(body),
                StatusIs(errs::kIntegrity, HasSubstr("does not end with an index")));
  }
  EXPECT_THAT(EntriesOf(BodyOf(SampleItems(), MarkingLayout())), StatusIs(errs::kIntegrity));
  EXPECT_THAT(EntriesOf(BodyOf(SampleItems()), MarkingLayout()), StatusIs(errs::kIntegrity));
}

TEST(IndexReaderTest, EveryTruncationIsRefused) {
  const std::string body = BodyOf({LargeItem(1, "t", 2, 50)});
  for (size_t size = 0; size < body.size(); ++size) {
    EXPECT_THAT(EntriesOf(body.substr(0, size)), StatusIs(errs::kIntegrity)) << size;
  }
}

TEST(IndexReaderTest, AnIndexOfAnotherDumpIsRefused) {
  const std::string bytes = BodyOf(SampleItems());
  const base::RandomAccessString body(bytes);
  EXPECT_THAT(Open(body, BodyLayout(), DigestOf("another")),
              StatusIs(errs::kIntegrity, HasSubstr("but the sidecar")));
}

TEST(IndexReaderTest, OpensTheIndexThatTheSidecarNames) {
  for (const bool many : {false, true}) {
    // A directory of 1,000 items is larger than the first read.
    std::vector<SampleItem> items = SampleItems();
    for (uint32_t id = 1000; many && id < 2000; ++id) {
      items.push_back({id, absl::StrCat("table ", id), {{"row\n"}}});
    }
    for (const bool marked : {false, true}) {
      const MarkingLayout marking;
      const BodyLayout plain;
      const BodyLayout& layout = marked ? static_cast<const BodyLayout&>(marking) : plain;
      base::StringWriter sink;
      ASSERT_OK_AND_ASSIGN(const Appender::Result result, WriteItems(items, layout, sink));
      const base::RandomAccessString body(sink.data());
      const auto open = [&](uint64_t offset, const Digest& root) {
        return IndexReader::OpenAt(base::Context(), &body, offset, root);
      };
      ASSERT_OK_AND_ASSIGN(const IndexReader reader, open(result.index_offset, result.root));
      EXPECT_EQ(reader.directory(), result.directory);
      EXPECT_EQ(reader.offset(), result.index_offset);
      EXPECT_THAT(open(result.index_offset, DigestOf("another")),
                  AllOf(StatusIs(errs::kIntegrity, HasSubstr("but the sidecar")),
                        HasExitCode(errs::Code::kIntegrity)));
      for (const uint64_t offset :
           {uint64_t{0}, result.index_offset - 1, result.index_offset + 1, result.size - 1,
            result.size, result.size + 1, std::numeric_limits<uint64_t>::max()}) {
        EXPECT_THAT(open(offset, result.root), StatusIs(errs::kIntegrity)) << offset;
      }
      // The page before the directory is no directory.
      const uint64_t page = reader.directory().pages.back().offset;
      EXPECT_THAT(open(page, result.root), StatusIs(errs::kIntegrity));
    }
  }
}

TEST(IndexReaderTest, ACursorNamesEveryFrameInTheOrderOfTheBody) {
  const std::string bytes =
      BodyOf({LargeItem(1, "small", 1, 10), LargeItem(2, "large", 4000, 1), {3, "last", {{}}}});
  const base::RandomAccessString body(bytes);
  ASSERT_OK_AND_ASSIGN(const IndexReader reader, Open(body));
  ASSERT_GE(reader.directory().pages.size(), 2u);
  ASSERT_OK_AND_ASSIGN(const std::vector<Entry> entries, EntriesOf(bytes));
  IndexReader::Cursor cursor(&reader);
  for (const Entry& entry : entries) {
    ASSERT_OK_AND_ASSIGN(const auto named, cursor.Next(base::Context()));
    ASSERT_TRUE(named.has_value());
    EXPECT_EQ(named->entry, entry);
    EXPECT_EQ(named->item->id, entry.frame.item);
  }
  for (int i = 0; i < 2; ++i) {
    ASSERT_OK_AND_ASSIGN(const auto end, cursor.Next(base::Context()));
    EXPECT_FALSE(end.has_value());
  }
}

TEST(IndexReaderTest, EveryChangedByteOfAPageIsRefused) {
  const std::string body = BodyOf({LargeItem(1, "t", 2, 50)});
  const base::RandomAccessString source(body);
  ASSERT_OK_AND_ASSIGN(const IndexReader reader, Open(source));
  const PageRecord page = reader.directory().pages.at(0);
  for (size_t at = page.offset; at < page.offset + page.size; ++at) {
    std::string changed = body;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    EXPECT_THAT(EntriesOf(changed), StatusIs(errs::kIntegrity, HasSubstr("its SHA-256 differs")));
  }
}

// Reads the index of a body whose hashes are correct, but whose entries contradict its directory.
absl::Status Lie(const std::vector<Entry>& entries, const Item& item) {
  std::string page;
  for (const Entry& entry : entries) page += EncodeEntry(entry);
  page = EncodePage(static_cast<uint32_t>(entries.size()), page);
  std::string body(10'000, '.');
  Directory directory;
  directory.pages = {{body.size(), static_cast<uint32_t>(page.size()),
                      static_cast<uint32_t>(entries.size()), DigestOf(page)}};
  directory.items = {item};
  body += page;
  const absl::StatusOr<std::string> last = EncodeDirectory(directory, body.size());
  if (!last.ok()) return last.status();
  return EntriesOf(body + *last).status();
}

TEST(IndexReaderTest, EntriesThatContradictTheDirectoryAreRefused) {
  Entry first;
  first.offset = 1200;
  first.lead = 200;
  first.frame.item = 7;
  first.frame.rows = 2;
  first.frame.raw = 100;
  first.frame.packed = 80;
  Entry second = first;
  second.offset = 1500;
  second.frame.number = 1;
  second.frame.ends_part = second.frame.ends_item = true;
  const Item item{7, "t", 0, 2, 1000, 1580, 4, 200, 160};
  ASSERT_OK(Lie({first, second}, item));

  const auto lie = [&](auto change) {
    std::vector<Entry> entries = {first, second};
    Item other = item;
    change(entries[0], entries[1], other);
    return Lie(entries, other);
  };
  EXPECT_THAT(lie([](Entry&, Entry& b, Item&) { b.frame.item = 8; }),
              StatusIs(errs::kIntegrity, HasSubstr("is named in the place of item 7")));
  EXPECT_THAT(lie([](Entry&, Entry& b, Item&) { b.frame.number = 2; }),
              StatusIs(errs::kIntegrity, HasSubstr("cannot follow")));
  EXPECT_THAT(lie([](Entry&, Entry& b, Item&) { b.frame.ends_item = false; }),
              StatusIs(errs::kIntegrity, HasSubstr("does not end its item")));
  EXPECT_THAT(lie([](Entry&, Entry&, Item& i) { i.begin = 999; }),
              StatusIs(errs::kIntegrity, HasSubstr("does not lie between 999 and 1580")));
  EXPECT_THAT(lie([](Entry&, Entry&, Item& i) { i.begin = 1001; }),
              StatusIs(errs::kIntegrity, HasSubstr("does not lie between 1001 and 1580")));
  EXPECT_THAT(lie([](Entry&, Entry&, Item& i) { i.end = 1579; }),
              StatusIs(errs::kIntegrity, HasSubstr("does not lie between")));
  EXPECT_THAT(lie([](Entry&, Entry&, Item& i) { i.end = 1581; }),
              StatusIs(errs::kIntegrity, HasSubstr("the directory says")));
  EXPECT_THAT(lie([](Entry&, Entry&, Item& i) { i.rows = 5; }),
              StatusIs(errs::kIntegrity,
                       AllOf(HasSubstr("have 4 rows"), HasSubstr("the directory says 5"))));
  EXPECT_THAT(lie([](Entry&, Entry&, Item& i) { i.raw = 201; }), StatusIs(errs::kIntegrity));
  EXPECT_THAT(lie([](Entry&, Entry&, Item& i) { i.packed = 161; }), StatusIs(errs::kIntegrity));
}

TEST(IndexBuilderTest, RefusesFramesOutOfOrderAndItemsWithoutAnEnd) {
  IndexBuilder builder(1);
  Entry entry;
  entry.offset = 200;
  entry.lead = 150;
  entry.frame.raw = entry.frame.packed = 10;
  entry.frame.number = 1;
  EXPECT_THAT(builder.Add(entry, "t"), StatusIs(errs::kIntegrity));
  entry.frame.number = 0;
  EXPECT_OK(builder.Add(entry, "t"));
  EXPECT_THAT(builder.EncodeDirectoryAt(500), StatusIs(errs::kIntegrity));
  entry.offset = 400;
  entry.frame.number = 1;
  entry.frame.ends_part = entry.frame.ends_item = true;
  EXPECT_OK(builder.Add(entry, "t"));
  EXPECT_THAT(builder.EncodeDirectoryAt(500),
              StatusIs(errs::kInternal, HasSubstr("before its last page")));
  const size_t size = builder.page_size();
  EXPECT_EQ(builder.TakePage(500).size(), size);
  EXPECT_OK(builder.EncodeDirectoryAt(900));
}

}  // namespace
}  // namespace siphon::frames
