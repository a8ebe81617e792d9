// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/frame_reader.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
#include "siphon/base/workers.h"
#include "siphon/domain/frames/appender.h"
#include "siphon/domain/frames/body_fixture.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/frame_packer.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/frames/index_reader.h"
#include "testing/status_matchers.h"

namespace siphon::frames {
namespace {

using ::testing::HasSubstr;

class FrameReaderTest : public ::testing::Test {
 protected:
  // The entries of an item, and its rows as its frames have them.
  std::vector<Entry> EntriesOf(const Item& item) {
    std::vector<Entry> entries;
    EXPECT_OK(index_->Visit(base::Context(), item, [&](const Entry& entry) {
      entries.push_back(entry);
      return absl::OkStatus();
    }));
    return entries;
  }

  void SetUp() override {
    body_ = BodyOf(items_, layout_);
    source_.emplace(body_);
    absl::StatusOr<IndexReader> index =
        IndexReader::Open(base::Context(), &*source_, layout_, std::nullopt);
    ASSERT_OK(index);
    index_.emplace(*std::move(index));
  }

  // Reads an entry of the body after the change of a byte.
  absl::Status ReadChanged(const Entry& entry, std::string_view name, size_t at) {
    std::string changed = body_;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const base::RandomAccessString source(changed);
    absl::StatusOr<FrameReader> reader = FrameReader::Create(&source, kSampleArchive);
    return reader.ok() ? reader->Read(entry, name).status() : reader.status();
  }

