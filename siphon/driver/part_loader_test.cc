// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/part_loader.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/frames/body_fixture.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/frames/index_reader.h"
#include "siphon/driver/restoration.h"
#include "testing/status_matchers.h"

namespace siphon::driver {
namespace {

using frames::LargeItem;
using frames::RowsOf;
using frames::SampleItem;
using frames::SampleItems;
using ::testing::HasSubstr;

constexpr size_t kLimit = size_t{64} << 20;

// Keeps what it gets.
class FakeRestoration : public Restoration {
 public:
  absl::Status Define(const base::Context&) override {
    calls_ += "define ";
    return absl::OkStatus();
  }
  bool Loads(const frames::Item& item) const override { return item.id != left_out; }
  absl::Status Load(const base::Context& context, int worker, const StoredPart& part,
                    base::Reader& bytes) override {
    if (worker < 0 || worker >= jobs) return errs::InternalError("test", "a worker too many");
    RETURN_IF_ERROR(context.Check());
    std::string text;
    if (reads) {
      ASSIGN_OR_RETURN(text, base::ReadAll(bytes, kLimit));
      if (text.size() != part.raw) return errs::InternalError("test", "another size");
    }
    const absl::MutexLock lock(&mutex_);
    rows_ += part.rows;
    if (!parts_.emplace(std::pair(part.part.item, part.part.part), std::move(text)).second) {
      return errs::InternalError("test", "a part comes twice");
    }
    return parts_.size() == fails_after ? errs::UserError("test", errs::kBusy, "full")
                                        : absl::OkStatus();
  }
  absl::Status Complete(const base::Context&, int) override {
    const absl::MutexLock lock(&mutex_);
    calls_ += "complete ";
    return absl::OkStatus();
  }
  absl::Status Publish(const base::Context&) override {
    calls_ += "publish";
    return absl::OkStatus();
  }
  absl::Status Abandon(absl::Status why) override {
    calls_ += "abandon";
    return why;
  }

  const std::string& calls() const { return calls_; }
  uint64_t rows() {
    const absl::MutexLock lock(&mutex_);
    return rows_;
  }
  // The bytes of an item's parts.
  std::string Text(uint32_t item) {
    const absl::MutexLock lock(&mutex_);
    std::string text;
    for (const auto& [part, bytes] : parts_) {
      if (part.first == item) text += bytes;
    }
    return text;
  }

  int jobs = 1;
  uint32_t left_out = 0;
  bool reads = true;
  size_t fails_after = 0;

 private:
  std::string calls_;
  absl::Mutex mutex_;
  uint64_t rows_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::pair<uint32_t, uint64_t>, std::string> parts_ ABSL_GUARDED_BY(mutex_);
};

class PartLoaderTest : public ::testing::Test {
 protected:
  void Open(const std::vector<SampleItem>& items) {
    bytes_ = frames::BodyOf(items);
    access_.emplace(bytes_);
    absl::StatusOr<frames::IndexReader> index =
        frames::IndexReader::Open(context_, &*access_, frames::BodyLayout(), std::nullopt);
    ASSERT_OK(index);
    index_.emplace(*std::move(index));
    body_.emplace(&*access_, &*index_, "D1");
  }
  absl::Status Run() {
    return LoadParts(context_, restoration_, *body_, restoration_.jobs,
                     [this](uint64_t bytes) { bytes_read_ += bytes; });
  }

