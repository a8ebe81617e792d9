// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_KILLED_RESTORE_H_
#define DRIVERS_MYSQLCOMMON_KILLED_RESTORE_H_

#include <memory>
#include <string>
#include <string_view>

#include "drivers/mysqlcommon/fixture.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/settings.h"
#include "drivers/mysqlcommon/swap_journal.h"
#include "gtest/gtest.h"
#include "siphon/domain/profile/profile.h"
#include "testing/servers/mysql.h"

namespace siphon::mysqlcommon {

// A test, with each server, of what a killed restore leaves: a scratch database, one for the
// replaced tables, and a journal.
class KilledRestoreTest : public ::testing::TestWithParam<std::string> {
 protected:
  static constexpr char kScratch[] = "siphon_scratch_fedcba9876543210";
  static constexpr char kOld[] = "siphon_old_fedcba9876543210";

  // Makes a new target and connects to it.
  void SetUp() override;
  // Ends the session. Expects that nothing is left on the server.
  void TearDown() override;

  std::unique_ptr<Session> Connect() const;
  // Makes the scratch database, the target and the database of the replaced tables again, with
  // these statements in them.
  void MakeDatabases(const std::string& scratch, const std::string& target, const std::string& old);
  void DropDatabases();
  bool Exists(std::string_view database) const;
  // The journal of a restore that was killed while table t moved.
  SwapJournal JournalOfSwap();

  siphon::testing::MysqlServer& server_ = SharedServer(GetParam());
  profile::ConnectionProfile target_;
  Settings settings_;  // Of the target.
  std::unique_ptr<Session> session_;
};

// "mariadb1011", for INSTANTIATE_TEST_SUITE_P.
std::string ServerTestName(const ::testing::TestParamInfo<std::string>& info);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_KILLED_RESTORE_H_
