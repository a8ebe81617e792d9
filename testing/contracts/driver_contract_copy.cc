// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The tests of copies from a snapshot to a restoration (siphon/driver/part_copier.h), with one
// worker and with several.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/driver/part_copier.h"
#include "siphon/driver/restoration.h"
#include "siphon/driver/snapshot.h"
#include "testing/contracts/driver_contract.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::IsEmpty;
using Access = driver::Driver::Access;

// Calls a function when bytes of a part with rows pass.
class Watcher : public driver::CopyObserver {
 public:
  explicit Watcher(std::function<void()> on_rows) : on_rows_(std::move(on_rows)) {}
  void Begin(int /*worker*/, const frames::Part& part) override {
    rows_ = rows_ || part.content == frames::Content::kRows;
  }
  void Add(int /*worker*/, uint64_t /*bytes*/) override {
    if (rows_) on_rows_();
  }
  void AddRows(int /*worker*/, uint64_t rows) override { count_ += rows; }
  void End(int /*worker*/, const frames::Part& /*part*/) override {}
  uint64_t rows() const { return count_; }

 private:
  const std::function<void()> on_rows_;
  std::atomic<bool> rows_ = false;
  std::atomic<uint64_t> count_ = 0;
};

bool HasParts(driver::Connection* connection) {
  return dynamic_cast<driver::SnapshotSource*>(connection) != nullptr &&
         dynamic_cast<driver::RestorationTarget*>(connection) != nullptr;
}

// errs::kDriverUnsupported, with the driver's reason, if the target refuses.
absl::Status Copy(const base::Context& context, driver::Connection& source,
                  driver::Connection& target, driver::RestoreOptions options, int jobs,
                  driver::CopyObserver& observer) {
  driver::BackupOptions reading;
  reading.jobs = jobs;
  ASSIGN_OR_RETURN(const std::unique_ptr<driver::Snapshot> snapshot,
                   dynamic_cast<driver::SnapshotSource&>(source).OpenSnapshot(context, reading));
  if (snapshot == nullptr || !driver::CanCopy(*snapshot)) {
    return absl::InternalError("the snapshot has no parts");
  }
  driver::SnapshotBody body(snapshot.get());
  RETURN_IF_ERROR(body.ReadHead(context));
  options.jobs = jobs;
  std::string why;
  ASSIGN_OR_RETURN(const std::unique_ptr<driver::Restoration> restoration,
                   dynamic_cast<driver::RestorationTarget&>(target).OpenRestoration(
                       context, options, body, why));
  if (restoration == nullptr) return errs::UserError("test", errs::kDriverUnsupported, why);
  return driver::CopyParts(context, *snapshot, body, *restoration, jobs, observer);
}

}  // namespace

TEST_P(DriverContract, ACopyInPartsGivesOneDatabaseWithOneWorkerAndWithFour) {
  const profile::ConnectionProfile source = Seeded();
  const std::string before = fixture_->Describe(source);
  for (const int jobs : {1, 4}) {
    for (const bool clean : {false, true}) {
      const std::unique_ptr<driver::Connection> from = Connect(source, Access::kRead);
      if (!HasParts(from.get())) return;
      const profile::ConnectionProfile into = clean ? Seeded() : fixture_->EmptyDatabase();
      if (clean) fixture_->Execute(into, "DELETE FROM items");
      const std::unique_ptr<driver::Connection> to = Connect(into, Access::kCreate);
      ASSERT_NE(to, nullptr);
      driver::RestoreOptions options;
      options.clean = clean;
      Watcher watcher([] {});
      const absl::Status status = Copy(context_, *from, *to, options, jobs, watcher);
      // A driver may replace content in another way.
      if (clean && errs::Is(status, errs::kDriverUnsupported)) continue;
      ASSERT_THAT(status, IsOk()) << jobs;
      EXPECT_EQ(fixture_->Describe(into), before) << jobs;
      EXPECT_EQ(fixture_->Describe(source), before) << jobs;
      EXPECT_GE(watcher.rows(), static_cast<uint64_t>(fixture_->CountRows(source, "items")));
      // The connections work on.
      EXPECT_THAT(from->Identity(context_), IsOk());
      EXPECT_THAT(to->Identity(context_), IsOk());
      EXPECT_THAT(from->Close(), IsOk());
      EXPECT_THAT(to->Close(), IsOk());
      EXPECT_THAT(fixture_->Leftovers(), IsEmpty());
    }
  }
}

TEST_P(DriverContract, ACopyInPartsThatIsCancelledChangesNothing) {
  const profile::ConnectionProfile source = Seeded();
  const profile::ConnectionProfile into = fixture_->EmptyDatabase();
  const std::string before = fixture_->Describe(into);
  for (const int jobs : {1, 4}) {
    const std::unique_ptr<driver::Connection> from = Connect(source, Access::kRead);
    if (!HasParts(from.get())) return;
    const std::unique_ptr<driver::Connection> to = Connect(into, Access::kCreate);
    ASSERT_NE(to, nullptr);
    std::stop_source stop;
    Watcher watcher([&] { stop.request_stop(); });
    EXPECT_THAT(Copy(base::Context(stop.get_token(), nullptr), *from, *to, {}, jobs, watcher),
                StatusIs(errs::kCancelled));
    EXPECT_EQ(fixture_->Describe(into), before) << jobs;
    EXPECT_THAT(from->Close(), IsOk());
    EXPECT_THAT(to->Close(), IsOk());
    EXPECT_THAT(fixture_->Leftovers(), IsEmpty());
  }
}

}  // namespace siphon::testing
