// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/contracts/driver_contract.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "testing/children.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/status_matchers.h"

namespace siphon::testing {

using Access = driver::Driver::Access;
using ::testing::IsEmpty;

std::string DriverName(const ::testing::TestParamInfo<DriverFactory>& info) {
  return info.param.name;
}

void DriverContract::SetUp() {
  fixture_ = GetParam().make();
  servers_ = ChildrenOfThisProcess();
}

void DriverContract::TearDown() {
  if (fixture_ == nullptr) return;
  EXPECT_THAT(fixture_->Leftovers(), IsEmpty());
  EXPECT_FALSE(HasChild()) << "a child process is left";
}

bool DriverContract::HasChild() const {
  const std::set<pid_t> children = ChildrenOfThisProcess();
  return std::any_of(children.begin(), children.end(),
                     [&](pid_t child) { return !servers_.contains(child); });
}

profile::ConnectionProfile DriverContract::Seeded() {
  profile::ConnectionProfile profile = fixture_->EmptyDatabase();
  fixture_->Seed(profile);
  return profile;
}

std::unique_ptr<driver::Connection> DriverContract::Connect(
    const profile::ConnectionProfile& profile, Access access) {
  absl::StatusOr<std::unique_ptr<driver::Connection>> connection =
      driver().Connect(context_, profile, access);
  EXPECT_THAT(connection, IsOk());
  return connection.ok() ? *std::move(connection) : nullptr;
}

std::string DriverContract::BackUp(const profile::ConnectionProfile& profile,
                                   const driver::BackupOptions& options) {
  EXPECT_THAT(driver().CheckBackupOptions(options), IsOk());
  const std::unique_ptr<driver::Connection> connection = Connect(profile, Access::kRead);
  if (connection == nullptr) return "";
  MemoryTarget target;
  EXPECT_THAT(connection->Backup(context_, options, target), IsOk());
  EXPECT_THAT(connection->Close(), IsOk());
  EXPECT_GE(target.begins(), 1);
  return target.data();
}

absl::Status DriverContract::Restore(const profile::ConnectionProfile& profile,
                                     const std::string& body,
                                     const driver::RestoreOptions& options) {
  absl::StatusOr<std::unique_ptr<driver::Connection>> connection =
      driver().Connect(context_, profile, Access::kWrite);
  if (!connection.ok()) return connection.status();
  PieceReader reader(body);
  const absl::Status status = (*connection)->Restore(context_, options, reader);
  EXPECT_THAT((*connection)->Close(), IsOk());
  return status;
}

}  // namespace siphon::testing
