// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Several restores into one database at the same time run one after another.

#include "drivers/mysqlcommon/target_lock.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/fixture.h"
#include "drivers/mysqlcommon/killed_restore.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/settings.h"
#include "drivers/mysqlcommon/swap_journal.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/event_log.h"
#include "testing/rounds.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::EventLog;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class TargetLockTest : public KilledRestoreTest {
 protected:
  void SetUp() override {
    source_ = NewDatabase(server_);
    KilledRestoreTest::SetUp();
    ASSERT_OK(server_.RunSql(
        "CREATE TABLE t(a INT PRIMARY KEY, b VARCHAR(200));"
        "INSERT INTO t VALUES (1, 'x'), (2, REPEAT('y', 200));"
        "CREATE TABLE u(a INT, FOREIGN KEY (a) REFERENCES t(a)); INSERT INTO u VALUES (2);"
        "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1;"
        "CREATE VIEW v AS SELECT a, f() AS b FROM t; CREATE VIEW w AS SELECT a FROM v;"
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.b = 'n';",
        source_.database));
    ASSERT_OK(server_.RunSql("CREATE TABLE gone(a INT); CREATE VIEW v AS SELECT a FROM gone;",
                             target_.database));
    body_ = BackUp(server_, source_);
    clean_.clean = true;
  }
  void TearDown() override {
    KilledRestoreTest::TearDown();
    EXPECT_THAT(ListJournals(settings_), IsOkAndHolds(IsEmpty()));
  }

  std::string LockName() {
    const absl::StatusOr<std::string> name = TargetLockName(context_, *session_, target_.database);
    EXPECT_OK(name);
    return name.value_or("");
  }
  // Starts a restore while another session holds the lock, waits until the restore says that it
  // waits, calls `meanwhile`, and frees the lock. Returns the result of the restore.
  absl::Status RestoreAfterAWait(const driver::RestoreOptions& options,
                                 const std::function<void()>& meanwhile) {
    std::optional<PlainConnection> other(std::in_place, target_);
    EXPECT_EQ(other->Value(absl::StrCat("SELECT GET_LOCK('", LockName(), "', 0)")), "1");
    EventLog log;
    std::atomic<bool> ended = false;
    absl::Status status;
    std::thread restore([&] {
      status = TryRestore(server_, target_, body_, options, base::Context({}, &log));
      ended = true;
    });
    const auto waits = [&] {
      for (const std::string& message : log.Messages()) {
        if (absl::StrContains(message, "waiting: another restore")) return true;
      }
      return false;
    };
    while (!ended && !waits()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_TRUE(waits());
    meanwhile();
    other.reset();
    restore.join();
    warnings_ = log.Warnings();
    return status;
  }
  // The databases and the journal that a siphon leaves which was killed after RENAME TABLE.
  void LeaveAKilledRestore() {
    MakeDatabases("", "CREATE TABLE t(b INT)", "CREATE TABLE t(a INT)");
    ASSERT_OK(WriteJournal(settings_, JournalOfSwap()));
  }

  profile::ConnectionProfile source_;
  std::string body_;
  driver::RestoreOptions clean_;
  std::vector<std::string> warnings_;  // Of RestoreAfterAWait().
  const base::Context context_;
};

INSTANTIATE_TEST_SUITE_P(
    Server, TargetLockTest,
    ::testing::ValuesIn(siphon::testing::VersionsToTest(siphon::testing::AllMysqlServers())),
    ServerTestName);

TEST_P(TargetLockTest, FourRestoresIntoOneTargetSucceedOneAfterAnother) {
  const std::string whole = Describe(server_, source_.database);
  for (int round = 0; round < 4; ++round) {
    std::vector<absl::Status> results(4);
    std::vector<std::thread> restores;
    for (absl::Status& result : results) {
      restores.emplace_back([&] { result = TryRestore(server_, target_, body_, clean_); });
    }
    for (std::thread& restore : restores) restore.join();
    for (const absl::Status& result : results) EXPECT_OK(result);
    EXPECT_EQ(Describe(server_, target_.database), whole);
    EXPECT_THAT(Leftovers(server_), IsEmpty());
  }
}

