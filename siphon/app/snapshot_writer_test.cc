// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/snapshot_writer.h"

#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/clock.h"
#include "siphon/base/context.h"
#include "siphon/base/event.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/dumps/dump_frames.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/domain/storage/local_store.h"
#include "siphon/domain/storage/store.h"
#include "siphon/driver/snapshot.h"
#include "testing/event_log.h"
#include "testing/status_matchers.h"

namespace siphon::app {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;

// A snapshot of two items of several parts.
class FakeSnapshot : public driver::Snapshot {
 public:
  static constexpr uint64_t kParts = 6;

  explicit FakeSnapshot(std::string state = "first") : state_(std::move(state)) {
    contents_.engine_version = state_;
    contents_.tables = {{"a", 0, 0}, {"b", 0, 0}};
    contents_.rows_estimated = true;
  }

  static std::string RowsOf(const std::string& state, uint32_t item, uint64_t part) {
    std::string rows;
    for (uint64_t row = 0; row < 1000 * (part + 1); ++row) {
      absl::StrAppend(&rows, state, " ", item, " ", part, " ", row * 2654435761u % 1000003, "\n");
    }
    return rows;
  }
  static std::string BodyOf(const std::string& state) {
    std::string body;
    for (const uint32_t item : {1u, 2u}) {
      for (uint64_t part = 0; part < kParts; ++part) body += RowsOf(state, item, part);
    }
    return body;
  }

  const dumps::Contents& contents() const override { return contents_; }
  std::shared_ptr<const frames::BodyLayout> layout() const override {
    return stream ? nullptr : layout_;
  }
  bool lost() const override { return lost_; }
  size_t tables() const override { return 2; }

  absl::StatusOr<std::optional<frames::Part>> NextPart(const base::Context& context) override {
    RETURN_IF_ERROR(context.Check());
    if (next_ == 2 * kParts) return std::nullopt;
    frames::Part part;
    part.item = static_cast<uint32_t>(1 + next_ / kParts);
    part.name = part.item == 1 ? "a" : "b";
    part.part = next_ % kParts;
    part.ends_item = part.part + 1 == kParts;
    part.range = absl::StrCat("rows of part ", part.part);
    if (contents_.estimated_bytes > 0) part.estimated_bytes = EstimateOf(part.item, part.part);
    ++next_;
    return part;
  }

  absl::Status Read(const base::Context& context, int worker, const frames::Part& part,
                    frames::PartSink& sink) override {
    if (on_read != nullptr) RETURN_IF_ERROR(on_read(context, worker, part));
    const std::string rows = RowsOf(state_, part.item, part.part);
    for (size_t at = 0; at < rows.size();) {
      const size_t end = rows.find('\n', at) + 1;
      RETURN_IF_ERROR(sink.Write(context, std::string_view(rows).substr(at, end - at)));
      sink.Cut(1);
      at = end;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<dumps::TableInfo>> Finish(const base::Context&) override {
    finished = true;
    return std::vector<dumps::TableInfo>{{"a", 21'000, 0}, {"b", 21'000, 0}};
  }

  absl::Status Reopen(const base::Context&) override {
    RETURN_IF_ERROR(reopen);
    lost_ = false;
    next_ = 0;
    state_ = contents_.engine_version = "second";
    return absl::OkStatus();
  }
  // Estimates half of the bytes from now on.
  void Estimate() {
    for (const uint32_t item : {1u, 2u}) {
      for (uint64_t part = 0; part < kParts; ++part) {
        contents_.estimated_bytes += EstimateOf(item, part);
      }
    }
  }
  absl::Status Lose() {
    lost_ = true;
    return errs::SystemError("test", errs::kBusy, "changed");
  }

  std::function<absl::Status(const base::Context&, int worker, const frames::Part&)> on_read;
  absl::Status reopen;
  bool stream = false;
  bool finished = false;

 private:
  uint64_t EstimateOf(uint32_t item, uint64_t part) const {
    return RowsOf(state_, item, part).size() / 2;
  }

  std::string state_;
  dumps::Contents contents_;
  std::shared_ptr<const frames::BodyLayout> layout_ = std::make_shared<frames::BodyLayout>();
  std::atomic<bool> lost_ = false;
  uint64_t next_ = 0;
};

class SnapshotWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/snapshot-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    store_ = storage::MakeLocalStore(directory_);
    catalog_ = std::make_unique<dumps::Catalog>(store_.get(), &base::Clock::System());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  absl::StatusOr<dumps::Sidecar> Write(driver::Snapshot& snapshot, int jobs, int compression = 1,
                                       const base::Context& context = base::Context()) {
    ASSIGN_OR_RETURN(const std::unique_ptr<dumps::PendingDump> dump,
                     catalog_->Create(context, {"prod", "sqlite", compression}));
    base::Stage stage(context, "backup");
    RETURN_IF_ERROR(WriteSnapshot(context, snapshot, *dump, {jobs, compression}, stage));
    return dump->Commit();
  }
  absl::StatusOr<std::string> ReadBody(const std::string& id) {
    ASSIGN_OR_RETURN(const dumps::OpenDump dump, catalog_->Open(base::Context(), id));
    return base::ReadAll(*dump.body, size_t{64} << 20);
  }
  size_t Files() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(directory_), {}));
  }

  std::string directory_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<dumps::Catalog> catalog_;
};

