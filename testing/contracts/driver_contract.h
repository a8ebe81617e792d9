// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_CONTRACTS_DRIVER_CONTRACT_H_
#define TESTING_CONTRACTS_DRIVER_CONTRACT_H_

#include <sys/types.h>

#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/driver/driver.h"
#include "testing/contracts/driver_fixture.h"

namespace siphon::testing {

// The contract of every driver (siphon/driver/driver.h, docs/contracts.md#driver-suite). A claimed
// capability is exercised; an unclaimed one must be refused before anything starts. Usage:
//   INSTANTIATE_TEST_SUITE_P(Sqlite, DriverContract, Values(DriverFactory{...}), DriverName);
class DriverContract : public ::testing::TestWithParam<DriverFactory> {
 protected:
  void SetUp() override;
  void TearDown() override;

  driver::Driver& driver() { return fixture_->driver(); }
  driver::Capabilities capabilities() { return fixture_->driver().capabilities(); }
  // Opens a connection. On an error the test fails and null is returned.
  std::unique_ptr<driver::Connection> Connect(const profile::ConnectionProfile& profile,
                                              driver::Driver::Access access);
  // A new database, filled by Seed().
  profile::ConnectionProfile Seeded();
  // Backs up and returns the body; an error fails the test.
  std::string BackUp(const profile::ConnectionProfile& profile,
                     const driver::BackupOptions& options = {});
  absl::Status Restore(const profile::ConnectionProfile& profile, const std::string& body,
                       const driver::RestoreOptions& options = {});

  // True if this process has a child process, running or not reaped, other than the servers of the
  // fixture.
  bool HasChild() const;

  base::Context context_;
  std::unique_ptr<DriverFixture> fixture_;
  std::set<pid_t> servers_;  // The children that the fixture started.
};

std::string DriverName(const ::testing::TestParamInfo<DriverFactory>& info);

}  // namespace siphon::testing

#endif  // TESTING_CONTRACTS_DRIVER_CONTRACT_H_