TEST_P(TargetLockTest, ARestoreWaitsBeforeItChangesTheTarget) {
  driver::RestoreOptions in_place = clean_, rows = clean_;
  in_place.in_place = true;
  rows.data_only = true;
  EXPECT_OK(RestoreAfterAWait(clean_, [&] {
    EXPECT_THAT(PlainConnection(target_).Column("SHOW TABLES"), ElementsAre("gone", "v"));
  }));
  EXPECT_EQ(Describe(server_, target_.database), Describe(server_, source_.database));
  ASSERT_OK(server_.RunSql("DELETE FROM u; DELETE FROM t;", target_.database));
  for (const driver::RestoreOptions& options : {rows, in_place}) {
    EXPECT_OK(RestoreAfterAWait(options, [&] {
      EXPECT_EQ(PlainConnection(target_).Int("SELECT COUNT(*) FROM t"), 0);
      EXPECT_EQ(PlainConnection(target_).Int("SELECT COUNT(*) FROM v"), 0);
    }));
    EXPECT_EQ(Describe(server_, target_.database), Describe(server_, source_.database));
    ASSERT_OK(server_.RunSql("DELETE FROM u; DELETE FROM t;", target_.database));
  }
}

TEST_P(TargetLockTest, ATargetThatHasBeenFilledMeanwhileIsNotEmpty) {
  target_ = NewDatabase(server_);
  target_.state_directory = settings_.state_directory;
  EXPECT_THAT(
      RestoreAfterAWait({}, [&] { PlainConnection(target_).Run("CREATE TABLE mine(a INT)"); }),
      StatusIs(errs::kTargetNotEmpty));
  EXPECT_THAT(PlainConnection(target_).Column("SHOW TABLES"), ElementsAre("mine"));
}

TEST_P(TargetLockTest, AKilledRestoreIsCompletedByTheOneThatHasWaited) {
  EXPECT_OK(RestoreAfterAWait(clean_, [&] { LeaveAKilledRestore(); }));
  EXPECT_THAT(warnings_, Contains(HasSubstr("was killed")));
  EXPECT_EQ(Describe(server_, target_.database), Describe(server_, source_.database));
}

TEST_P(TargetLockTest, NothingIsChangedWhileARestoreThatLostTheLockRuns) {
  PlainConnection other(target_);
  EXPECT_EQ(other.Value(absl::StrCat("SELECT GET_LOCK('", kScratch, "', 0)")), "1");
  EXPECT_THAT(RestoreAfterAWait(clean_, [&] { LeaveAKilledRestore(); }),
              StatusIs(errs::kBusy, HasSubstr("lost its connection")));
  EXPECT_THAT(PlainConnection(target_).Column("SHOW TABLES"), ElementsAre("t"));
  other.Run(absl::StrCat("DO RELEASE_LOCK('", kScratch, "')"));
  EXPECT_OK(TryRestore(server_, target_, body_, clean_));
}

TEST_P(TargetLockTest, ASessionThatKeepsTheLockIsNamed) {
  const std::unique_ptr<Session> holder = Connect();
  ASSERT_OK(LockTarget(context_, *holder, target_.database));
  const auto id = holder->Value(context_, "SELECT CONNECTION_ID()");
  ASSERT_OK(id);
  const absl::Status status =
      LockTarget(context_, *session_, target_.database, std::chrono::milliseconds(300));
  EXPECT_THAT(status, StatusIs(errs::kBusy, AllOf(HasSubstr(target_.database),
                                                  HasSubstr(absl::StrCat("session ", **id, " ")))));
  EXPECT_EQ(errs::ExitCode(status), 2);
  EXPECT_THAT(errs::GetError(status)->hint, HasSubstr(absl::StrCat("KILL ", **id)));
}

TEST_P(TargetLockTest, AStopEndsTheWait) {
  const std::unique_ptr<Session> holder = Connect();
  ASSERT_OK(LockTarget(context_, *holder, target_.database));
  const base::Context soon =
      context_.WithDeadline(std::chrono::steady_clock::now() + std::chrono::milliseconds(300));
  EXPECT_THAT(LockTarget(soon, *session_, target_.database), StatusIs(errs::kCancelled));
}

TEST_P(TargetLockTest, TheLockIsOfOneDatabaseAndEndsWithTheSession) {
  std::unique_ptr<Session> holder = Connect();
  ASSERT_OK(LockTarget(context_, *holder, target_.database));
  EXPECT_OK(LockTarget(context_, *session_, source_.database, std::chrono::seconds(0)));
  const std::string longest(64, 'n');
  const auto name = TargetLockName(context_, *session_, longest);
  EXPECT_THAT(name, IsOkAndHolds(AllOf(Not(HasSubstr("nn")), ::testing::SizeIs(47))));
  holder.reset();
  EXPECT_OK(LockTarget(context_, *session_, target_.database, std::chrono::seconds(10)));
}

}  // namespace
}  // namespace siphon::mysqlcommon
