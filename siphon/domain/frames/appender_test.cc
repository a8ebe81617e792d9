// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/appender.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/sha256.h"
#include "siphon/base/workers.h"
#include "siphon/domain/frames/body_fixture.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/chunk_header.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/frame_packer.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/frames/part_writer.h"
#include "testing/status_matchers.h"

namespace siphon::frames {
namespace {

using ::std::chrono::milliseconds;
using ::testing::HasSubstr;

// Gives out the parts of some items in body order.
class Queue {
 public:
  explicit Queue(std::vector<SampleItem> items) : items_(std::move(items)) {}
  struct Part {
    const SampleItem* item;
    size_t part;
    size_t number;
  };
  // The next part, claimed; nothing after the last.
  absl::StatusOr<std::optional<std::pair<Part, Appender::Claimed>>> Next(
      const base::Context& context, Appender& appender) {
    const absl::MutexLock lock(&mutex_);
    while (item_ < items_.size() && part_ == items_[item_].parts.size()) {
      ++item_;
      part_ = 0;
    }
    if (item_ == items_.size()) return std::nullopt;
    const SampleItem& item = items_[item_];
    absl::StatusOr<Appender::Claimed> claimed =
        appender.Claim(context, {item.id, item.name, part_});
    if (!claimed.ok()) return claimed.status();
    return std::pair(Part{&item, part_++, number_++}, *std::move(claimed));
  }

