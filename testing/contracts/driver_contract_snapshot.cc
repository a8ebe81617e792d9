// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The tests of snapshots (siphon/driver/snapshot.h), with one worker and with several.

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/driver/snapshot.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/contracts/driver_contract.h"
#include "testing/contracts/snapshot_body.h"
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

// The options of a backup with so many jobs, if the driver takes them.
driver::BackupOptions OptionsFor(driver::Driver& driver, int jobs) {
  driver::BackupOptions options;
  options.jobs = jobs;
  return driver.CheckBackupOptions(options).ok() ? options : driver::BackupOptions();
}

}  // namespace

TEST_P(DriverContract, ASnapshotGivesOneBodyToOneWorkerAndToFour) {
  const profile::ConnectionProfile source = Seeded();
  for (const int jobs : {1, 4}) {
    const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
    ASSERT_NE(connection, nullptr);
    absl::StatusOr<std::unique_ptr<driver::Snapshot>> snapshot =
        driver::OpenSnapshot(context_, *connection, OptionsFor(driver(), jobs));
    ASSERT_THAT(snapshot, IsOk());
    EXPECT_FALSE((*snapshot)->contents().engine_version.empty());
    const absl::StatusOr<SnapshotBody> body = ReadSnapshot(context_, **snapshot, {.jobs = jobs});
    ASSERT_THAT(body, IsOk());
    std::set<uint32_t> tables;
    uint64_t estimate = 0;
    for (const frames::Part& part : body->parts) {
      if (part.content == frames::Content::kRows) tables.insert(part.item);
      estimate += part.estimated_bytes;
    }
    if ((*snapshot)->tables() > 0) {
      EXPECT_EQ(tables.size(), (*snapshot)->tables());
    }
    EXPECT_LE(estimate, (*snapshot)->contents().estimated_bytes);
    snapshot->reset();
    EXPECT_THAT(connection->Close(), IsOk());
    const profile::ConnectionProfile target = fixture_->EmptyDatabase();
    ASSERT_THAT(Restore(target, body->text), IsOk());
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
        driver::OpenSnapshot(context_, *connection, OptionsFor(driver(), 4));
    ASSERT_THAT(snapshot, IsOk());
    const absl::StatusOr<SnapshotBody> body = ReadSnapshot(context_, **snapshot);
    ASSERT_THAT(body, IsOk());
    EXPECT_LT(writer->longest(), fixture_->LongestStep());
    snapshot->reset();
    const profile::ConnectionProfile target = fixture_->EmptyDatabase();
    ASSERT_THAT(Restore(target, body->text), IsOk());
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
        driver::OpenSnapshot(context, *connection, OptionsFor(driver(), jobs));
    ASSERT_THAT(snapshot, IsOk());
    stop.request_stop();
    EXPECT_THAT(ReadSnapshot(context, **snapshot, {.jobs = jobs}), StatusIs(errs::kCancelled));
  }
  std::stop_source stopped;
  stopped.request_stop();
  const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
  ASSERT_NE(connection, nullptr);
  EXPECT_THAT(driver::OpenSnapshot(base::Context(stopped.get_token(), nullptr), *connection, {}),
              StatusIs(errs::kCancelled));
}

}  // namespace siphon::testing
