// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/part_copier.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/driver/copying.h"
#include "siphon/driver/restoration.h"
#include "siphon/driver/snapshot.h"
#include "testing/status_matchers.h"

namespace siphon::driver {
namespace {

using ::testing::HasSubstr;

// More than a pipe holds.
constexpr size_t kPartBytes = size_t{3} << 20;
constexpr int kTables = 6;
constexpr uint64_t kParts = 3;  // Of each table.
constexpr uint64_t kRowsOfPart = 5;

std::string ContentOf(uint32_t item, uint64_t part) {
  std::string content(kPartBytes, static_cast<char>('a' + item));
  absl::StrAppend(&content, "part ", part);
  return content;
}

// A head, and tables of several parts.
class FakeSnapshot : public Snapshot, public CopySource {
 public:
  const dumps::Contents& contents() const override { return contents_; }
  std::shared_ptr<const frames::BodyLayout> layout() const override { return layout_; }
  std::vector<SnapshotItem> items() const override {
    std::vector<SnapshotItem> items = {{.id = 0, .name = "head"}};
    for (uint32_t item = 1; item <= kTables; ++item) {
      items.push_back(
          {.id = item, .name = absl::StrCat("table ", item), .estimated_bytes = item * 100});
    }
    return items;
  }
  absl::Status ReadDefinition(const base::Context& context, const SnapshotItem& item,
                              frames::PartSink& sink) override {
    return sink.Write(context, absl::StrCat("definition of ", item.name));
  }
  absl::StatusOr<std::optional<frames::Part>> NextPart(const base::Context& context) override {
    RETURN_IF_ERROR(context.Check());
    frames::Part part;
    part.item = next_item_;
    part.part = next_part_;
    if (next_item_ > kTables) return std::nullopt;
    part.ends_item = next_item_ == 0 || next_part_ + 1 == kParts;
    if (part.ends_item) {
      ++next_item_;
      next_part_ = 0;
    } else {
      ++next_part_;
    }
    return part;
  }
  absl::Status Read(const base::Context& context, int worker, const frames::Part& part,
                    frames::PartSink& sink) override {
    if (worker < 0 || worker > 3) return errs::InternalError("test", "a worker too many");
    if (part.item == 0) return sink.Write(context, "the head");
    // Some parts wait until those before them were read, as those of a leader do.
    const uint64_t number = (part.item - 1) * kParts + part.part;
    const int most = ++reading_;
    for (int seen = most_reading; seen < most;) {
      if (most_reading.compare_exchange_weak(seen, most)) break;
    }
    if (part.part == 1) RETURN_IF_ERROR(AwaitRead(context, number));
    RETURN_IF_ERROR(sink.Write(context, ContentOf(part.item, part.part)));
    if (fails_in == part.item) return errs::SystemError("test", errs::kConnectionFailed, "gone");
    sink.Cut(kRowsOfPart);
    --reading_;
    const absl::MutexLock lock(&mutex_);
    read_.insert(number);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<dumps::TableInfo>> Finish(const base::Context&) override {
    finished = true;
    if (fails_at_end) return errs::SystemError("test", errs::kConnectionFailed, "leader gone");
    return std::vector<dumps::TableInfo>();
  }

  uint32_t fails_in = 0;
  bool fails_at_end = false;
  bool finished = false;
  std::atomic<int> most_reading = 0;

 private:
  // True if all parts before this one were read.
  bool AllRead(uint64_t number) {
    const absl::MutexLock lock(&mutex_);
    uint64_t next = 0;
    for (const uint64_t one : read_) next += one == next ? 1 : 0;
    return next >= number;
  }
  absl::Status AwaitRead(const base::Context& context, uint64_t number) {
    while (!AllRead(number)) RETURN_IF_ERROR(context.Sleep(std::chrono::milliseconds(1)));
    return absl::OkStatus();
  }

  dumps::Contents contents_;
  std::shared_ptr<const frames::BodyLayout> layout_ = std::make_shared<frames::BodyLayout>();
  uint32_t next_item_ = 0;
  uint64_t next_part_ = 0;
  std::atomic<int> reading_ = 0;
  absl::Mutex mutex_;
  std::set<uint64_t> read_ ABSL_GUARDED_BY(mutex_);
};

class FakeRestoration : public Restoration, public CopyDestination {
 public:
  absl::Status Define(const base::Context&) override {
    calls += "define ";
    return absl::OkStatus();
  }
  bool Loads(const frames::Item& item) const override {
    return item.id != 0 && item.id != left_out;
  }
  int workers() const override { return most; }
  absl::Status Load(const base::Context& /*context*/, int worker, const StoredPart& part,
                    base::Reader& bytes) override {
    if (worker < 0 || worker >= most) return errs::InternalError("test", "a worker too many");
    if (fails_in == part.part.item) return errs::UserError("test", errs::kBusy, "full");
    if (!reads) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::string text, base::ReadAll(bytes, 2 * kPartBytes));
    if (text != ContentOf(part.part.item, part.part.part)) {
      return errs::InternalError("test", "another content");
    }
    if (part.rows != kRowsOfPart || part.raw != text.size()) {
      return errs::InternalError("test", "other sums");
    }
    ++loaded;
    if (stop != nullptr) stop->request_stop();
    return absl::OkStatus();
  }
  absl::Status Complete(const base::Context&, int worker) override {
    if (worker == 0) calls += "complete ";
    return absl::OkStatus();
  }
  absl::Status Publish(const base::Context&) override {
    calls += "publish";
    return absl::OkStatus();
  }
  absl::Status Abandon(absl::Status why) override {
    calls += "abandon";
    return why;
  }