 private:
  absl::Mutex mutex_;
  const std::vector<SampleItem> items_;
  size_t item_ = 0, part_ = 0, number_ = 0;
};

struct Hook {
  // Called before a row is written; an error is the worker's.
  std::function<absl::Status(const base::Context&, const Queue::Part&, size_t row)> before_row =
      [](const base::Context&, const Queue::Part&, size_t) { return absl::OkStatus(); };
};

absl::Status WriteRows(const base::Context& context, const Queue::Part& part, PartWriter& writer,
                       const Hook& hook) {
  const Rows& rows = part.item->parts[part.part];
  for (size_t row = 0; row < rows.size(); ++row) {
    if (absl::Status status = hook.before_row(context, part, row); !status.ok()) {
      return writer.Fail(std::move(status));
    }
    if (absl::Status status = writer.Write(context, rows[row]); !status.ok()) return status;
    writer.Cut(1);
  }
  return writer.End(context);
}

absl::Status Work(const base::Context& context, Queue& queue, Appender& appender,
                  const Hook& hook) {
  absl::StatusOr<FramePacker> packer = FramePacker::Create(1);
  if (!packer.ok()) return packer.status();
  while (true) {
    auto next = queue.Next(context, appender);
    if (!next.ok()) return next.status();
    if (!next->has_value()) return absl::OkStatus();
    auto& [part, claimed] = **next;
    PartWriter::Options options;
    options.ends_item = part.part + 1 == part.item->parts.size();
    options.range = absl::StrCat("part ", part.part);
    options.target = kSmallFrame;
    options.limit = 3 * kSmallFrame;
    PartWriter writer(&*packer, std::move(claimed), std::move(options));
    if (absl::Status status = WriteRows(context, part, writer, hook); !status.ok()) return status;
  }
}

// A body that `jobs` workers write.
absl::StatusOr<Appender::Result> WriteInParallel(const base::Context& context, int jobs,
                                                 const std::vector<SampleItem>& items,
                                                 const BodyLayout& layout, base::Writer& sink,
                                                 size_t window, const Hook& hook = {}) {
  Queue queue(items);
  Appender appender(&layout, &sink, {.window = window, .archive = kSampleArchive});
  const absl::Status status = base::RunWorkers(context, jobs, [&](const base::Context& inner, int) {
    return Work(inner, queue, appender, hook);
  });
  if (!status.ok()) return status;
  return appender.Finish(context);
}

// The head is the slowest part, so that all others wait for it.
Hook SlowHead() {
  Hook hook;
  hook.before_row = [](const base::Context& context, const Queue::Part& part, size_t row) {
    return part.number == 0 && row % 100 == 50 ? context.Sleep(milliseconds(20)) : context.Check();
  };
  return hook;
}

TEST(AppenderTest, AStreamIsWhatZstdDecompresses) {
  const std::vector<SampleItem> items = SampleItems();
  base::StringWriter sink;
  base::HashingWriter hash(&sink);
  ASSERT_OK_AND_ASSIGN(const Appender::Result result, WriteItems(items, BodyLayout(), hash));
  EXPECT_THAT(Decompress(sink.data()), IsOkAndHolds(RowsOf(items)));
  EXPECT_EQ(result.size, sink.data().size());
  base::Sha256 whole;
  whole.Update(sink.data());
  EXPECT_EQ(hash.Digest(), whole.Digest());
  EXPECT_EQ(result.directory.items.size(), items.size());
  EXPECT_GE(result.directory.items[0].frames, 30u);
  EXPECT_EQ(result.directory.items[0].rows, 2000u);
  EXPECT_EQ(result.directory.items[0].raw, RowsOf(items[0]).size());
  EXPECT_EQ(result.directory.items[2].rows, 0u);
  // The wide row is cut into several frames.
  EXPECT_GT(result.directory.items[3].frames, 5u);
  EXPECT_EQ(result.directory.items[3].rows, 3u);
}

TEST(AppenderTest, TheLayoutsBytesLieBetweenTheFrames) {
  const std::string body = BodyOf({{7, "t", {{"one\n"}}}}, MarkingLayout());
  EXPECT_THAT(body, testing::StartsWith("[item 7 {part 0: (00000075)"));
  EXPECT_THAT(body, HasSubstr(" end 7][index ("));
  EXPECT_THAT(body, testing::EndsWith("SIPHEND1]"));
}

TEST(AppenderTest, SeveralWorkersWriteTheSameBodyAsOne) {
  std::vector<SampleItem> items = SampleItems();
  for (uint32_t i = 0; i < 30; ++i) {
    items.push_back(LargeItem(1000 + i, absl::StrCat("t", i), i % 4 + 1, i * 13 % 120));
  }
  const MarkingLayout layout;
  const std::string expected = BodyOf(items, layout);
  for (const int jobs : {1, 2, 4, 7}) {
    for (const size_t window : {size_t{0}, size_t{2000}, size_t{1} << 20}) {
      base::StringWriter sink;
      EXPECT_OK(WriteInParallel(base::Context(), jobs, items, layout, sink, window));
      EXPECT_EQ(sink.data() == expected, true) << jobs << " workers, window " << window;
    }
  }
}

TEST(AppenderTest, PartsThatAreReadyFirstWaitForTheHead) {
  const std::vector<SampleItem> items = SampleItems();
  const std::string expected = BodyOf(items);
  for (const size_t window : {size_t{0}, size_t{1500}, size_t{1} << 20}) {
    base::StringWriter sink;
    EXPECT_OK(WriteInParallel(base::Context(), 4, items, BodyLayout(), sink, window, SlowHead()));
    EXPECT_EQ(sink.data() == expected, true) << window;
  }
}

// A sink that records how many bytes wait while it writes, and can fail or be slow.
class Watched : public base::Writer {
 public:
  absl::Status Write(std::string_view data) override {
    if (delay.count() > 0) std::this_thread::sleep_for(delay);
    if (appender != nullptr) most = std::max(most, appender->waiting());
    if (data_.size() + data.size() > fails_at) {
      return errs::SystemError("test", errs::kIo, "no space left on device");
    }
    data_ += data;
    return absl::OkStatus();
  }
  absl::Status Finish() override { return errs::InternalError("test", "Finish() was called"); }