  base::Context context_;
  std::string bytes_;
  std::optional<base::RandomAccessString> access_;
  std::optional<frames::IndexReader> index_;
  std::optional<DumpBody> body_;
  FakeRestoration restoration_;
  std::atomic<uint64_t> bytes_read_ = 0;
};

TEST_F(PartLoaderTest, OneWorkerLoadsAllParts) {
  const std::vector<SampleItem> items = SampleItems();
  Open(items);
  ASSERT_OK(Run());
  EXPECT_EQ(restoration_.calls(), "define complete publish");
  uint64_t rows = 0;
  for (const SampleItem& item : items) {
    EXPECT_EQ(restoration_.Text(item.id), RowsOf(item)) << item.name;
    for (const frames::Rows& part : item.parts) rows += part.size();
  }
  EXPECT_EQ(restoration_.rows(), rows);
  uint64_t bytes = 0;
  for (const frames::Item& item : body_->items()) bytes += item.end - item.begin;
  EXPECT_EQ(bytes_read_, bytes);
}

TEST_F(PartLoaderTest, SeveralWorkersLoadEachPartOnce) {
  const std::vector<SampleItem> items = {LargeItem(3, "a", 40, 100), LargeItem(2, "b", 9, 700)};
  Open(items);
  restoration_.jobs = 4;
  ASSERT_OK(Run());
  for (const SampleItem& item : items) EXPECT_EQ(restoration_.Text(item.id), RowsOf(item));
  EXPECT_EQ(restoration_.calls(), "define complete complete complete complete publish");
}

TEST_F(PartLoaderTest, PartsOfThousandsOfFramesAreReadToTheirEnd) {
  const std::vector<SampleItem> items = {LargeItem(3, "a", 3, 100'000), LargeItem(2, "b", 1, 9)};
  Open(items);
  ASSERT_GT(index_->directory().items[0].frames, 3 * 1024);
  restoration_.jobs = 2;
  ASSERT_OK(Run());
  for (const SampleItem& item : items) EXPECT_TRUE(restoration_.Text(item.id) == RowsOf(item));
}

TEST_F(PartLoaderTest, TheRestorationReadsOtherItemsItself) {
  const std::vector<SampleItem> items = SampleItems();
  Open(items);
  restoration_.left_out = 17;
  ASSERT_OK(Run());
  EXPECT_EQ(restoration_.Text(17), "");
  EXPECT_EQ(restoration_.Text(4), RowsOf(items[1]));
  absl::StatusOr<std::unique_ptr<base::Reader>> reader = body_->Open(context_, body_->items()[0]);
  ASSERT_OK(reader);
  EXPECT_THAT(base::ReadAll(**reader, kLimit), IsOkAndHolds(RowsOf(items[0])));
}

TEST_F(PartLoaderTest, AnItemIsReadCompressedBetweenTheBytesOfALayout) {
  const std::vector<SampleItem> items = SampleItems();
  Open(items);
  const frames::Item& item = body_->items()[0];
  const frames::BodyLayout plain;
  absl::StatusOr<std::unique_ptr<base::Reader>> reader = body_->OpenPacked(context_, item, plain);
  ASSERT_OK(reader);
  const absl::StatusOr<std::string> packed = base::ReadAll(**reader, kLimit);
  ASSERT_OK(packed);
  EXPECT_THAT(frames::Decompress(*packed), IsOkAndHolds(RowsOf(items[0])));
  const frames::MarkingLayout marking;
  std::string expected;
  ASSERT_OK(index_->Visit(context_, item, [&](const frames::Entry& entry) {
    expected += marking.Before(entry.frame);
    expected += marking.BeginRun(entry.frame.packed);
    expected += bytes_.substr(entry.offset, entry.frame.packed);
    expected += marking.After(entry.frame);
    return absl::OkStatus();
  }));
  reader = body_->OpenPacked(context_, item, marking);
  ASSERT_OK(reader);
  EXPECT_THAT(base::ReadAll(**reader, kLimit), IsOkAndHolds(expected));
}

TEST_F(PartLoaderTest, TheFirstErrorAbandonsTheRestoration) {
  Open({LargeItem(3, "a", 40, 100)});
  restoration_.jobs = 3;
  restoration_.fails_after = 7;
  EXPECT_THAT(Run(), StatusIs(errs::kBusy));
  EXPECT_EQ(restoration_.calls(), "define abandon");
}

TEST_F(PartLoaderTest, APartThatIsNotReadToItsEndIsAnError) {
  Open({LargeItem(3, "a", 4, 100)});
  restoration_.reads = false;
  EXPECT_THAT(Run(), StatusIs(errs::kInternal, HasSubstr("not read to its end")));
  EXPECT_EQ(restoration_.calls(), "define abandon");
}

TEST_F(PartLoaderTest, AChangedByteIsRefusedAndTheDumpNamed) {
  Open({LargeItem(3, "a", 4, 400)});
  const std::string good = bytes_;
  for (const size_t at : {size_t{20}, size_t{150}, index_->directory().items[0].end - 30}) {
    bytes_ = good;
    bytes_[at] = static_cast<char>(bytes_[at] ^ 4);
    FakeRestoration restoration;
    EXPECT_THAT(LoadParts(context_, restoration, *body_, 1, [](uint64_t) {}),
                StatusIs(errs::kIntegrity, HasSubstr("dump D1: ")));
    EXPECT_EQ(restoration.calls(), "define abandon");
  }
}

TEST_F(PartLoaderTest, FramesAreFoundByAnyOffset) {
  const SampleItem item = LargeItem(7, "large", 3, 400);
  Open({item, LargeItem(8, "next", 1, 10)});
  const std::string rows = RowsOf(item);
  const absl::StatusOr<std::unique_ptr<ItemFrames>> frames =
      body_->OpenFrames(context_, body_->items().front());
  ASSERT_OK(frames);
  ASSERT_EQ((*frames)->size(), rows.size());
  // Backwards, from the last byte.
  size_t found = 0;
  for (size_t end = rows.size(); end > 0; ++found) {
    ASSERT_OK_AND_ASSIGN(const ItemFrames::Piece piece, (*frames)->Find(context_, end - 1));
    ASSERT_LT(piece.begin, end);
    ASSERT_EQ(piece.begin + piece.bytes.size(), end);
    EXPECT_EQ(piece.bytes, std::string_view(rows).substr(piece.begin, piece.bytes.size()));
    end = piece.begin;
  }
  EXPECT_EQ(found, body_->items().front().frames);
  EXPECT_THAT((*frames)->Find(context_, rows.size()), StatusIs(errs::kInternal));

  // Every frame is checked.
  const uint64_t begin = body_->items().front().begin;
  bytes_[begin + 300] = static_cast<char>(bytes_[begin + 300] ^ 1);
  EXPECT_THAT((*frames)->Find(context_, 0), StatusIs(errs::kIntegrity, HasSubstr("dump D1: ")));
  EXPECT_THAT((*frames)->Find(context_, rows.size() - 1), IsOk());
}

}  // namespace
}  // namespace siphon::driver