  int most = 4;
  uint32_t left_out = 0, fails_in = 0;
  bool reads = true;
  std::stop_source* stop = nullptr;
  std::atomic<int> loaded = 0;
  std::string calls;
};

class NoObserver : public CopyObserver {
 public:
  void Begin(int, const frames::Part&) override {}
  void Add(int, uint64_t bytes) override { bytes_ += bytes; }
  void AddRows(int, uint64_t rows) override { rows_ += rows; }
  void End(int, const frames::Part&) override { ++parts_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t rows() const { return rows_; }
  int parts() const { return parts_; }

 private:
  std::atomic<uint64_t> bytes_ = 0, rows_ = 0;
  std::atomic<int> parts_ = 0;
};

class PartCopierTest : public ::testing::Test {
 protected:
  absl::Status Copy(int jobs) {
    SnapshotBody body(&snapshot_);
    RETURN_IF_ERROR(body.ReadHead(context_));
    return CopyParts(context_, snapshot_, body, restoration_, jobs, observer_);
  }

  std::stop_source stop_;
  base::Context context_{stop_.get_token(), nullptr};
  FakeSnapshot snapshot_;
  FakeRestoration restoration_;
  NoObserver observer_;
};

TEST_F(PartCopierTest, OneWorkerCopiesAllParts) {
  ASSERT_THAT(Copy(1), IsOk());
  EXPECT_EQ(restoration_.loaded, kTables * static_cast<int>(kParts));
  EXPECT_EQ(restoration_.calls, "define complete publish");
  EXPECT_TRUE(snapshot_.finished);
  EXPECT_EQ(observer_.rows(), kTables * kParts * kRowsOfPart);
  EXPECT_EQ(observer_.parts(), kTables * static_cast<int>(kParts));
  EXPECT_GT(observer_.bytes(), kTables * kParts * kPartBytes);
  EXPECT_EQ(snapshot_.most_reading, 1);
}

TEST_F(PartCopierTest, SeveralWorkersCopyEachPartOnce) {
  ASSERT_THAT(Copy(4), IsOk());
  EXPECT_EQ(restoration_.loaded, kTables * static_cast<int>(kParts));
  EXPECT_EQ(restoration_.calls, "define complete publish");
  EXPECT_GT(snapshot_.most_reading, 1);
}

TEST_F(PartCopierTest, NoMoreWorkersThanTheRestorationHas) {
  restoration_.most = 2;
  ASSERT_THAT(Copy(4), IsOk());
  EXPECT_EQ(restoration_.loaded, kTables * static_cast<int>(kParts));
  EXPECT_LE(snapshot_.most_reading, 2);
}

TEST_F(PartCopierTest, PartsThatTheRestorationLeavesOutAreRead) {
  restoration_.left_out = 2;
  ASSERT_THAT(Copy(4), IsOk());
  EXPECT_EQ(restoration_.loaded, (kTables - 1) * static_cast<int>(kParts));
}

TEST_F(PartCopierTest, AnErrorOfTheSourceAbandonsTheRestoration) {
  for (const int jobs : {1, 4}) {
    FakeSnapshot snapshot;
    FakeRestoration restoration;
    snapshot.fails_in = 3;
    SnapshotBody body(&snapshot);
    ASSERT_THAT(body.ReadHead(context_), IsOk());
    EXPECT_THAT(CopyParts(context_, snapshot, body, restoration, jobs, observer_),
                StatusIs(errs::kConnectionFailed, HasSubstr("gone")));
    EXPECT_EQ(restoration.calls, "define abandon");
  }
}

TEST_F(PartCopierTest, AnErrorOfTheTargetAbandonsTheRestoration) {
  for (const int jobs : {1, 4}) {
    FakeSnapshot snapshot;
    FakeRestoration restoration;
    restoration.fails_in = 3;
    SnapshotBody body(&snapshot);
    ASSERT_THAT(body.ReadHead(context_), IsOk());
    EXPECT_THAT(CopyParts(context_, snapshot, body, restoration, jobs, observer_),
                StatusIs(errs::kBusy, HasSubstr("full")));
    EXPECT_EQ(restoration.calls, "define abandon");
  }
}

TEST_F(PartCopierTest, ASnapshotThatEndsWithAnErrorIsNotPublished) {
  snapshot_.fails_at_end = true;
  EXPECT_THAT(Copy(4), StatusIs(errs::kConnectionFailed, HasSubstr("leader gone")));
  EXPECT_EQ(restoration_.calls, "define abandon");
}

TEST_F(PartCopierTest, APartThatIsNotReadToItsEndIsAnError) {
  restoration_.reads = false;
  EXPECT_THAT(Copy(4), StatusIs(errs::kInternal, HasSubstr("not read to its end")));
  EXPECT_EQ(restoration_.calls, "define abandon");
}

TEST_F(PartCopierTest, AStopEndsACopyInTheMiddle) {
  restoration_.stop = &stop_;
  EXPECT_THAT(Copy(4), StatusIs(errs::kCancelled));
  EXPECT_LT(restoration_.loaded, kTables * static_cast<int>(kParts));
  EXPECT_EQ(restoration_.calls, "define abandon");
}

TEST_F(PartCopierTest, TheBodyHasTheHeadAndDefinitions) {
  SnapshotBody body(&snapshot_);
  ASSERT_THAT(body.ReadHead(context_), IsOk());
  EXPECT_TRUE(IsLive(body));
  ASSERT_EQ(body.items().size(), size_t{kTables + 1});
  EXPECT_EQ(body.items()[2].raw, 200U);
  const auto text = [&](size_t item) {
    absl::StatusOr<std::unique_ptr<base::Reader>> reader = body.Open(context_, body.items()[item]);
    return reader.ok() ? base::ReadAll(**reader, kPartBytes).value_or("") : std::string("none");
  };
  EXPECT_EQ(text(0), "the head");
  EXPECT_EQ(text(0), "the head");
  EXPECT_EQ(text(2), "definition of table 2");
  EXPECT_THAT(body.OpenFrames(context_, body.items()[1]), StatusIs(errs::kInternal));
}

}  // namespace
}  // namespace siphon::driver
