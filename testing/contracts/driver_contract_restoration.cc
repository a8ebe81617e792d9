// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The tests of restorations (siphon/driver/restoration.h), with one worker and with several.

#include <atomic>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/driver/restoration.h"
#include "siphon/driver/snapshot.h"
#include "testing/contracts/driver_contract.h"
#include "testing/contracts/framed_dump.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using Access = driver::Driver::Access;

// The database in frames; null if the driver does not write any. A failure fails the test.
std::unique_ptr<FramedDump> WriteFrames(const base::Context& context,
                                        driver::Connection& connection) {
  absl::StatusOr<std::unique_ptr<driver::Snapshot>> snapshot =
      driver::OpenSnapshot(context, connection, {});
  EXPECT_THAT(snapshot, IsOk());
  if (!snapshot.ok()) return nullptr;
  absl::StatusOr<std::unique_ptr<FramedDump>> dump = FramedDump::Write(context, **snapshot);
  EXPECT_THAT(dump, IsOk());
  return dump.ok() ? *std::move(dump) : nullptr;
}

driver::RestorationTarget* AsTarget(const std::unique_ptr<driver::Connection>& connection) {
  return dynamic_cast<driver::RestorationTarget*>(connection.get());
}

verbs::RestoreOptions WithJobs(int jobs) {
  verbs::RestoreOptions options;
  options.jobs = jobs;
  return options;
}

}  // namespace

TEST_P(DriverContract, ARestorationGivesOneDatabaseWithOneWorkerAndWithFour) {
  const profile::ConnectionProfile source = Seeded();
  const std::unique_ptr<driver::Connection> reader = Connect(source, Access::kRead);
  ASSERT_NE(reader, nullptr);
  if (AsTarget(reader) == nullptr) return;
  const std::unique_ptr<FramedDump> dump = WriteFrames(context_, *reader);
  ASSERT_NE(dump, nullptr);
  for (const int jobs : {1, 4}) {
    for (const bool clean : {false, true}) {
      const profile::ConnectionProfile target = clean ? Seeded() : fixture_->EmptyDatabase();
      if (clean) fixture_->Execute(target, "DELETE FROM items");
      const std::unique_ptr<driver::Connection> connection = Connect(target, Access::kCreate);
      ASSERT_NE(connection, nullptr);
      verbs::RestoreOptions options = WithJobs(jobs);
      options.clean = clean;
      const absl::Status status = RestoreFrames(context_, *AsTarget(connection), *dump, options);
      // A driver may replace content in another way.
      if (clean && errs::Is(status, errs::kDriverUnsupported)) continue;
      ASSERT_THAT(status, IsOk()) << jobs;
      EXPECT_EQ(fixture_->Describe(target), fixture_->Describe(source)) << jobs;
      // The connection works on.
      EXPECT_THAT(connection->Identity(context_), IsOk());
      EXPECT_THAT(connection->Close(), IsOk());
    }
  }
}

TEST_P(DriverContract, ARestorationThatFailsChangesNothing) {
  const profile::ConnectionProfile source = Seeded();
  const std::unique_ptr<driver::Connection> reader = Connect(source, Access::kRead);
  ASSERT_NE(reader, nullptr);
  if (AsTarget(reader) == nullptr) return;
  const std::unique_ptr<FramedDump> dump = WriteFrames(context_, *reader);
  ASSERT_NE(dump, nullptr);
  const profile::ConnectionProfile target = fixture_->EmptyDatabase();
  const std::string before = fixture_->Describe(target);
  for (const int jobs : {1, 4}) {
    // Cancelled while parts are loaded.
    std::stop_source stop;
    std::atomic<int> parts = 0;
    const std::unique_ptr<driver::Connection> connection = Connect(target, Access::kCreate);
    ASSERT_NE(connection, nullptr);
    EXPECT_THAT(RestoreFrames(base::Context(stop.get_token(), nullptr), *AsTarget(connection),
                              *dump, WithJobs(jobs),
                              [&] {
                                if (++parts == 2) stop.request_stop();
                              }),
                StatusIs(errs::kCancelled));
    EXPECT_EQ(fixture_->Describe(target), before) << jobs;
    // Never published.
    std::string why;
    const verbs::RestoreOptions options = WithJobs(jobs);
    absl::StatusOr<std::unique_ptr<driver::Restoration>> restoration =
        AsTarget(connection)->OpenRestoration(context_, options, dump->body(), why);
    ASSERT_THAT(restoration, IsOk());
    ASSERT_NE(*restoration, nullptr) << why;
    EXPECT_THAT((*restoration)->Define(context_), IsOk());
    restoration->reset();
    EXPECT_EQ(fixture_->Describe(target), before) << jobs;
  }
  ASSERT_THAT(dump->Damage(), IsOk());
  for (const int jobs : {1, 4}) {
    const std::unique_ptr<driver::Connection> connection = Connect(target, Access::kCreate);
    ASSERT_NE(connection, nullptr);
    EXPECT_THAT(RestoreFrames(context_, *AsTarget(connection), *dump, WithJobs(jobs)),
                StatusIs(errs::kIntegrity));
    EXPECT_EQ(fixture_->Describe(target), before) << jobs;
  }
}

TEST_P(DriverContract, ARestorationRefusesATargetThatIsNotEmpty) {
  const profile::ConnectionProfile source = Seeded();
  const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kCreate);
  ASSERT_NE(connection, nullptr);
  if (AsTarget(connection) == nullptr) return;
  const std::unique_ptr<FramedDump> dump = WriteFrames(context_, *connection);
  ASSERT_NE(dump, nullptr);
  std::string why;
  const verbs::RestoreOptions options = WithJobs(4);
  EXPECT_THAT(AsTarget(connection)->OpenRestoration(context_, options, dump->body(), why),
              StatusIs(errs::kTargetNotEmpty));
}

}  // namespace siphon::testing