  milliseconds delay{0};
  size_t fails_at = std::string::npos;
  Appender* appender = nullptr;
  size_t most = 0;
  std::string data_;
};

TEST(AppenderTest, TheWindowBoundsWhatWaits) {
  const std::vector<SampleItem> items = {LargeItem(1, "t", 40, 300)};
  const BodyLayout layout;
  Watched sink;
  sink.delay = milliseconds(1);
  constexpr size_t kWindow = 5000;
  Queue queue(items);
  Appender appender(&layout, &sink, {.window = kWindow, .archive = kSampleArchive});
  sink.appender = &appender;
  EXPECT_OK(base::RunWorkers(base::Context(), 4, [&](const base::Context& context, int) {
    return Work(context, queue, appender, SlowHead());
  }));
  ASSERT_OK(appender.Finish(base::Context()));
  EXPECT_GT(sink.most, 0u);
  EXPECT_LE(sink.most, kWindow + kSmallFrame * 2);
  EXPECT_THAT(Decompress(sink.data_), IsOkAndHolds(RowsOf(items)));
}

TEST(AppenderTest, AWorkersErrorEndsTheOthersAndIsTheResult) {
  for (const size_t failing : {size_t{0}, size_t{3}, size_t{6}}) {
    Hook hook;
    hook.before_row = [&](const base::Context& context, const Queue::Part& part, size_t row) {
      if (part.number == failing && (row == 20 || row + 1 == part.item->parts[part.part].size())) {
        return errs::SystemError("test", errs::kConnectionFailed, "the server has gone");
      }
      return context.Check();
    };
    std::vector<SampleItem> items = {LargeItem(1, "t", 9, 300)};
    base::StringWriter sink;
    // A window in which the other parts have no room.
    EXPECT_THAT(WriteInParallel(base::Context(), 4, items, BodyLayout(), sink, 100, hook),
                StatusIs(errs::kConnectionFailed, HasSubstr("the server has gone")))
        << failing;
  }
}

TEST(AppenderTest, APartThatIsGivenUpFailsTheBody) {
  const base::Context context;
  const BodyLayout layout;
  base::StringWriter sink;
  Appender appender(&layout, &sink, {});
  ASSERT_OK(appender.Claim(context, {7, "public.items", 0}));
  EXPECT_THAT(appender.Claim(context, {8, "other", 0}),
              StatusIs(errs::kInternal, HasSubstr("part 0 of item 7 (public.items) was given up")));
  EXPECT_THAT(appender.Finish(context), StatusIs(errs::kInternal, HasSubstr("given up")));
}

TEST(AppenderTest, ASinkThatFailsEndsAllWorkers) {
  const std::vector<SampleItem> items = {LargeItem(1, "t", 40, 300)};
  const std::string whole = BodyOf(items);
  for (const size_t fails_at : {size_t{0}, whole.size() / 2, whole.size() - 1}) {
    Watched sink;
    sink.fails_at = fails_at;
    EXPECT_THAT(WriteInParallel(base::Context(), 4, items, BodyLayout(), sink, 4000),
                StatusIs(errs::kIo, HasSubstr("no space left")));
    EXPECT_EQ(whole.substr(0, sink.data_.size()) == sink.data_, true);
  }
}

TEST(AppenderTest, AStopEndsAllWorkersAtAnyMoment) {
  const std::vector<SampleItem> items = {LargeItem(1, "t", 12, 200)};
  for (size_t moment = 0; moment < 12 * 200; moment += 97) {
    std::stop_source source;
    const base::Context context(source.get_token(), nullptr);
    std::atomic<size_t> rows{0};
    Hook hook;
    // Without a check of its own, so that the appender's waits must notice the stop.
    hook.before_row = [&](const base::Context&, const Queue::Part&, size_t) {
      if (rows++ == moment) source.request_stop();
      return absl::OkStatus();
    };
    base::StringWriter sink;
    EXPECT_THAT(WriteInParallel(context, 4, items, BodyLayout(), sink, 100, hook),
                StatusIs(errs::kCancelled))
        << moment;
  }
}

TEST(AppenderTest, ADeadlineEndsAWait) {
  const BodyLayout layout;
  base::StringWriter sink;
  Appender appender(&layout, &sink, {.window = 0});
  ASSERT_OK_AND_ASSIGN(FramePacker packer, FramePacker::Create(1));
  const base::Context forever;
  ASSERT_OK_AND_ASSIGN(const Appender::Claimed head, appender.Claim(forever, {1, "head", 0}));
  ASSERT_OK_AND_ASSIGN(Appender::Claimed later, appender.Claim(forever, {2, "later", 0}));
  Frame frame;
  frame.item = 2;
  ASSERT_OK_AND_ASSIGN(PackedFrame packed, packer.Pack(frame, "row\n"));
  const base::Context soon =
      forever.WithDeadline(std::chrono::steady_clock::now() + milliseconds(30));
  EXPECT_THAT(later.Put(soon, std::move(packed)),
              StatusIs(errs::kCancelled, HasSubstr("deadline")));
}

TEST(AppenderTest, RefusesFramesOfOtherPartsAndBodiesThatAreNotComplete) {
  const base::Context context;
  const BodyLayout layout;
  ASSERT_OK_AND_ASSIGN(FramePacker packer, FramePacker::Create(1));
  const auto put = [&](uint32_t item, uint64_t part, uint64_t number, bool ends_part) {
    base::StringWriter sink;
    Appender appender(&layout, &sink, {});
    absl::StatusOr<Appender::Claimed> claimed = appender.Claim(context, {7, "t", 0});
    EXPECT_OK(claimed);
    Frame frame;
    frame.item = item;
    frame.part = part;
    frame.number = number;
    frame.ends_part = ends_part;
    absl::StatusOr<PackedFrame> packed = packer.Pack(frame, "row\n");
    EXPECT_OK(packed);
    absl::Status status = claimed->Put(context, *std::move(packed));
    return status.ok() ? appender.Finish(context).status() : status;
  };
  EXPECT_THAT(put(8, 0, 0, true), StatusIs(errs::kInternal, HasSubstr("was put into part 0")));
  EXPECT_THAT(put(7, 1, 0, true), StatusIs(errs::kInternal, HasSubstr("was put into part 0")));
  EXPECT_THAT(put(7, 0, 1, true), StatusIs(errs::kIntegrity, HasSubstr("cannot be the first")));
  EXPECT_THAT(put(7, 0, 0, false), StatusIs(errs::kInternal, HasSubstr("is not complete")));
  EXPECT_THAT(put(7, 0, 0, true), StatusIs(errs::kIntegrity, HasSubstr("does not end its item")));
}

TEST(AppenderTest, StoredBytesAreWrittenAsTheyAre) {
  const base::Context context;
  const MarkingLayout layout;
  base::StringWriter sink;
  Appender appender(&layout, &sink, {});
  ASSERT_OK_AND_ASSIGN(FramePacker packer, FramePacker::Create(1));
  ASSERT_OK_AND_ASSIGN(Appender::Claimed claimed, appender.Claim(context, {kHeadItem, "", 0}));
  PartWriter::Options options;
  options.content = Content::kDefinitions;
  options.ends_item = true;
  options.stored = true;
  options.target = 4;
  PartWriter writer(&packer, std::move(claimed), options);
  ASSERT_OK(writer.Write(context, "PGDMP and the table of contents"));
  ASSERT_OK(writer.End(context));
  ASSERT_OK_AND_ASSIGN(const Appender::Result result, appender.Finish(context));
  EXPECT_THAT(sink.data(), testing::StartsWith("PGDMP and the table of contents[index ("));
  ASSERT_EQ(result.directory.items.size(), 1u);
  EXPECT_EQ(result.directory.items[0].frames, 8u);
  EXPECT_EQ(result.directory.items[0].end, 31u);
}

TEST(AppenderTest, NothingIsWrittenAfterTheIndex) {
  const base::Context context;
  const BodyLayout layout;
  base::StringWriter sink;
  Appender appender(&layout, &sink, {});
  ASSERT_OK(appender.Finish(context));
  EXPECT_THAT(appender.Claim(context, {1, "t", 0}),
              StatusIs(errs::kInternal, HasSubstr("the body has ended")));
  EXPECT_THAT(appender.Finish(context), StatusIs(errs::kInternal));
  EXPECT_THAT(Decompress(sink.data()), IsOkAndHolds(""));
}

TEST(FramePackerTest, RefusesLevelsAndSizesThatDoNotExist) {
  EXPECT_THAT(FramePacker::Create(0), StatusIs(errs::kInvalidArgument));
  EXPECT_THAT(FramePacker::Create(20), StatusIs(errs::kInvalidArgument));
  ASSERT_OK_AND_ASSIGN(FramePacker packer, FramePacker::Create(1));
  EXPECT_THAT(packer.Pack({}, std::string(kMaxRaw + 1, 'x')), StatusIs(errs::kInternal));
  ASSERT_OK_AND_ASSIGN(const PackedFrame largest, packer.Pack({}, std::string(kMaxRaw, 'x')));
  EXPECT_LT(largest.frame.packed, 10'000u);
  EXPECT_EQ(largest.frame.sha256, DigestOf(largest.bytes));
}

}  // namespace
}  // namespace siphon::frames