  const std::vector<SampleItem> items_ = SampleItems();
  const MarkingLayout layout_ = {};
  std::string body_;
  std::optional<base::RandomAccessString> source_;
  std::optional<IndexReader> index_;
};

TEST_F(FrameReaderTest, AnItemIsReadWithoutTheOthers) {
  ASSERT_OK_AND_ASSIGN(FrameReader reader, FrameReader::Create(&*source_, kSampleArchive));
  for (const SampleItem& item : items_) {
    const Item* found = index_->Find(item.name);
    ASSERT_NE(found, nullptr);
    std::string rows;
    std::string packed;
    for (const Entry& entry : EntriesOf(*found)) {
      ASSERT_OK_AND_ASSIGN(const std::string_view raw, reader.Read(entry, item.name));
      rows += raw;
      ASSERT_OK_AND_ASSIGN(const std::string_view bytes, reader.ReadPacked(entry, item.name));
      packed += bytes;
    }
    EXPECT_EQ(rows, RowsOf(item));
    // One zstd stream, as the directory format of pg_dump has it.
    EXPECT_THAT(Decompress(packed), IsOkAndHolds(RowsOf(item)));
  }
}

TEST_F(FrameReaderTest, SeveralThreadsReadOneBody) {
  const std::vector<Entry> entries = EntriesOf(index_->directory().items[0]);
  EXPECT_OK(base::RunWorkers(base::Context(), 4, [&](const base::Context&, int worker) {
    absl::StatusOr<FrameReader> reader = FrameReader::Create(&*source_, kSampleArchive);
    if (!reader.ok()) return reader.status();
    for (size_t i = static_cast<size_t>(worker); i < entries.size(); i += 4) {
      if (absl::Status status = reader->Read(entries[i], items_[0].name).status(); !status.ok()) {
        return status;
      }
    }
    return absl::OkStatus();
  }));
}

TEST_F(FrameReaderTest, EveryChangedByteOfAFrameAndItsHeaderIsRefused) {
  const Item& item = *index_->Find("public.notes");
  const std::vector<Entry> entries = EntriesOf(item);
  const Entry& entry = entries[0];
  // The layout's mark between header and frame belongs to neither.
  const size_t mark = layout_.BeginRun(0).size();
  for (size_t at = entry.begin(); at < entry.end(); ++at) {
    if (at >= entry.offset - mark && at < entry.offset) continue;
    EXPECT_THAT(ReadChanged(entry, item.name, at), StatusIs(errs::kIntegrity)) << at;
  }
  EXPECT_THAT(ReadChanged(entry, item.name, entry.offset),
              StatusIs(errs::kIntegrity, HasSubstr("frame 0 of part 0 of item 4 (public.notes) at "
                                                   "offset")));
  EXPECT_THAT(ReadChanged(entry, item.name, entry.offset),
              StatusIs(errs::kIntegrity, HasSubstr("its SHA-256 differs")));
}

TEST_F(FrameReaderTest, FramesInTheWrongPlaceAreRefused) {
  ASSERT_OK_AND_ASSIGN(FrameReader reader, FrameReader::Create(&*source_, kSampleArchive));
  const std::vector<Entry> entries = EntriesOf(index_->directory().items[0]);
  ASSERT_OK(reader.Read(entries[1], items_[0].name));
  EXPECT_THAT(reader.Read(entries[1], "public.other"),
              StatusIs(errs::kIntegrity, HasSubstr("its chunk header is that of frame 1")));
  // The place of another frame with the facts of this one.
  Entry moved = entries[1];
  moved.offset = entries[2].offset;
  moved.lead = entries[2].lead;
  EXPECT_THAT(reader.Read(moved, items_[0].name),
              StatusIs(errs::kIntegrity, HasSubstr("its chunk header is that of frame 2")));
  Entry rows = entries[1];
  rows.frame.rows += 1;
  EXPECT_THAT(reader.Read(rows, items_[0].name), StatusIs(errs::kIntegrity));
  Entry beyond = entries[1];
  beyond.offset = body_.size();
  EXPECT_THAT(reader.Read(beyond, items_[0].name), StatusIs(errs::kIntegrity));

  ASSERT_OK_AND_ASSIGN(FrameReader other, FrameReader::Create(&*source_, kSampleArchive + 1));
  EXPECT_THAT(other.Read(entries[1], items_[0].name),
              StatusIs(errs::kIntegrity, HasSubstr("belongs to another archive")));
}

// Reads everything of a body, whose index has the hash `root`.
absl::Status ReadAll(std::string_view bytes, const Digest& root) {
  const base::Context context;
  const base::RandomAccessString body(bytes);
  const absl::StatusOr<IndexReader> index = IndexReader::Open(context, &body, BodyLayout(), root);
  if (!index.ok()) return index.status();
  absl::StatusOr<FrameReader> reader = FrameReader::Create(&body, index->directory().archive);
  if (!reader.ok()) return reader.status();
  for (const Item& item : index->directory().items) {
    const absl::Status status = index->Visit(
        context, item, [&](const Entry& entry) { return reader->Read(entry, item.name).status(); });
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

TEST(FrameReaderBodyTest, EveryChangedByteOfAStreamIsRefused) {
  base::StringWriter sink;
  ASSERT_OK_AND_ASSIGN(
      const Appender::Result result,
      WriteItems({LargeItem(1, "a", 2, 100), {2, "b", {{"row\n"}}}}, BodyLayout(), sink));
  ASSERT_OK(ReadAll(sink.data(), result.root));
  for (size_t at = 0; at < sink.data().size(); ++at) {
    std::string changed = sink.data();
    changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
    EXPECT_THAT(ReadAll(changed, result.root), StatusIs(errs::kIntegrity)) << at;
  }
}

TEST(FrameUnpackerTest, RefusesWhatIsNotOneFrameOfTheSize) {
  ASSERT_OK_AND_ASSIGN(FramePacker packer, FramePacker::Create(1));
  ASSERT_OK_AND_ASSIGN(const PackedFrame frame, packer.Pack({}, std::string(100'000, 'x')));
  ASSERT_OK_AND_ASSIGN(FrameUnpacker unpacker, FrameUnpacker::Create());
  EXPECT_THAT(unpacker.Unpack(frame.bytes, 100'000, "here"),
              IsOkAndHolds(std::string(100'000, 'x')));
  const auto unpack = [&](std::string_view bytes, uint64_t raw) {
    return unpacker.Unpack(bytes, raw, "here").status();
  };
  EXPECT_THAT(unpack(frame.bytes, 99'999),
              StatusIs(errs::kIntegrity, HasSubstr("here: the zstd frame does not have 99999")));
  EXPECT_THAT(unpack(frame.bytes, kMaxRaw + 1), StatusIs(errs::kIntegrity));
  EXPECT_THAT(unpack(frame.bytes + frame.bytes, 100'000),
              StatusIs(errs::kIntegrity, HasSubstr("compressed bytes")));
  EXPECT_THAT(unpack(frame.bytes + "x", 100'000), StatusIs(errs::kIntegrity));
  EXPECT_THAT(unpack("", 0), StatusIs(errs::kIntegrity, HasSubstr("not a zstd frame")));
  EXPECT_THAT(unpack("plain text", 10), StatusIs(errs::kIntegrity));
  for (size_t size = 0; size < frame.bytes.size(); ++size) {
    EXPECT_THAT(unpack(frame.bytes.substr(0, size), 100'000), StatusIs(errs::kIntegrity)) << size;
  }
}

}  // namespace
}  // namespace siphon::frames
