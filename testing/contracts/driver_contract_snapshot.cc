// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The tests of snapshots (siphon/driver/snapshot.h), with one worker and with several.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/io.h"
#include "siphon/base/workers.h"
#include "siphon/domain/frames/appender.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame_packer.h"
#include "siphon/domain/frames/part_writer.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/driver/snapshot.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/contracts/driver_contract.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using Access = driver::Driver::Access;

// Keeps the bytes of a part. Its error comes after so many bytes.
class TextSink : public frames::PartSink {
 public:
  explicit TextSink(size_t most = std::string::npos) : most_(most) {}
  absl::Status Write(const base::Context&, std::string_view data) override {
    text_ += data;
    if (text_.size() <= most_) return absl::OkStatus();
    return errs::SystemError("test", errs::kIo, "the sink is full");
  }
  void Cut(uint64_t) override {}
  const std::string& text() const { return text_; }

 private:
  size_t most_;
  std::string text_;
};

// The parts of a snapshot, as workers read them. A format that is compressed itself has frames.
class Parts {
 public:
  explicit Parts(driver::Snapshot* snapshot) : snapshot_(*snapshot), layout_(snapshot->layout()) {
    if (layout_ == nullptr || !snapshot->contents().compressed) return;
    appender_.emplace(layout_.get(), &body_, frames::Appender::Options{.archive = 1});
  }

  // Reads parts until there are none.
  absl::Status Work(const base::Context& context, int worker) {
    ASSIGN_OR_RETURN(frames::FramePacker packer, frames::FramePacker::Create(1));
    while (true) {
      uint64_t number = 0;
      std::optional<frames::Part> part;
      std::optional<frames::PartWriter> writer;
      {
        const absl::MutexLock lock(&mutex_);
        ASSIGN_OR_RETURN(part, snapshot_.NextPart(context));
        if (!part.has_value()) return absl::OkStatus();
        number = count_++;
        EXPECT_TRUE(!last_.has_value() || Follows(*last_, *part));
        last_ = part;
        if (appender_.has_value()) {
          ASSIGN_OR_RETURN(frames::Appender::Claimed claimed,
                           appender_->Claim(context, {part->item, part->name, part->part}));
          writer.emplace(&packer, std::move(claimed),
                         frames::PartWriter::Options{.content = part->content,
                                                     .ends_item = part->ends_item,
                                                     .stored = part->stored,
                                                     .range = part->range});
        }
      }
      if (writer.has_value()) {
        absl::Status status = snapshot_.Read(context, worker, *part, *writer);
        RETURN_IF_ERROR(status.ok() ? writer->End(context) : writer->Fail(std::move(status)));
        continue;
      }
      TextSink sink;
      RETURN_IF_ERROR(snapshot_.Read(context, worker, *part, sink));
      const absl::MutexLock lock(&mutex_);
      texts_[number] = sink.text();
    }
  }

  absl::StatusOr<std::string> Body() {
    const absl::MutexLock lock(&mutex_);
    EXPECT_TRUE(last_.has_value() && last_->ends_item);
    if (appender_.has_value()) {
      RETURN_IF_ERROR(appender_->Finish(base::Context()).status());
      return body_.data();
    }
    std::string body;
    for (const auto& [number, text] : texts_) body += text;
    return body;
  }
  uint64_t count() const {
    const absl::MutexLock lock(&mutex_);
    return count_;
  }

 private:
  static bool Follows(const frames::Part& a, const frames::Part& b) {
    if (a.ends_item) return b.item != a.item && b.part == 0;
    return b.item == a.item && b.part == a.part + 1;
  }

  driver::Snapshot& snapshot_;
  const std::shared_ptr<const frames::BodyLayout> layout_;
  base::StringWriter body_;
  std::optional<frames::Appender> appender_;
  mutable absl::Mutex mutex_;
  uint64_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<frames::Part> last_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, std::string> texts_ ABSL_GUARDED_BY(mutex_);
};

// The body of a snapshot whose parts several workers read.
absl::StatusOr<std::string> ReadBody(const base::Context& context, driver::Snapshot& snapshot,
                                     int jobs) {
  if (snapshot.layout() == nullptr) jobs = 1;
  while (true) {
    Parts parts(&snapshot);
    absl::Status status = base::RunWorkers(
        context, jobs,
        [&](const base::Context& inner, int worker) { return parts.Work(inner, worker); });
    if (status.ok()) {
      RETURN_IF_ERROR(snapshot.Finish(context).status());
      return parts.Body();
    }
    if (!snapshot.lost()) return status;
    RETURN_IF_ERROR(snapshot.Reopen(context));
  }
}

}  // namespace