TEST_F(SnapshotWriterTest, AnyNumberOfWorkersWritesTheSameBody) {
  for (const int jobs : {1, 2, 4, 16}) {
    FakeSnapshot snapshot;
    ASSERT_OK_AND_ASSIGN(const dumps::Sidecar sidecar, Write(snapshot, jobs));
    EXPECT_THAT(ReadBody(sidecar.id), IsOkAndHolds(Eq(FakeSnapshot::BodyOf("first")))) << jobs;
    EXPECT_TRUE(snapshot.finished);
    EXPECT_THAT(sidecar.tables,
                ElementsAre(dumps::TableInfo{"a", 21'000, 0}, dumps::TableInfo{"b", 21'000, 0}));
    ASSERT_OK_AND_ASSIGN(const auto frames, dumps::OpenFrames(base::Context(), *store_, sidecar));
    ASSERT_TRUE(frames.has_value());
    EXPECT_OK(dumps::CheckFrames(base::Context(), *frames, frames::BodyLayout(), sidecar.id,
                                 [](uint64_t) {}));
    ASSERT_NE(frames->index().Find("b"), nullptr);
    EXPECT_EQ(frames->index().Find("b")->rows, 21'000u);
  }
}

TEST_F(SnapshotWriterTest, TheSnapshotMayEndBeforeTheCommit) {
  const base::Context context;
  ASSERT_OK_AND_ASSIGN(const auto dump, catalog_->Create(context, {"prod", "sqlite", 1}));
  base::Stage stage(context, "backup");
  auto snapshot = std::make_unique<FakeSnapshot>();
  ASSERT_OK(WriteSnapshot(context, *snapshot, *dump, {2, 1}, stage));
  snapshot.reset();
  ASSERT_OK_AND_ASSIGN(const dumps::Sidecar sidecar, dump->Commit());
  EXPECT_THAT(ReadBody(sidecar.id), IsOkAndHolds(Eq(FakeSnapshot::BodyOf("first"))));
}

TEST_F(SnapshotWriterTest, PartsMayEndInAnyOrder) {
  // The first part waits until a later one was read.
  FakeSnapshot snapshot;
  absl::Notification later;
  snapshot.on_read = [&](const base::Context&, int, const frames::Part& part) {
    if (part.item == 1 && part.part == 0) later.WaitForNotification();
    if (part.item == 1 && part.part == 3) later.Notify();
    return absl::OkStatus();
  };
  ASSERT_OK_AND_ASSIGN(const dumps::Sidecar sidecar, Write(snapshot, 2));
  EXPECT_THAT(ReadBody(sidecar.id), IsOkAndHolds(Eq(FakeSnapshot::BodyOf("first"))));
}

TEST_F(SnapshotWriterTest, APartThatFailsEndsTheBackupAndLeavesNothing) {
  for (const int jobs : {1, 4}) {
    for (const uint64_t failing : {uint64_t{0}, uint64_t{3}, FakeSnapshot::kParts - 1}) {
      FakeSnapshot snapshot;
      snapshot.on_read = [&](const base::Context&, int, const frames::Part& part) {
        return part.item == 2 && part.part == failing
                   ? errs::SystemError("test", errs::kDatabase, "no such table")
                   : absl::OkStatus();
      };
      EXPECT_THAT(Write(snapshot, jobs), StatusIs(errs::kDatabase, HasSubstr("no such table")));
      EXPECT_FALSE(snapshot.finished);
      EXPECT_EQ(Files(), 0u);
    }
  }
}

TEST_F(SnapshotWriterTest, ACancelInTheMiddleEndsAllWorkersAndLeavesNothing) {
  for (const int jobs : {1, 4}) {
    std::stop_source stop;
    FakeSnapshot snapshot;
    snapshot.on_read = [&](const base::Context& context, int, const frames::Part& part) {
      if (part.item == 1 && part.part == 4) stop.request_stop();
      return context.Check();
    };
    EXPECT_THAT(Write(snapshot, jobs, 1, base::Context(stop.get_token(), nullptr)),
                StatusIs(errs::kCancelled));
    EXPECT_EQ(Files(), 0u);
  }
}

TEST_F(SnapshotWriterTest, ProgressNamesTheTable) {
  testing::EventLog log;
  FakeSnapshot snapshot;
  snapshot.on_read = [](const base::Context& context, int, const frames::Part& part) {
    // Longer than the pause between two events of progress.
    return part.part == 0 ? context.Sleep(std::chrono::milliseconds(120)) : absl::OkStatus();
  };
  ASSERT_OK(Write(snapshot, 1, 1, base::Context(std::stop_token(), &log)));
  std::vector<std::string> tables;
  for (const base::Event& event : log.events()) {
    if (event.kind != base::Event::Kind::kProgress) continue;
    if (tables.empty() || tables.back() != event.table) tables.push_back(event.table);
  }
  EXPECT_THAT(tables, ElementsAre("a", "b"));
}

TEST_F(SnapshotWriterTest, ALostSnapshotBeginsAgain) {
  for (const int jobs : {1, 4}) {
    for (const int compression : {0, 1}) {
      FakeSnapshot snapshot;
      std::atomic<int> losses = 0;
      snapshot.on_read = [&](const base::Context&, int, const frames::Part& part) {
        if (part.item != 2 || part.part != 1 || losses++ > 0) return absl::OkStatus();
        return snapshot.Lose();
      };
      ASSERT_OK_AND_ASSIGN(const dumps::Sidecar sidecar, Write(snapshot, jobs, compression));
      EXPECT_EQ(sidecar.engine_version, "second");
      EXPECT_THAT(ReadBody(sidecar.id), IsOkAndHolds(Eq(FakeSnapshot::BodyOf("second"))));
      EXPECT_OK(catalog_->Remove(base::Context(), sidecar.id));
    }
  }
}

TEST_F(SnapshotWriterTest, ASnapshotThatCannotBeOpenedAgainIsTheError) {
  FakeSnapshot snapshot;
  snapshot.reopen = errs::SystemError("test", errs::kBusy, "it changed too often");
  snapshot.on_read = [&](const base::Context&, int, const frames::Part&) {
    return snapshot.Lose();
  };
  EXPECT_THAT(Write(snapshot, 4), StatusIs(errs::kBusy, HasSubstr("too often")));
  EXPECT_EQ(Files(), 0u);
}

TEST_F(SnapshotWriterTest, ReportsTablesRowsJobsAndTheBytesThatAreLeft) {
  for (const int jobs : {1, 4}) {
    FakeSnapshot snapshot;
    snapshot.Estimate();
    snapshot.on_read = [](const base::Context& context, int, const frames::Part&) {
      return context.Sleep(std::chrono::milliseconds(40));
    };
    siphon::testing::EventLog log;
    const base::Context context(std::stop_token(), &log);
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<dumps::PendingDump> dump,
                         catalog_->Create(context, {"prod", "sqlite", 1}));
    base::Stage stage(context, "backup");
    ASSERT_OK(WriteSnapshot(context, snapshot, *dump, {jobs, 1}, stage));
    EXPECT_OK(stage.Finish(absl::OkStatus()));
    const std::vector<base::Event> events = log.events();
    int progress = 0;
    uint64_t done = 0, rows = 0;
    for (const base::Event& event : events) {
      if (event.kind != base::Event::Kind::kProgress) continue;
      ++progress;
      ASSERT_TRUE(event.tables.has_value() && event.rows.has_value());
      EXPECT_EQ(event.tables->total, 2u);
      EXPECT_GE(event.tables->done, std::exchange(done, event.tables->done));
      EXPECT_GE(*event.rows, std::exchange(rows, *event.rows));
      EXPECT_LE(event.workers.size(), static_cast<size_t>(jobs));
      for (const base::WorkerProgress& worker : event.workers) {
        EXPECT_THAT(worker.number, ::testing::AllOf(::testing::Ge(1), ::testing::Le(jobs)));
        EXPECT_THAT(worker.part, ::testing::MatchesRegex("(a|b) rows of part [0-5]"));
      }
    }
    EXPECT_GT(progress, 0);
    // The estimate, which is half of what is read, was corrected.
    const base::Event& end = events.back();
    EXPECT_EQ(end.kind, base::Event::Kind::kDone);
    EXPECT_EQ(end.tables->done, 2u);
    EXPECT_EQ(end.rows, 42'000u);
    EXPECT_EQ(end.bytes, FakeSnapshot::BodyOf("first").size());
    EXPECT_EQ(end.total_bytes, end.bytes);
  }
}

TEST_F(SnapshotWriterTest, WithoutCompressionOrLayoutTheBodyIsOneStream) {
  for (const bool stream : {false, true}) {
    FakeSnapshot snapshot;
    snapshot.stream = stream;
    snapshot.on_read = [](const base::Context&, int worker, const frames::Part&) {
      return worker == 0 ? absl::OkStatus() : errs::InternalError("test", "another worker");
    };
    EXPECT_FALSE(HasFrames(snapshot, {4, stream ? 1 : 0}));
    ASSERT_OK_AND_ASSIGN(const dumps::Sidecar sidecar, Write(snapshot, 4, stream ? 1 : 0));
    EXPECT_EQ(sidecar.index, std::nullopt);
    EXPECT_THAT(ReadBody(sidecar.id), IsOkAndHolds(Eq(FakeSnapshot::BodyOf("first"))));
    EXPECT_EQ(sidecar.tables.size(), 2u);
  }
  const FakeSnapshot snapshot;
  EXPECT_TRUE(HasFrames(snapshot, {1, 1}));
}

}  // namespace
}  // namespace siphon::app