TEST_P(DriverContract, ASnapshotGivesOneBodyToOneWorkerAndToFour) {
  const profile::ConnectionProfile source = Seeded();
  for (const int jobs : {1, 4}) {
    const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
    ASSERT_NE(connection, nullptr);
    absl::StatusOr<std::unique_ptr<driver::Snapshot>> snapshot =
        driver::OpenSnapshot(context_, *connection, {});
    ASSERT_THAT(snapshot, IsOk());
    EXPECT_FALSE((*snapshot)->contents().engine_version.empty());
    const absl::StatusOr<std::string> body = ReadBody(context_, **snapshot, jobs);
    ASSERT_THAT(body, IsOk());
    snapshot->reset();
    EXPECT_THAT(connection->Close(), IsOk());
    const profile::ConnectionProfile target = fixture_->EmptyDatabase();
    ASSERT_THAT(Restore(target, *body), IsOk());
    EXPECT_EQ(fixture_->Describe(target), fixture_->Describe(source)) << jobs;
  }
}

TEST_P(DriverContract, ASnapshotReadByFourWorkersIsOneStateWhileOthersWrite) {
  for (const DriverFixture::Meeting& meeting : fixture_->Meetings()) {
    SCOPED_TRACE(meeting.name);
    const int64_t sum = fixture_->SumOfAccounts(meeting.profile);
    const std::unique_ptr<ConcurrentWriter> writer = fixture_->StartWriting(meeting.profile);
    while (writer->commits() == 0) std::this_thread::yield();
    const std::unique_ptr<driver::Connection> connection = Connect(meeting.profile, Access::kRead);
    ASSERT_NE(connection, nullptr);
    absl::StatusOr<std::unique_ptr<driver::Snapshot>> snapshot =
        driver::OpenSnapshot(context_, *connection, {});
    ASSERT_THAT(snapshot, IsOk());
    const absl::StatusOr<std::string> body = ReadBody(context_, **snapshot, 4);
    ASSERT_THAT(body, IsOk());
    EXPECT_LT(writer->longest(), fixture_->LongestStep());
    snapshot->reset();
    const profile::ConnectionProfile target = fixture_->EmptyDatabase();
    ASSERT_THAT(Restore(target, *body), IsOk());
    EXPECT_EQ(fixture_->SumOfAccounts(target), sum);
  }
}

TEST_P(DriverContract, AFailureOfTheSinkIsTheResultOfThePart) {
  const profile::ConnectionProfile source = Seeded();
  const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
  ASSERT_NE(connection, nullptr);
  absl::StatusOr<std::unique_ptr<driver::Snapshot>> snapshot =
      driver::OpenSnapshot(context_, *connection, {});
  ASSERT_THAT(snapshot, IsOk());
  const absl::StatusOr<std::optional<frames::Part>> part = (*snapshot)->NextPart(context_);
  ASSERT_THAT(part, IsOk());
  ASSERT_TRUE(part->has_value());
  TextSink sink(/*most=*/100);
  EXPECT_THAT((*snapshot)->Read(context_, 0, **part, sink), StatusIs(errs::kIo));
  EXPECT_FALSE((*snapshot)->lost());
  snapshot->reset();
  EXPECT_THAT(connection->Close(), IsOk());
}

TEST_P(DriverContract, ASnapshotCanBeGivenUpAtAnyTime) {
  const profile::ConnectionProfile source = Seeded();
  const std::string before = fixture_->Describe(source);
  for (const int parts : {0, 1, 2}) {
    const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
    ASSERT_NE(connection, nullptr);
    absl::StatusOr<std::unique_ptr<driver::Snapshot>> snapshot =
        driver::OpenSnapshot(context_, *connection, {});
    ASSERT_THAT(snapshot, IsOk());
    // The last of them is claimed, and not read.
    for (int i = 0; i < parts; ++i) {
      const absl::StatusOr<std::optional<frames::Part>> part = (*snapshot)->NextPart(context_);
      ASSERT_THAT(part, IsOk());
      if (!part->has_value() || i + 1 == parts) continue;
      TextSink sink;
      EXPECT_THAT((*snapshot)->Read(context_, 0, **part, sink), IsOk());
    }
    snapshot->reset();
    EXPECT_THAT(connection->Close(), IsOk());
  }
  EXPECT_EQ(fixture_->Describe(source), before);
}

TEST_P(DriverContract, ASnapshotEndsWithItsContext) {
  const profile::ConnectionProfile source = Seeded();
  for (const int jobs : {1, 4}) {
    std::stop_source stop;
    const base::Context context(stop.get_token(), nullptr);
    const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
    ASSERT_NE(connection, nullptr);
    absl::StatusOr<std::unique_ptr<driver::Snapshot>> snapshot =
        driver::OpenSnapshot(context, *connection, {});
    ASSERT_THAT(snapshot, IsOk());
    stop.request_stop();
    EXPECT_THAT(ReadBody(context, **snapshot, jobs), StatusIs(errs::kCancelled));
  }
  std::stop_source stopped;
  stopped.request_stop();
  const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
  ASSERT_NE(connection, nullptr);
  EXPECT_THAT(driver::OpenSnapshot(base::Context(stopped.get_token(), nullptr), *connection, {}),
              StatusIs(errs::kCancelled));
}

}  // namespace siphon::testing
